"""From a pod of the API to what is told of it: ids as control groups have them, one reason, requests and limits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from gobs_collectors.kubernetes.effective import limited, requested
from gobs_collectors.kubernetes.objects import (
    ContainerSpec,
    ContainerStatus,
    Pod,
    PodSpec,
    PodStatus,
    Resources,
)
from gobs_collectors.kubernetes.owners import owners
from gobs_collectors.kubernetes.quantity import quantity, written
from gobs_core import ContainerInfo, WorkloadInfo

REPEATED = frozenset(
    (
        "pod-template-hash",
        "rollouts-pod-template-hash",
        "controller-revision-hash",
        "pod-template-generation",
        "controller-uid",
        "job-name",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-name",
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
    )
)
"""Labels that controllers add and that only repeat a pod's name, owner or controller; most are long and random."""


MAX_ID = 128
"""Characters of a uid or a container's id; both have 64 at most."""


def workload_id(pod: Pod) -> str:
    """What the pod's control group is called: its uid; of a mirror pod that of the static pod it stands for."""
    static = pod.metadata.annotations
    return (static and static.mirror and (static.config_hash or static.mirror)) or pod.metadata.uid


def describe(pod: Pod, labels: Collection[str] | None = None) -> WorkloadInfo:
    """What is told of a pod. `labels`: the names of those that are kept; None: all but those that repeat."""
    metadata, spec, status = pod.metadata, pod.spec or PodSpec(), pod.status or PodStatus()
    owner, controller = owners(metadata)
    containers = tuple(_containers(spec, status))
    return WorkloadInfo(
        id=workload_id(pod),
        name=metadata.name,
        namespace=metadata.namespace,
        owner=owner,
        controller=controller,
        labels={name: value for name, value in sorted((metadata.labels or {}).items()) if _kept(name, labels)},
        phase=status.phase or "",
        reason=_reason(pod, containers),
        qos=status.qos_class or "",
        ips=tuple(one.ip for one in status.pod_ips or () if one.ip) or ((status.pod_ip,) if status.pod_ip else ()),
        started=status.start_time or "",
        host_network=bool(spec.host_network),
        cpu_request=requested(spec, "cpu"),
        cpu_limit=limited(spec, "cpu"),
        memory_request=_bytes(requested(spec, "memory")),
        memory_limit=_bytes(limited(spec, "memory")),
        containers=containers,
    )


def _kept(name: str, labels: Collection[str] | None) -> bool:
    return name not in REPEATED if labels is None else name in labels


def _containers(spec: PodSpec, status: PodStatus) -> Iterator[ContainerInfo]:
    kinds = (
        ("container", spec.containers, status.container_statuses),
        ("init", spec.init_containers, status.init_container_statuses),
        ("ephemeral", spec.ephemeral_containers, status.ephemeral_container_statuses),
    )
    for role, specs, statuses in kinds:
        found = {one.name: one for one in statuses or ()}
        for wanted in specs or ():
            sidecar = role == "init" and wanted.restart_policy == "Always"
            yield _container(wanted, found.get(wanted.name), "sidecar" if sidecar else role)


def _container(spec: ContainerSpec, status: ContainerStatus | None, role: str) -> ContainerInfo:
    resources = spec.resources or Resources()
    requests, limits = resources.requests or {}, resources.limits or {}
    state, reason = _state(status)
    ended = status.last_state.terminated if status and status.last_state else None
    return ContainerInfo(
        name=spec.name,
        id=_id((status and status.container_id) or ""),
        role=role,
        image=spec.image,
        state=state,
        reason=reason,
        ready=status.ready if status else None,
        restarts=status.restart_count if status else None,
        last_reason=(ended.reason or "") if ended else "",
        last_exit_code=ended.exit_code if ended else None,
        cpu_request=quantity(requests.get("cpu")),
        cpu_limit=quantity(limits.get("cpu")),
        memory_request=_bytes(quantity(requests.get("memory"))),
        memory_limit=_bytes(quantity(limits.get("memory"))),
        resources=written(requests, limits),
    )


def _id(written: str) -> str:
    """`containerd://ID` without its runtime; nothing where it is longer than any id."""
    identity = written.rpartition("://")[2]
    return identity if len(identity) <= MAX_ID else ""


def _state(status: ContainerStatus | None) -> tuple[str, str]:
    state = status.state if status else None
    if state is None:
        return "", ""
    if state.running is not None:
        return "running", ""
    if state.terminated is not None:
        code = state.terminated.exit_code
        return "terminated", state.terminated.reason or ("" if code is None else f"ExitCode:{code}")
    return "waiting", (state.waiting.reason or "") if state.waiting else ""


def _reason(pod: Pod, containers: Iterable[ContainerInfo]) -> str:
    """One word for why a pod is not as it should be, as `kubectl get pods` would have it; empty where it is."""
    if pod.metadata.deletion_timestamp:
        return "Terminating"
    if pod.status and pod.status.reason:
        return pod.status.reason
    for one in containers:
        if one.role == "init" and (failed := _of_init(one)):
            return failed
    running = [one for one in containers if one.role in ("container", "sidecar")]
    waits = [one.reason for one in running if one.state == "waiting" and one.reason != "PodInitializing"]
    ended = [one.reason for one in running if one.state == "terminated"]
    worst = [reason for reason in ended if reason != "Completed"]
    return next(iter([*filter(None, waits), *filter(None, worst), *filter(None, ended)]), "")


def _of_init(one: ContainerInfo) -> str:
    if one.state == "waiting" and one.reason not in ("", "PodInitializing"):
        return f"Init:{one.reason}"
    if one.state == "terminated" and one.reason != "Completed":
        return f"Init:{one.reason}"
    return ""


def _bytes(number: float | None) -> int | None:
    return None if number is None else round(number)
