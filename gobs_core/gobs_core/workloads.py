"""Workloads: what a process belongs to, told from its control group alone.

`Workloads.of` is the contract all collectors share, so that `process`, `cgroup` and `perf` need not know each other.
Names are not known here: a pod is its uid and a container its id until something that knows names adds them.
"""

from __future__ import annotations

from typing import NamedTuple


class Workload(NamedTuple):
    """What a process belongs to. Ids only, all permanent."""

    kind: str
    """`pod`, `container` (without Kubernetes), `unit` (systemd), `user` (anything else, by owner), `kernel`."""
    id: str
    """Pod uid, container id, unit name, or user id."""
    container: str = ""
    """The container's id where there is one."""
    runtime: str = ""
    """containerd, cri-o, docker, podman, … where the path tells."""


class Workloads:
    """Which workload a process belongs to. Without I/O; one instance serves all collectors of an agent."""

    def of(self, cgroup: bytes, uid: str) -> Workload:
        """The workload of a process from the bytes of its /proc/PID/cgroup and its owner."""
        raise AssertionError("written with the process collector")
