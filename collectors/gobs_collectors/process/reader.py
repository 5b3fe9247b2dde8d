"""One tick over all processes: reads what may have changed, parses what did, and tells the sums.

The order matters: the list of pids first, then the control groups' CPU use, then the files, so that a change that comes
in between is seen at the next tick and none is missed.
"""

from __future__ import annotations

import os

from gobs_collectors.process.descriptors import UNREADABLE, Descriptors, Pread, on_procfs
from gobs_collectors.process.details import Details
from gobs_collectors.process.discovery import HIDDEN, KERNEL, Discovery, Rota
from gobs_collectors.process.gate import Gates
from gobs_collectors.process.namespaces import Namespaces
from gobs_collectors.process.pods import Pods
from gobs_collectors.process.scrub import compile_patterns
from gobs_collectors.process.settings import ProcessConfig
from gobs_collectors.process.stat_file import parse_stat
from gobs_collectors.process.tracked import Tracked
from gobs_core import Forbidden, NoData, ParseError, Proc, RowValues, Workloads

STAT_BYTES, STATUS_BYTES, IO_BYTES = 479, 4063, 256
"""What nearly every such file fits in; the small ones within what the interpreter allocates cheaply."""


class Reader:
    """All processes of one machine. Lives from the collector's open to its close."""

    def __init__(self, proc: Proc, config: ProcessConfig, workloads: Workloads, pread: Pread = os.pread) -> None:
        self._proc = proc
        self._config = config
        self._real = on_procfs(proc)
        self.descriptors = Descriptors(proc, config.descriptors, keep=self._real, pread=pread)
        self._sized = self._real and _fd_folders_have_sizes(proc)
        self._details = Details(
            proc, self.descriptors, workloads, compile_patterns(config.hide), cmdline=config.cmdline
        )
        self._gates = Gates(proc.sys, self.descriptors, every=config.full_every, enabled=config.gate and self._real)
        self.namespaces = Namespaces(proc, by_inode=self._real)
        self.pods = Pods(self.namespaces, config.remember)
        self.discovery = Discovery(config.details_every, config.max_processes)
        self.tracked: dict[str, Tracked] = {}
        self._full: Rota[Tracked] = Rota(config.full_every)
        self._rare: Rota[Tracked] = Rota(config.details_every)
        self._young: dict[str, Tracked] = {}
        self._tick = 0

    def read(self, now: float) -> None:
        """Read all that may have changed since the last tick; raises NoData where there is no /proc."""
        self._tick += 1
        gone, fresh = self.discovery.look(self._proc, self.tracked.keys(), self._tick)
        for pid in gone:
            self._drop(self.tracked[pid], now)
        self._young, young = {}, self._young
        rare = {process.pid: process for process in self._rare.due(self._tick)} | young
        active = {process.pid: process for process in self._gates.open_members(self._tick)} | rare
        active = {pid: process for pid, process in active.items() if pid in self.tracked}
        lost = self._read_active(list(active.values()), rare, now)
        if not self._sized:
            self._list_fds()
        for pid in dict.fromkeys(fresh + lost):
            self._admit(pid, now)
        self.namespaces.read()

    def _read_active(self, processes: list[Tracked], rare: dict[str, Tracked], now: float) -> list[str]:
        """Read and parse what changed of known processes; the pids of those that turned out to be gone."""
        lost: list[str] = []
        raws = self._files([process.stat_fd for process in processes], processes, "stat_path", STAT_BYTES)
        for process, raw in zip(processes, raws, strict=True):
            if raw != process.stat_raw:
                comm = process.comm
                if not process.take_stat(raw):
                    lost.append(process.pid)
                elif process.comm != comm:
                    rare[process.pid] = process
        raws = self._files([process.status_fd for process in processes], processes, "status_path", STATUS_BYTES)
        for process, raw in zip(processes, raws, strict=True):
            if raw != process.status_raw:
                if raw or process.status_fd < 0:
                    process.take_status(raw)
                else:
                    lost.append(process.pid)
        readable = [process for process in processes if process.io_raw is not UNREADABLE]
        raws = self._files([process.io_fd for process in readable], readable, "io_path", IO_BYTES)
        for process, raw in zip(readable, raws, strict=True):
            if raw != process.io_raw:
                process.take_io(raw)
        if self._sized:
            for process in processes:
                count = self._open_fds(process)
                if count != process.fds[0]:
                    process.take_fds(count, process.fds[1])
        for process in rare.values():
            self._refresh(process, now)
        for process in processes:
            if process.touched:
                process.make_row()
                self.pods.changed(process)
        for pid in lost:
            if pid in self.tracked:
                self._drop(self.tracked[pid], now)
        return lost

    def _files(self, fds: list[int], processes: list[Tracked], path: str, size: int) -> list[bytes]:
        if -1 not in fds:
            return self.descriptors.read_kept(fds, size)
        read = self.descriptors.read
        return [read(fd, getattr(process, path), size) for fd, process in zip(fds, processes, strict=True)]

    def _open_fds(self, process: Tracked) -> int | None:
        try:
            return self._proc.stat(process.fd_path).st_size if self._sized else self._details.listed(process)
        except (NoData, OSError):
            return None

    def _list_fds(self) -> None:
        for process in self._full.due(self._tick):
            process.take_fds(self._details.listed(process), process.fds[1])
            if process.touched:
                process.make_row()
                self.pods.changed(process)

    def _refresh(self, process: Tracked, now: float) -> None:
        """Read what changes rarely."""
        raw = self._details.cgroup(process)
        if raw and raw != process.cgroup:
            process.cgroup = raw
            self._gates.join(process, raw)
        workload = self._details.workload(process)
        if workload != process.workload:
            self.pods.moved(process, workload, now)
            self.namespaces.moved(process, now)
        self.namespaces.join(process, self.namespaces.of(process.pid), now)
        if process.io_raw is UNREADABLE:
            self._try_io(process)
        self._details.tell(process)

    def _admit(self, pid: str, now: float) -> None:
        """Take up a process that was not known before; nothing of it when it is gone before it could be read."""
        stat_fd = -1
        try:
            stat_fd = self.descriptors.keep(f"{pid}/stat")
        except Forbidden:
            self.discovery.leave_out(pid, HIDDEN)
            return
        except NoData:
            return
        raw = self.descriptors.read(stat_fd, f"{pid}/stat", STAT_BYTES)
        try:
            stat = parse_stat(raw)
        except ParseError:
            if raw is UNREADABLE:
                self.discovery.leave_out(pid, HIDDEN)
            self.descriptors.give_back([stat_fd])
            return
        if stat.kernel and not self._config.kernel_threads:
            self.discovery.leave_out(pid, KERNEL)
            self.descriptors.give_back([stat_fd])
            return
        process = Tracked(pid, stat, raw)
        process.stat_fd = stat_fd
        self._first_reading(process, now)

    def _first_reading(self, process: Tracked, now: float) -> None:
        try:
            process.status_fd = self.descriptors.keep(process.status_path)
        except NoData:
            pass  # gone, or its folder is not whole: a row without these cells
        process.take_status(self.descriptors.read(process.status_fd, process.status_path, STATUS_BYTES))
        self._try_io(process)
        process.cgroup = self._details.cgroup(process)
        process.workload = self._details.workload(process)
        process.fds = (self._open_fds(process), None)
        self.namespaces.join(process, self.namespaces.of(process.pid), now)
        self._details.tell(process)
        self.tracked[process.pid] = self._young[process.pid] = process
        self._gates.join(process, process.cgroup)
        self._full.add(process.pid, process)
        self._rare.add(process.pid, process)
        process.make_row()
        self.pods.joined(process)

    def _try_io(self, process: Tracked) -> None:
        try:
            process.io_fd = self.descriptors.keep(process.io_path)
            process.take_io(self.descriptors.read(process.io_fd, process.io_path, IO_BYTES))
        except Forbidden:
            process.take_io(UNREADABLE)
        except NoData:
            process.take_io(b"")
        if process.io_raw is UNREADABLE:
            self.descriptors.give_back([process.io_fd])
            process.io_fd = -1

    def _drop(self, process: Tracked, now: float) -> None:
        """A process is gone."""
        del self.tracked[process.pid]
        self._young.pop(process.pid, None)
        self._full.remove(process.pid)
        self._rare.remove(process.pid)
        self._gates.leave(process)
        self.namespaces.leave(process, now)
        self.pods.left(process, now)
        self.descriptors.give_back((process.stat_fd, process.status_fd, process.io_fd))

    def rows(self) -> list[RowValues]:
        """The rows of all processes; the very same tuple where nothing changed."""
        return [process.row for process in self.tracked.values()]

    def close(self) -> None:
        """Close every descriptor."""
        self.descriptors.close()


def _fd_folders_have_sizes(proc: Proc) -> bool:
    """Whether the size of /proc/PID/fd is the number of descriptors, as it is since Linux 6.2."""
    for pid in ("self", "1"):
        try:
            if proc.stat(f"{pid}/fd").st_size:
                return True
        except NoData:
            continue
    return False
