"""What the Kubernetes API would tell of simulated pods: names, owners, states, restarts, requests and limits."""

from __future__ import annotations

from datetime import UTC, datetime

from gobs_core.described import ContainerInfo, WorkloadInfo
from gobs_core.simulate.container import Container
from gobs_core.simulate.habit import MIB, Bounds
from gobs_core.simulate.pod import Pod
from gobs_core.simulate.pods import Pods

WARM_UP = 8.0
"""Seconds a container takes until it is ready."""
_QOS = {"guaranteed": "Guaranteed", "burstable": "Burstable", "besteffort": "BestEffort"}


def told(pods: Pods) -> list[WorkloadInfo]:
    """Return every pod of the machine, also those that have no process any more, or not yet."""
    now = pods.processes.now
    return [
        *(_told(pod, now, "Running") for pod in pods.running),
        *(_told(pod, now, "Pending") for pod in pods.stuck),
        *(_told(pod, now, _outcome(pod)) for pod in pods.finished),
    ]


def _outcome(pod: Pod) -> str:
    return "Succeeded" if all(one.ended == "Completed" for one in pod.containers) else "Failed"


def _told(pod: Pod, now: float, phase: str) -> WorkloadInfo:
    app, containers = pod.app, tuple(_container(pod, one, now) for one in pod.containers)
    init = () if not app.init else (_init(pod),)
    return WorkloadInfo(
        id=pod.uid,
        name=pod.made.name,
        namespace=app.namespace,
        owner=pod.made.owner,
        controller=pod.made.controller,
        labels={"app": app.name, "tier": app.tier},
        phase=phase,
        reason=_reason(pod, containers),
        qos=_QOS[app.qos],
        ips=(pod.ip,) if pod.ip else (),
        started=datetime.fromtimestamp(pod.began, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        host_network=app.host_network,
        cpu_request=_sum([one.bounds.cpu_request for one in pod.containers]),
        cpu_limit=_least([one.bounds.cpu_limit for one in pod.containers]),
        memory_request=_whole(_sum([one.bounds.memory_request for one in pod.containers])),
        memory_limit=_whole(_least([one.bounds.memory_limit for one in pod.containers])),
        containers=(*init, *containers),
    )


def _reason(pod: Pod, containers: tuple[ContainerInfo, ...]) -> str:
    if pod.terminating:
        return "Terminating"
    return next((one.reason for one in containers if one.reason), "")


def _container(pod: Pod, one: Container, now: float) -> ContainerInfo:
    app, bounds = pod.app, one.bounds
    first = one is pod.containers[0]
    state, reason = _state(pod, one)
    waits = one.restart_at is not None and state == "waiting"
    last_reason, last_code = (one.ended, one.code) if waits else one.before
    return ContainerInfo(
        name=one.name,
        id="" if app.stuck else one.id,
        image=app.image if first and app.image else f"registry.example/library/{one.name}:1.{len(one.name)}",
        state=state,
        reason=reason,
        ready=state == "running" and now - one.began >= WARM_UP,
        restarts=one.restarts,
        last_reason=last_reason,
        last_exit_code=last_code,
        cpu_request=bounds.cpu_request,
        cpu_limit=bounds.cpu_limit,
        memory_request=bounds.memory_request,
        memory_limit=bounds.memory_limit,
        resources=_written(bounds),
    )


def _state(pod: Pod, one: Container) -> tuple[str, str]:
    if pod.app.stuck:
        return "waiting", pod.app.stuck
    if one.processes:
        return "running", ""
    if one.restart_at is not None and "crashes" in pod.app.tags:
        return "waiting", "CrashLoopBackOff"
    return "terminated", one.ended


def _init(pod: Pod) -> ContainerInfo:
    return ContainerInfo(
        name=pod.app.init, id=f"{pod.uid}-init", role="init", image=pod.app.image, state="terminated",
        reason="Completed", ready=True, restarts=0,
    )  # fmt: skip


def _sum(values: list[float | None] | list[int | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _least(values: list[float | None] | list[int | None]) -> float | None:
    """Return the sum; a pod has no limit where one of its containers has none."""
    return None if None in values else _sum(values)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _written(bounds: Bounds) -> str:
    pairs = (
        ("cpu", _cores(bounds.cpu_request), _cores(bounds.cpu_limit)),
        ("memory", _mebibytes(bounds.memory_request), _mebibytes(bounds.memory_limit)),
    )
    return " ".join(f"{name}={request}/{limit}" for name, request, limit in pairs if {request, limit} != {"-"})


def _cores(value: float | None) -> str:
    return "-" if value is None else f"{round(1000 * value)}m"


def _mebibytes(value: int | None) -> str:
    return "-" if value is None else f"{value // MIB}Mi"
