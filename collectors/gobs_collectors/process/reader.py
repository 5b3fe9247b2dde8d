"""One tick over all processes: reads what may have changed, parses what did, and tells the sums.

The order matters: the list of pids first, then the CPU clocks, then the files, so that a change that comes in between
is seen at the next tick and none is missed.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from gobs_collectors.process.choice import Choice
from gobs_collectors.process.details import Details
from gobs_collectors.process.discovery import HIDDEN, KERNEL, Discovery, Rota
from gobs_collectors.process.names import Names
from gobs_collectors.process.namespaces import Namespaces
from gobs_collectors.process.pod_groups import PodGroups
from gobs_collectors.process.pods import Pods
from gobs_collectors.process.settings import ProcessConfig
from gobs_collectors.process.stat_file import parse_stat
from gobs_collectors.process.sweep import IO_BYTES, STAT_BYTES, Sweep, fd_folders_have_sizes
from gobs_collectors.process.tracked import Tracked
from gobs_core import Forbidden, NoData, ParseError, Proc, RowValues, Workloads
from gobs_core.descriptors import UNREADABLE, Descriptors, Pread, on_procfs


class Reader:
    """All processes of one machine. Lives from the collector's open to its close."""

    def __init__(self, proc: Proc, config: ProcessConfig, workloads: Workloads, pread: Pread | None = None) -> None:
        self._proc = proc
        self._config = config
        real = on_procfs(proc)
        self.descriptors = Descriptors(proc, config.descriptors, keep=real, pread=pread)
        self._sized = real and fd_folders_have_sizes(proc)
        self.names = Names(workloads)
        self._details = Details(self.descriptors, workloads, self.names, config)
        self._choice = Choice(proc, self.descriptors, gating=config.gate, every=config.full_every, real=real)
        self._sweep = Sweep(proc, self.descriptors, sized=self._sized, chosen=self._choice.chosen)
        self.namespaces = Namespaces(proc, self.descriptors, by_inode=real)
        groups = PodGroups(proc, self.descriptors, every=config.full_every)
        self.pods = Pods(self.namespaces, self.names, groups, config.remember)
        self.discovery = Discovery(config.details_every, config.max_processes)
        self.tracked: dict[str, Tracked] = {}
        self._full: Rota[Tracked] = Rota(config.full_every)
        self._rare: Rota[Tracked] = Rota(config.details_every)
        self._young: dict[str, Tracked] = {}
        self._tick = 0
        self._pod_rows: list[RowValues] = []

    def read(self, now: float) -> None:
        """Read all that may have changed since the last tick; raises NoData where there is no /proc."""
        self._tick += 1
        gone, fresh = self._look()
        self._drop(gone, now)
        active = self._choice.active(self.tracked, self._tick)
        lost = self._read_again(active, gone, now)
        for pid in dict.fromkeys([*fresh, *lost]):
            self._admit(pid, now)
        self.namespaces.read()
        self._rename()
        self._pod_rows = self.pods.rows(now, self._tick)

    def _rename(self) -> None:
        """Tell rows what their workloads are called, where that is something else than at the last tick."""
        changed = self.names.refresh()
        if not changed:
            return
        self.pods.renamed(changed)
        for process in self.tracked.values():
            if process.workload.id in changed:
                process.rename(self.names.of(process.workload))
                process.make_row()

    def _look(self) -> tuple[set[str], list[str]]:
        """The known pids that are gone and the pids that are new; that one is gone its CPU clock tells as well."""
        if self._choice.clocks and self.discovery.quiet(self._proc) and self._tick % self._config.full_every:
            self.discovery.look_again(self._tick)
            return set(), []
        return self.discovery.look(self._proc, self.tracked.keys(), self._tick)

    def rows(self) -> list[RowValues]:
        """The rows of all processes; the very same tuple where nothing changed."""
        return [process.row for process in self.tracked.values()]

    def pod_rows(self) -> list[RowValues]:
        """The rows of all workloads; the very same tuple where nothing changed."""
        return self._pod_rows

    def close(self) -> None:
        """Close every descriptor."""
        self.descriptors.close()

    def _read_again(self, active: list[Tracked], gone: set[str], now: float) -> set[str]:
        """Read known processes; returns the pids of those that turned out to be gone."""
        rare = {process.pid: process for process in self._rare.due(self._tick)}
        self._young, young = {}, self._young
        swept = self._sweep.read(active)
        lost, parents = swept.lost, gone | swept.lost | swept.ended
        rare.update((process.pid, process) for process in swept.renamed)
        if parents:
            orphans = [process for process in self.tracked.values() if process.stat[1] in parents]
            lost |= self._sweep.read(orphans).lost
            active = active + orphans
        if not self._sized:
            for process in self._full.due(self._tick):
                self._sweep.count_fds(process)
                active.append(process)
        for pid, process in rare.items():
            if pid not in lost:
                self._refresh(process, now)
        for pid in young.keys() - rare.keys() - lost:
            self._refresh(young[pid], now, whole=False)
        self._show([*active, *rare.values(), *young.values()])
        self._drop(lost, now)
        return lost

    def _show(self, processes: Iterable[Tracked]) -> None:
        """Make the rows and tell the sums of what was touched."""
        for process in processes:
            if process.touched:
                process.make_row()
                self.pods.changed(process)

    def _refresh(self, process: Tracked, now: float, *, whole: bool = True) -> None:
        """Read what changes rarely, or of that only what changes soon after a process was made."""
        raw = self._details.cgroup(process)
        if raw and raw != process.cgroup:
            process.cgroup = raw
            self._choice.gates.join(process, raw)
        workload = self._details.workload(process)
        if workload != process.workload:
            self.pods.moved(process, workload, now)
            self.namespaces.moved(process, now)
        if whole and (process.used < 0 or process.used != process.told):
            self.namespaces.join(process, self.namespaces.of(process.pid), now)
        if process.io_raw is UNREADABLE:
            self._try_io(process)
        self._details.tell(process, whole=whole)

    def _admit(self, pid: str, now: float) -> None:
        """Take up a process that was not known before; nothing of it when it is gone before it could be read."""
        path = f"{pid}/stat"
        try:
            fd = self.descriptors.keep(path)
        except NoData as error:
            if isinstance(error, Forbidden):
                self.discovery.leave_out(pid, HIDDEN)
            return
        raw = self.descriptors.read(fd, path, STAT_BYTES)
        why = ""
        try:
            stat = parse_stat(raw)
            why = KERNEL if stat.kernel and not self._config.kernel_threads else ""
        except ParseError:
            stat = None
            why = HIDDEN if raw is UNREADABLE else ""
        if why:
            self.discovery.leave_out(pid, why)
        if why or stat is None:
            self.descriptors.give_back([fd])
            return
        process = Tracked(pid, stat, raw)
        process.stat_fd = fd
        self._first_reading(process, now)

    def _first_reading(self, process: Tracked, now: float) -> None:
        with suppress(NoData):  # gone, or its folder is not whole: a row without these cells
            process.status_fd = self.descriptors.keep(process.status_path)
        process.take_status(self.descriptors.read(process.status_fd, process.status_path, self._sweep.status_bytes))
        self._try_io(process)
        self._sweep.count_fds(process)
        process.cgroup = self._details.cgroup(process)
        process.workload = self._details.workload(process)
        self.namespaces.join(process, self.namespaces.of(process.pid), now)
        self._details.tell(process)
        # Only if it is there still, all that was read under its pid was its own.
        if not process.take_stat(self.descriptors.read(process.stat_fd, process.stat_path, STAT_BYTES)):
            self.namespaces.leave(process, now)
            self.descriptors.give_back((process.stat_fd, process.status_fd, process.io_fd))
            return
        self.tracked[process.pid] = self._young[process.pid] = process
        self._choice.changed()
        self._choice.gates.join(process, process.cgroup)
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

    def _drop(self, pids: Iterable[str], now: float) -> None:
        """Let go of processes that are gone."""
        for pid in pids:
            process = self.tracked.pop(pid)
            self._young.pop(pid, None)
            self._full.remove(pid)
            self._rare.remove(pid)
            self._choice.changed()
            self._choice.gates.leave(process)
            self.namespaces.leave(process, now)
            self.pods.left(process, now)
            self.descriptors.give_back((process.stat_fd, process.status_fd, process.io_fd))
