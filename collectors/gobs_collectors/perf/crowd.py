"""Who is recorded from second to second, and what their threads are called: looked at where something has changed.

A thread's name is a file of its own, and a node has thousands: whoever looks at all of them each second takes as much
CPU as all collectors together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NamedTuple

from gobs_core import NoData, Proc, ProfileProcesses
from gobs_core.proc import text

REST = 8
"""Looks after which a process of the node is looked at again though nothing of it seems to have changed."""
MOST_NAMES = 50_000
"""Threads whose names are kept."""
_ALONE = 3
"""Links of a folder with one folder in it."""


class _Seen(NamedTuple):
    """What a process was like when it was looked at last."""

    links: int
    pause: int
    due: int
    """The look at which it is its turn again."""


class Crowd:
    """The processes of one recording. Lives as long as that; all of it reads /proc.

    `closer` is told of processes that are there and may not be as they were.
    """

    def __init__(self, proc: Proc, processes: ProfileProcesses, closer: Callable[[Iterable[int]], None]) -> None:
        self.names: dict[tuple[int, int], tuple[str, str]] = {}
        """Process and thread -> the names of both."""
        self._proc = proc
        self._processes = processes
        self._closer = closer
        self._looks = 0
        self._seen: dict[int, _Seen] = {}
        self._parents: dict[int, int] = {}
        self._family: set[int] = set()

    def look(self, *, closely: bool = False) -> list[int]:
        """Note names and files of those who may have changed, or of all; returns who is there.

        Of a whole node these are the new ones, those with more or fewer threads, and the rest in their turn, which
        comes ever less often: what has just begun may be about to name its threads, or to become another program. Of
        anything less, which is few, all.
        """
        self._looks += 1
        there = self._there()
        for pid in self._seen.keys() - set(there):
            del self._seen[pid]
        due = [pid for pid in there if self._is_due(pid)] if self._processes.whole and not closely else there
        self._closer(due)
        for pid in due:
            self._note(pid)
        return there

    def _there(self) -> list[int]:
        try:
            everybody = [int(pid) for pid in self._proc.pids()]
        except NoData:
            return list(self._processes.pids)
        return everybody if self._processes.whole else self._relatives(everybody)

    def _relatives(self, everybody: list[int]) -> list[int]:
        """Those who are wanted and all that they have started, though it may have lost its parent since."""
        there = set(everybody)
        for pid in self._parents.keys() - there:
            del self._parents[pid]
        self._family &= there
        new = [pid for pid in everybody if pid not in self._parents]
        for pid in new:
            with suppress(NoData, IndexError, ValueError):
                self._parents[pid] = int(self._proc.read_once(f"{pid}/stat").rpartition(b")")[2].split()[1])
        if self._looks == 1:
            self._family = {pid for pid in self._processes.pids if pid in self._parents}
        more: set[int] = self._family
        while more:
            more = {pid for pid in new if self._parents.get(pid) in more} - self._family
            self._family |= more
        return sorted(self._family)

    def _is_due(self, pid: int) -> bool:
        """Whether it is to be looked at now."""
        links, seen = self._links(pid), self._seen.get(pid)
        if seen is None and self._looks == 1:
            # Most have been there for long: not all of them at once.
            self._seen[pid] = _Seen(links, REST, self._looks + 1 + pid % REST)
            return True
        if seen is None or seen.links != links:
            pause = 1
        elif seen.due > self._looks:
            return False
        else:
            pause = min(2 * seen.pause, REST)
        self._seen[pid] = _Seen(links, pause, self._looks + pause)
        return True

    def _links(self, pid: int) -> int:
        """A number that differs when a process has more or fewer threads, and costs one call."""
        try:
            return self._proc.stat(f"{pid}/task").st_nlink
        except NoData:
            return 0

    def _note(self, pid: int) -> None:
        """Note what a process and its threads are called; the name of one that is alone is its process's."""
        try:
            process = text(self._proc.read_once(f"{pid}/comm").rstrip(b"\n"))
            alone = self._links(pid) == _ALONE or len(self.names) >= MOST_NAMES
            threads = [] if alone else self._proc.names(f"{pid}/task")
        except NoData:
            return
        self.names[pid, pid] = (process, process)
        for tid in threads:
            with suppress(NoData):
                name = text(self._proc.read_once(f"{pid}/task/{tid}/comm").rstrip(b"\n"))
                self.names[pid, int(tid)] = (process, name)
