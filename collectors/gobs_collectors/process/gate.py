"""Which processes cannot have changed, because their control group has used no CPU time since the last tick.

`usage_usec` of the group's cpu.stat (version 2) is read before the files of its processes. When it is what it was at
the last tick, none of them has run, and what a process does itself cannot have changed. What others do to it (reclaim
its memory, renice it, move it to another group) is found by the full reading that comes every few ticks all the same.
"""

from __future__ import annotations

import os
from pathlib import Path

from gobs_collectors.process.tracked import Tracked
from gobs_core import Proc
from gobs_core.cgroup_path import unified_path
from gobs_core.control_groups import is_unified
from gobs_core.descriptors import Descriptors

_USAGE_BYTES = 32
"""`usage_usec` and any number fit in it, and stand at the beginning."""
_MOUNTS = ("fs/cgroup", "fs/cgroup/unified")


class Gate:
    """The processes of one control group. `fd` is that of its cpu.stat; -1: there is none, and it is always open."""

    __slots__ = ("fd", "members", "path", "phase", "usage")

    def __init__(self, path: str, fd: int, phase: int) -> None:
        self.path = path
        self.fd = fd
        self.phase = phase
        self.members: dict[str, Tracked] = {}
        self.usage = b""
        """As it was read at the last tick; empty: not read yet."""


class Gates:
    """All control groups with processes. `every`: ticks between two full readings of a group."""

    def __init__(self, proc: Proc, descriptors: Descriptors, *, every: int, enabled: bool) -> None:
        self._descriptors = descriptors
        self._every = every
        self._always = Gate("", -1, 0)
        self._gates: dict[str, Gate] = {}
        self._made = 0
        self._mount: Path | None = None
        for mount in _MOUNTS:
            if enabled and self._mount is None and is_unified(proc, proc.sys / mount):
                self._mount = proc.sys / mount

    @property
    def enabled(self) -> bool:
        """Whether there are control groups to tell by."""
        return self._mount is not None

    def join(self, process: Tracked, cgroup: bytes) -> None:
        """Put a process where it belongs, out of where it was."""
        path = unified_path(cgroup) if self._mount is not None else ""
        if isinstance(process.gate, Gate):
            if process.gate.path == path:
                return
            self.leave(process)
        gate = self._gate(path)
        gate.members[process.pid] = process
        process.gate = gate

    def leave(self, process: Tracked) -> None:
        """A process is gone or goes elsewhere."""
        gate = process.gate
        if not isinstance(gate, Gate):
            return
        process.gate = None
        del gate.members[process.pid]
        if gate.fd >= 0 and not gate.members:
            self._descriptors.give_back([gate.fd])
            del self._gates[gate.path]

    def open_members(self, tick: int) -> list[Tracked]:
        """The processes that may have changed since the last tick. To be called once a tick, before any is read."""
        found = list(self._always.members.values())
        gates = list(self._gates.values())
        usages = self._descriptors.read_kept([gate.fd for gate in gates], _USAGE_BYTES, whole=False)
        phase = tick % self._every
        for gate, usage in zip(gates, usages, strict=True):
            if usage != gate.usage or gate.phase == phase or not usage.startswith(b"usage_usec "):
                gate.usage = usage
                found.extend(gate.members.values())
        return found

    def _gate(self, path: str) -> Gate:
        if self._mount is None or path in ("", "/") or path.startswith("/.."):
            return self._always
        gate = self._gates.get(path)
        if gate is None:
            fd = self._descriptors.keep_at(os.fspath(self._mount) + path + "/cpu.stat")
            if fd < 0:
                return self._always
            gate = self._gates[path] = Gate(path, fd, self._made % self._every)
            self._made += 1
        return gate
