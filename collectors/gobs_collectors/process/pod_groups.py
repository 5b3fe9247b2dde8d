"""What the kernel itself counts of a pod as a whole, in the pod's own control group: CPU time, and memory in use.

That holds children which live and die between two ticks, and cache and tmpfs that no process has as its own. Where the
group cannot be read, the sum over processes is what there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path

from gobs_core import NoData, Proc
from gobs_core.accumulator import Accumulator, Member
from gobs_core.control_groups import Group, mounted, walk
from gobs_core.descriptors import Descriptors
from gobs_core.parse import flat

Value = int | None
_CPU_BYTES, _MEMORY_BYTES = 1024, 8192
_AGAIN = 60
"""Ticks before a pod whose group was not found is looked for again."""
_NANO = 1000


class PodGroup:
    """One pod's group: the files of its CPU time, each with a kept descriptor or -1, and those of its memory."""

    __slots__ = ("cpu", "fds", "inode", "member", "memory", "memory_files", "phase", "raws")

    def __init__(self, inode: int, cpu: list[str], memory_files: tuple[str, str] | None, phase: int) -> None:
        self.inode = inode
        self.cpu = cpu
        self.memory_files = memory_files
        self.phase = phase
        self.fds: list[int] = []
        self.raws: list[bytes] = []
        self.memory: Value = None
        self.member: Member[str] | None = None


class PodGroups:
    """The groups of all pods that have one. `every`: ticks between two readings of the memory of a pod that is idle."""

    def __init__(self, proc: Proc, descriptors: Descriptors, *, every: int) -> None:
        self._mounts = mounted(proc)
        self._proc = proc
        self._descriptors = descriptors
        self._every = every
        self._groups: dict[str, PodGroup] = {}
        self._missing: dict[str, int] = {}
        """Pod -> the tick at which it is looked for again."""
        self._resting: dict[str, tuple[int, Member[str]]] = {}
        """Of pods without processes: which group they had, and what it had counted."""
        self._made = 0
        self.sums: Accumulator[str] = Accumulator(2, 0)
        """Microseconds in user mode and in the kernel, by pod."""
        self.nesting: set[str] = set()
        """Pods with other pods within, whose groups count those as well."""

    @property
    def readable(self) -> bool:
        """Whether there are control groups here at all."""
        return self._mounts.root is not None

    def memory(self, pod: str) -> Value:
        """Its working set in bytes, as last read."""
        group = self._groups.get(pod)
        return None if group is None else group.memory

    def read(self, pods: Iterable[str], tick: int, now: float) -> set[str]:
        """Read the groups of these pods; returns those of which anything changed."""
        if self._mounts.root is None:
            return set()
        pods = dict.fromkeys(pods)
        for pod in self._groups.keys() - pods.keys():
            self._rest(pod)
        self._find({pod for pod in pods if pod not in self._groups and self._missing.get(pod, 0) <= tick}, tick, now)
        groups = [(pod, self._groups[pod]) for pod in pods if pod in self._groups]
        found = iter(self._read_all([group for _, group in groups]))
        changed = set()
        for pod, group in groups:
            if self._take(pod, group, list(islice(found, len(group.cpu))), tick, now):
                changed.add(pod)
        return changed

    def forget(self, pod: str, now: float) -> None:
        """Nothing of this pod is of use any more, once its sums are dropped."""
        self._missing.pop(pod, None)
        self._rest(pod)
        if pod in self._resting:
            self.sums.died(self._resting.pop(pod)[1], now)

    def _rest(self, pod: str) -> None:
        """Close the files of a pod that has no processes now; what it has counted stays."""
        group = self._groups.pop(pod, None)
        if group is not None:
            self._descriptors.give_back(group.fds)
            if group.member is not None:
                self._resting[pod] = (group.inode, group.member)

    def _find(self, wanted: set[str], tick: int, now: float) -> None:
        root = self._mounts.root
        if not wanted or root is None:
            return
        for group in walk(self._proc, root):
            if group.is_pod:
                if group.outer.pod:
                    self.nesting.add(group.outer.pod)
                if group.place.pod in wanted:
                    wanted.discard(group.place.pod)
                    self._groups[group.place.pod] = self._opened(root, group, now)
        self._missing.update(dict.fromkeys(wanted, tick + _AGAIN))

    def _opened(self, root: Path, found: Group, now: float) -> PodGroup:
        controllers, unified, path = self._mounts.controllers, self._mounts.unified, found.path
        if controllers:
            cpu = [f"{controllers.get('cpuacct')}/{path}/cpuacct.usage_{who}" for who in _who(controllers)]
            folder, level = controllers.get("memory"), "memory.usage_in_bytes"
        else:
            cpu, folder, level = [f"{unified}/{path}/cpu.stat"], unified, "memory.current"
        memory = None if folder is None else (f"{folder}/{path}/{level}", f"{folder}/{path}/memory.stat")
        self._made += 1
        group = PodGroup(self._inode(root / path), cpu, memory, self._made % self._every)
        group.fds = [self._descriptors.keep_at(file) for file in cpu]
        inode, member = self._resting.pop(found.place.pod, (0, None))
        if member is not None and inode == group.inode:
            group.member = member
        elif member is not None:
            self.sums.died(member, now)
        return group

    def _read_all(self, groups: list[PodGroup]) -> list[bytes]:
        fds = [fd for group in groups for fd in group.fds]
        if -1 not in fds:
            return self._descriptors.read_kept(fds, _CPU_BYTES)
        kept, read_at = self._descriptors.read_kept, self._descriptors.read_at
        files = [(fd, file) for group in groups for fd, file in zip(group.fds, group.cpu, strict=True)]
        return [kept([fd], _CPU_BYTES)[0] if fd >= 0 else read_at(file, _CPU_BYTES) for fd, file in files]

    def _take(self, pod: str, group: PodGroup, raws: list[bytes], tick: int, now: float) -> bool:
        """Take what was read of a group; returns whether anything changed."""
        if b"" in raws:  # removed, and maybe made anew under the same name
            self._rest(pod)
            return True
        changed = raws != group.raws
        if changed:
            group.raws = raws
            counters = cpu_time(raws)
            if group.member is None:
                group.member = self.sums.born(pod, counters, ())
            else:
                self.sums.change(group.member, counters, ())
        if changed or tick % self._every == group.phase:
            memory = self._memory(group)
            changed = changed or memory != group.memory
            group.memory = memory
        return changed

    def _inode(self, folder: Path) -> int:
        try:
            return self._proc.stat_at(str(folder)).st_ino
        except (NoData, OSError):
            return 0

    def _memory(self, group: PodGroup) -> Value:
        if group.memory_files is None:
            return None
        level, stat = (self._descriptors.read_at(file, _MEMORY_BYTES) for file in group.memory_files)
        return working_set(level, stat)


def _who(controllers: Mapping[str, Path]) -> tuple[str, ...]:
    return ("user", "sys") if "cpuacct" in controllers else ()


def cpu_time(raws: list[bytes]) -> tuple[Value, Value]:
    """User and kernel time in microseconds, from cpu.stat or cpuacct.usage_user and _sys; None: not told."""
    if len(raws) == 2:
        user, system = (int(raw) // _NANO if raw.strip().isdigit() else None for raw in raws)
        return user, system
    found = flat(raws[0]) if raws else {}
    return found.get(b"user_usec"), found.get(b"system_usec")


def working_set(level: bytes, stat: bytes) -> Value:
    """Bytes in use without the file pages that nobody has touched lately; None where a file does not tell."""
    found = flat(stat)
    inactive = found.get(b"total_inactive_file", found.get(b"inactive_file"))
    used = level.strip()
    return max(0, int(used) - inactive) if used.isdigit() and len(used) < 19 and inactive is not None else None
