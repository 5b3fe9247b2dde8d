"""Network namespaces: which processes share one, and what went through each, read once per namespace and tick.

A namespace is told by the inode of /proc/PID/net/dev, which takes no capability. In a folder of copies it is told by
the link ns/net where there is one. The file is opened anew at every tick: a kept descriptor would keep the network of
a dead pod alive. The host's own namespace (that of pid 1) is left to the collector `net`.
"""

from __future__ import annotations

from gobs_collectors.process.net_dev import parse_net_dev
from gobs_collectors.process.stat_file import Value
from gobs_collectors.process.tables import NET_CELLS
from gobs_collectors.process.tracked import Tracked
from gobs_core import NoData, ParseError, Proc
from gobs_core.accumulator import Accumulator, Member
from gobs_core.descriptors import Descriptors

_BYTES = 2015
UNKNOWN: tuple[Value, ...] = (None,) * len(NET_CELLS)


class Namespace:
    """One network namespace that is not the host's. It counts for the workload of the process that is in it longest."""

    __slots__ = ("counters", "member", "processes", "raw")

    def __init__(self) -> None:
        self.processes: dict[str, Tracked] = {}
        self.raw = b""
        self.counters = UNKNOWN
        self.member: Member[str] | None = None


class Namespaces:
    """All network namespaces with processes, and their sums by workload."""

    def __init__(self, proc: Proc, descriptors: Descriptors, *, by_inode: bool) -> None:
        self._proc = proc
        self._descriptors = descriptors
        self._by_inode = by_inode
        self._found: dict[str, Namespace] = {}
        self.sums: Accumulator[str] = Accumulator(len(NET_CELLS), 0)
        self.host = self.of("1") or self.of("self")  # without pid 1 (hidepid) our own is the best there is

    def of(self, pid: str) -> str:
        """The name of a process's namespace; empty when it cannot be told."""
        try:
            if self._by_inode:
                return str(self._proc.stat(f"{pid}/net/dev").st_ino)
            try:
                return self._proc.link(f"{pid}/ns/net")
            except (NoData, OSError):
                return str(self._proc.stat(f"{pid}/net/dev").st_ino)
        except (NoData, OSError):
            return ""

    def join(self, process: Tracked, namespace: str, now: float) -> None:
        """A process is seen in a namespace, for the first time or in another one than before."""
        if process.namespace == namespace:
            return
        self.leave(process, now)
        process.namespace = namespace
        if namespace and namespace != self.host:
            found = self._found.setdefault(namespace, Namespace())
            found.processes[process.pid] = process
            self._settle(found, now)

    def leave(self, process: Tracked, now: float) -> None:
        """A process is gone or goes elsewhere."""
        found = self._found.get(process.namespace)
        if found is None:
            return
        del found.processes[process.pid]
        if found.processes:
            self._settle(found, now)
        else:
            del self._found[process.namespace]
            if found.member is not None:
                self.sums.died(found.member, now)

    def moved(self, process: Tracked, now: float) -> None:
        """A process belongs to another workload than before."""
        found = self._found.get(process.namespace)
        if found is not None:
            self._settle(found, now)

    def read(self) -> None:
        """Read every namespace once."""
        for found in self._found.values():
            raw = self._raw(found)
            if raw == found.raw:
                continue
            found.raw = raw
            try:
                found.counters = parse_net_dev(raw)
            except ParseError:
                found.counters = UNKNOWN
            if found.member is None:
                found.member = self.sums.born(_owner(found), found.counters, ())
            else:
                self.sums.change(found.member, found.counters, ())

    def _raw(self, found: Namespace) -> bytes:
        for process in found.processes.values():
            raw = self._descriptors.read(-1, f"{process.pid}/net/dev", _BYTES)
            if raw:
                return raw
        return b""

    def _settle(self, found: Namespace, now: float) -> None:
        if found.member is not None:
            self.sums.move(found.member, _owner(found), now)


def _owner(found: Namespace) -> str:
    oldest = next(iter(found.processes.values()))
    if len(found.processes) > 1:
        oldest = min(
            found.processes.values(), key=lambda process: (len(process.key[1]), process.key[1], process.number)
        )
    return oldest.workload.id
