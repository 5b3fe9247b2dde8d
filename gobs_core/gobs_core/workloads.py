"""Workloads: what a process belongs to, told from its control group alone.

`Workloads.of` is the contract all collectors share, so that `process`, `cgroup` and `perf` need not know each other.
Names are not known here: a pod is its uid and a container its id until something that knows names adds them.
"""

from __future__ import annotations

from typing import NamedTuple

from gobs_core.cgroup_path import Place, place


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


KERNEL = Workload("kernel", "kernel")
"""What the kernel's own threads belong to: they have no owner and no control group of their own."""


class Workloads:
    """Which workload a process belongs to. Without I/O; one instance serves all collectors of an agent.

    What a control group says is remembered by its bytes, for `capacity` groups: processes of one container share them.
    """

    def __init__(self, capacity: int = 8192) -> None:
        self._capacity = capacity
        self._known: dict[bytes, Workload | None] = {}

    def of(self, cgroup: bytes, uid: str) -> Workload:
        """The workload of a process from the bytes of its /proc/PID/cgroup and its owner."""
        try:
            known = self._known[cgroup]
        except KeyError:
            if len(self._known) >= self._capacity:
                self._known.clear()
            known = self._known[cgroup] = _workload(place(cgroup))
        return known or Workload("user", uid)


def _workload(found: Place) -> Workload | None:
    if found.pod:
        return Workload("pod", found.pod, found.container, found.runtime)
    if found.container:
        return Workload("container", found.container, found.container, found.runtime)
    if found.unit:
        return Workload("unit", found.unit)
    return None
