"""Reads stat, status, io and the number of open descriptors of many processes, and parses what is not as it was."""

from __future__ import annotations

from typing import NamedTuple

from gobs_collectors.process.tracked import Tracked
from gobs_core import NoData, Proc
from gobs_core.descriptors import UNREADABLE, Descriptors

STAT_BYTES, IO_BYTES = 479, 256
"""What nearly every such file fits in, and within what the interpreter allocates cheaply."""
_STATUS_BYTES, _ROOM = 4063, 256


class Swept(NamedTuple):
    """What became of the processes that were read."""

    lost: set[str]
    """Pids of processes that are gone."""
    ended: set[str]
    """Pids of processes that have become zombies: their children have another parent now."""
    renamed: list[Tracked]
    """Processes that have another name: they run another program."""


class Sweep:
    """Reads processes.

    `sized`: the size of /proc/PID/fd is the number of open descriptors (Linux 6.2). `chosen`: those to be read have
    all run since the last tick, or it is their turn; if not, descriptors are counted only where anything else changed.
    """

    def __init__(self, proc: Proc, descriptors: Descriptors, *, sized: bool, chosen: bool) -> None:
        self._proc = proc
        self._descriptors = descriptors
        self._sized = sized
        self._chosen = chosen
        self.status_bytes = status_bytes(proc)
        """What nearly every status fits in."""

    def read(self, processes: list[Tracked]) -> Swept:
        """Read and parse what changed; touched processes are marked, their rows are not made yet."""
        swept = Swept(set(), set(), [])
        self._stats(processes, swept)
        self._statuses(processes, swept)
        self._ios(processes)
        if self._sized:
            for process in processes:
                if process.touched or self._chosen:
                    self.count_fds(process)
        return swept

    def count_fds(self, process: Tracked) -> None:
        """Count open descriptors: by the folder's size, else by listing it where that is allowed."""
        found: int | None
        try:
            path = process.fd_path
            found = self._proc.stat(path).st_size if self._sized else len(self._proc.names(path))
        except (NoData, OSError):
            found = None
        if found != process.fds[0]:
            process.take_fds(found, process.fds[1])

    def _stats(self, processes: list[Tracked], swept: Swept) -> None:
        raws = self._files([process.stat_fd for process in processes], processes, "stat_path", STAT_BYTES)
        for process, raw in zip(processes, raws, strict=True):
            if raw != process.stat_raw:
                comm, memoryless = process.comm, process.memoryless
                if not process.take_stat(raw):
                    swept.lost.add(process.pid)
                elif process.comm != comm:
                    swept.renamed.append(process)
                if process.memoryless and not memoryless:
                    swept.ended.add(process.pid)

    def _statuses(self, processes: list[Tracked], swept: Swept) -> None:
        raws = self._files([process.status_fd for process in processes], processes, "status_path", self.status_bytes)
        for process, raw in zip(processes, raws, strict=True):
            if raw != process.status_raw:
                if raw or process.status_fd < 0:
                    process.take_status(raw)
                else:
                    swept.lost.add(process.pid)

    def _ios(self, processes: list[Tracked]) -> None:
        readable = [process for process in processes if process.io_raw is not UNREADABLE]
        raws = self._files([process.io_fd for process in readable], readable, "io_path", IO_BYTES)
        for process, raw in zip(readable, raws, strict=True):
            if raw != process.io_raw:
                process.take_io(raw)

    def _files(self, fds: list[int], processes: list[Tracked], path: str, size: int) -> list[bytes]:
        if -1 not in fds:
            return self._descriptors.read_kept(fds, size)
        read = self._descriptors.read
        return [read(fd, getattr(process, path), size) for fd, process in zip(fds, processes, strict=True)]


def status_bytes(proc: Proc) -> int:
    """What nearly every status of this machine fits in, as the agent's own does, which depends on kernel and CPUs.

    A buffer much too large would cost memory for good: what is cut off its end when it is kept remains a hole.
    """
    try:
        return len(proc.read_once("self/status")) + _ROOM
    except (NoData, OSError):
        return _STATUS_BYTES


def fd_folders_have_sizes(proc: Proc) -> bool:
    """Whether the size of /proc/PID/fd is the number of descriptors, as it is since Linux 6.2."""
    for pid in ("self", "1"):
        try:
            if proc.stat(f"{pid}/fd").st_size:
                return True
        except NoData:
            continue
    return False
