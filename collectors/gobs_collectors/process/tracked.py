"""One process as last read: the raw bytes of its files, the cells parsed from them, and the row made of the cells."""

from __future__ import annotations

from gobs_collectors.process import status_file
from gobs_collectors.process.io_file import parse_io
from gobs_collectors.process.names import UNNAMED
from gobs_collectors.process.stat_file import Stat, Value, parse_stat
from gobs_collectors.process.tables import DETAIL_CELLS, NAME_CELLS, STAT_CELLS, STATUS_CELLS
from gobs_core import ParseError, RowValues, Workload
from gobs_core.accumulator import Member
from gobs_core.proc import text

NO_STAT: tuple[str | Value, ...] = (None,) * len(STAT_CELLS)
NO_STATUS: tuple[str | Value, ...] = (None,) * (len(STATUS_CELLS) - 2)
NO_SWITCHES: tuple[Value, Value] = (None, None)
NO_IO: tuple[Value, ...] = (None, None, None)
NO_FDS: tuple[Value, Value] = (None, None)
NO_NAMES: tuple[str | None, ...] = (None,) * len(NAME_CELLS)
NO_DETAILS: tuple[str | None, ...] = (None,) * len(DETAIL_CELLS)
_RSS, _SWAP, _THREADS = 5, 10, 10


class Tracked:
    """A process from when it is first seen until it is gone. Its files are read by others and handed in here."""

    __slots__ = (
        "called",
        "cgroup",
        "cmdline",
        "comm",
        "details",
        "fd_path",
        "fds",
        "gate",
        "io",
        "io_fd",
        "io_path",
        "io_raw",
        "kernel",
        "key",
        "member",
        "memoryless",
        "names",
        "namespace",
        "number",
        "pid",
        "row",
        "stat",
        "stat_fd",
        "stat_path",
        "stat_raw",
        "status",
        "status_fd",
        "status_head",
        "status_path",
        "status_raw",
        "switches",
        "told",
        "touched",
        "used",
        "workload",
    )

    member: Member[str]
    workload: Workload

    def __init__(self, pid: str, stat: Stat, raw: bytes) -> None:
        self.pid = pid
        self.number = int(pid)
        self.key = (pid, stat.start.decode())
        self.stat_path, self.status_path, self.io_path, self.fd_path = (
            f"{pid}/{name}" for name in ("stat", "status", "io", "fd")
        )
        self.stat_fd = self.status_fd = self.io_fd = -1
        self.stat_raw, self.status_raw, self.io_raw = raw, b"", b""
        self.status_head = 0
        """Bytes of status_raw before the counts of context switches, which have been parsed; 0: none."""
        self.comm = stat.comm
        self.kernel = stat.kernel
        self.memoryless = stat.kernel or stat.zombie
        """Whether it is a zombie or a kernel thread: no memory is then known, and none is used."""
        self.stat = stat.cells
        self.names, self.details = NO_NAMES, NO_DETAILS
        self.called: tuple[str | None, ...] = UNNAMED
        """Cells of its names, as of its workload and container."""
        self.status, self.switches, self.io, self.fds = NO_STATUS, NO_SWITCHES, NO_IO, NO_FDS
        self.cgroup = self.cmdline = b"\0"
        self.namespace = ""
        self.gate: object = None
        self.used = self.told = -1
        """Nanoseconds of CPU time at the last tick, and when details were last read; -1: no clock was read."""
        self.touched = True
        """Whether a cell changed since the row was made."""
        self.row: RowValues = ()

    def take_stat(self, raw: bytes) -> bool:
        """New bytes of stat; False when they say that it is gone or that the pid is somebody else's now."""
        if not raw:
            return False
        self.stat_raw = raw
        self.touched = True
        try:
            stat = parse_stat(raw)
        except ParseError:
            self.stat = NO_STAT
            return True
        if stat.start.decode() != self.key[1]:
            return False
        self.stat = stat.cells
        self.comm = stat.comm
        self.memoryless = stat.kernel or stat.zombie
        return True

    def take_status(self, raw: bytes) -> None:
        """New bytes of status; what cannot be read or understood is not known."""
        before, self.status_raw = self.status_raw, raw
        self.touched = True
        try:
            known = self.status_head
            if not known or raw[:known] != before[:known]:
                head = status_file.head(raw)
                self.status = status_file.parse_head(head)
                self.status_head = len(head)
            self.switches = status_file.parse_tail(raw[self.status_head :])
        except ParseError:
            self.status, self.switches, self.status_head = NO_STATUS, NO_SWITCHES, 0

    def take_io(self, raw: bytes) -> None:
        """New bytes of io; what cannot be read or understood is not known."""
        self.io_raw = raw
        self.touched = True
        try:
            self.io = parse_io(raw)
        except ParseError:
            self.io = NO_IO

    def take_fds(self, open_fds: Value, max_fds: Value) -> None:
        """New counts of descriptors."""
        if self.fds != (open_fds, max_fds):
            self.fds = (open_fds, max_fds)
            self.touched = True

    def take_info(self, cmdline: str | None, cgroup: str | None) -> None:
        """What it is and belongs to, told anew; `comm`, `workload` and `namespace` are those set before."""
        names = (text(self.comm), self.workload.id, self.workload.kind, *self.called)
        details = (cmdline, self.workload.container or None, cgroup, self.namespace or None)
        if names != self.names or details != self.details:
            self.names, self.details = names, details
            self.touched = True

    def rename(self, called: tuple[str | None, ...]) -> None:
        """Its workload or container has another name."""
        if called != self.called:
            self.called = called
            self.names = (*self.names[:3], *called)
            self.touched = True

    def make_row(self) -> RowValues:
        """The row of the cells as they are now; the very same tuple when nothing changed."""
        if self.touched:
            self.touched = False
            read = self.stat + self.status + self.switches + self.io + self.fds
            self.row = self.key + self.names + read + self.details
        return self.row

    def counters(self) -> tuple[Value, ...]:
        """The cells of `tables.SUMMED_COUNTERS`."""
        return self.stat[2:6] + self.switches + self.io  # type: ignore[return-value]  # these cells are numbers

    def levels(self) -> tuple[Value, ...]:
        """The cells of `tables.SUMMED_LEVELS`; what has no memory uses none."""
        stat, status = self.stat, self.status
        if self.memoryless:
            return (stat[_THREADS], 0, 0, self.fds[0])  # type: ignore[return-value]  # as above
        return (stat[_THREADS], status[_RSS], status[_SWAP], self.fds[0])  # type: ignore[return-value]  # as above
