"""What a pod as a whole is promised and allowed: as the scheduler adds requests up, and the kubelet limits.

Sidecars count with the containers; each init container has the pod to itself but for the sidecars started before it. A
limit holds for the pod only where every container has one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gobs_collectors.kubernetes.objects import ContainerSpec, PodSpec, Quantities, Resources
from gobs_collectors.kubernetes.quantity import quantity

Pick = Callable[[Resources], Quantities | None]
"""Takes the requests of some resources, or the limits."""


def requested(spec: PodSpec, name: str) -> float | None:
    """How much of a resource the pod is promised; None where nobody asks for any."""
    amounts = list(_amounts(spec, lambda resources: resources.requests, name))
    if all(amount is None for _, amount in amounts):
        return _of_pod(spec, lambda resources: resources.requests, name)
    return _total(spec, lambda resources: resources.requests, name, amounts)


def limited(spec: PodSpec, name: str) -> float | None:
    """How much of a resource the pod may use; None where it may use all there is."""
    amounts = list(_amounts(spec, lambda resources: resources.limits, name))
    if any(amount is None for _, amount in amounts) or not amounts:
        return _of_pod(spec, lambda resources: resources.limits, name)
    return _total(spec, lambda resources: resources.limits, name, amounts)


def _of_pod(spec: PodSpec, pick: Pick, name: str) -> float | None:
    """What the pod itself says, whatever its containers do."""
    return quantity((pick(spec.resources) or {}).get(name)) if spec.resources else None


def _amounts(spec: PodSpec, pick: Pick, name: str) -> Iterator[tuple[str, float | None]]:
    """(what it is, how much) of each container, those that start first first."""
    for one in spec.init_containers or ():
        yield "sidecar" if one.restart_policy == "Always" else "init", _amount(one, pick, name)
    for one in spec.containers or ():
        yield "container", _amount(one, pick, name)


def _amount(one: ContainerSpec, pick: Pick, name: str) -> float | None:
    return quantity((pick(one.resources) or {}).get(name)) if one.resources else None


def _total(spec: PodSpec, pick: Pick, name: str, amounts: list[tuple[str, float | None]]) -> float:
    own = _of_pod(spec, pick, name)
    if own is not None:
        return own
    staying = most = 0.0
    for kind, amount in amounts:
        if kind == "init":
            most = max(most, staying + (amount or 0.0))
        else:
            staying += amount or 0.0
    overhead = quantity((spec.overhead or {}).get(name)) or 0.0
    return round(max(most, staying) + overhead, 6)
