"""Workloads: what a process belongs to, told from its control group alone, and what that is called, where that is told.

`Workloads` is the contract all collectors share, so that `process`, `cgroup` and `perf` need not know each other. Ids
are known at once and for good. Names come from inventories, late or never, and may be old.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from gobs_core.cgroup_path import Place, place
from gobs_core.described import WorkloadInfo

NOBODY = "no inventory runs here that knows names, such as `kubernetes`"
_NOTHING: Mapping[str, WorkloadInfo] = MappingProxyType({})


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
    """Which workload a process belongs to, and what it is called. One instance serves all collectors of an agent.

    Without I/O; may be asked from any thread. What a control group says is remembered by its bytes, for `capacity`
    groups: processes of one container share them.
    """

    def __init__(self, capacity: int = 8192) -> None:
        self._capacity = capacity
        self._places: dict[bytes, Workload | None] = {}
        self._lock = threading.Lock()
        self._told: dict[str, Mapping[str, WorkloadInfo]] = {}
        self._troubles: dict[str, str] = {}
        self._known = _NOTHING
        self._unnamed = NOBODY

    def of(self, cgroup: bytes, uid: str) -> Workload:
        """The workload of a process from the bytes of its /proc/PID/cgroup and its owner."""
        try:
            known = self._places[cgroup]
        except KeyError:
            if len(self._places) >= self._capacity:
                self._places.clear()
            known = self._places[cgroup] = _workload(place(cgroup))
        return known or Workload("user", uid)

    def known(self) -> Mapping[str, WorkloadInfo]:
        """What is told of the workloads of this node, by `Workload.id`.

        It is never changed: the very same object until something else is told, in which the very same object stands for
        every workload of which nothing changed.
        """
        return self._known

    def unnamed(self) -> str:
        """Why names are missing or may be old; empty where they are known."""
        return self._unnamed

    def told(self, inventory: str, infos: Iterable[WorkloadInfo], lacking: str = "") -> None:
        """Take all that an inventory knows. Of two that tell of one workload the first by name is believed."""
        with self._lock:
            before = self._told.get(inventory, _NOTHING)
            fresh = {info.id: _same(before.get(info.id), info) for info in infos}
            self._troubles.pop(inventory, None)
            if lacking:
                self._troubles[inventory] = lacking
            if len(fresh) != len(before) or any(fresh[key] is not before.get(key) for key in fresh):
                self._told[inventory] = fresh
                merged: dict[str, WorkloadInfo] = {}
                for name in sorted(self._told, reverse=True):
                    merged |= self._told[name]
                self._known = MappingProxyType(merged)
            self._say()

    def trouble(self, inventory: str, why: str) -> None:
        """Note why what an inventory tells may be old, or missing."""
        with self._lock:
            self._troubles[inventory] = why
            self._say()

    def _say(self) -> None:
        self._unnamed = "; ".join(self._troubles[name] for name in sorted(self._troubles))


def _same(before: WorkloadInfo | None, now: WorkloadInfo) -> WorkloadInfo:
    return before if before is not None and (before is now or before == now) else now


def _workload(found: Place) -> Workload | None:
    if found.pod:
        return Workload("pod", found.pod, found.container, found.runtime)
    if found.container:
        return Workload("container", found.container, found.container, found.runtime)
    if found.unit:
        return Workload("unit", found.unit)
    return None
