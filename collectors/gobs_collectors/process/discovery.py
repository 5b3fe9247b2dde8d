"""Which processes there are, which of them are new, and which are left out: kernel threads, hidden ones, too many."""

from __future__ import annotations

from collections.abc import KeysView
from typing import Generic, TypeVar

from gobs_core import NoData, Proc

KERNEL, HIDDEN = "kernel", "hidden"
Item = TypeVar("Item")


class Rota(Generic[Item]):
    """Whose turn it is: every item once in `every` ticks, about as many at each tick."""

    def __init__(self, every: int) -> None:
        self._every = every
        self._turns: list[dict[str, Item]] = [{} for _ in range(every)]

    def add(self, pid: str, item: Item) -> None:
        """Give an item its turn."""
        self._turns[int(pid) % self._every][pid] = item

    def remove(self, pid: str) -> None:
        """Take its turn away, if it has one."""
        self._turns[int(pid) % self._every].pop(pid, None)

    def due(self, tick: int) -> list[Item]:
        """The items whose turn is at this tick."""
        return list(self._turns[tick % self._every].values())


class Discovery:
    """Keeps account of the pids in /proc by listing them once a tick.

    A pid that is left out is looked at again every `every` ticks, because it may be somebody else's by then.
    """

    def __init__(self, every: int, limit: int) -> None:
        self._limit = limit
        self._left_out: dict[str, str] = {}
        self._again: Rota[str] = Rota(every)
        self._births: list[bytes] = []
        self.dropped = 0
        """Processes over the limit at the last tick."""

    def quiet(self, proc: Proc) -> bool:
        """Whether no pid was given away since the tick before the last, so that nothing is new: /proc/loadavg tells.

        Asked once a tick, before `look`. Once more than needed is looked, for a process on its way into the list.
        """
        try:
            last = proc.read("loadavg").split()[4]
        except (NoData, IndexError):
            return False
        self._births = [*self._births[-2:], last]
        return not self.dropped and self._births.count(last) == 3

    def look(self, proc: Proc, known: KeysView[str], tick: int) -> tuple[set[str], list[str]]:
        """The known pids that are gone, and the pids to be looked at; raises NoData where there is no /proc."""
        self.look_again(tick)
        pids = proc.pids()
        listed = set(pids)
        gone = known - listed
        for pid in self._left_out.keys() - listed:
            self._forget(pid)
        fresh = [pid for pid in pids if pid not in known and pid not in self._left_out]
        room = max(0, self._limit - len(known) + len(gone))
        self.dropped = max(0, len(fresh) - room)
        return gone, fresh[:room]

    def look_again(self, tick: int) -> None:
        """Forget what was left out long ago, so that the next look takes it for new."""
        for pid in self._again.due(tick):
            self._forget(pid)

    def leave_out(self, pid: str, why: str) -> None:
        """Do not look at this pid for a while."""
        self._left_out[pid] = why
        self._again.add(pid, pid)

    def count(self, why: str) -> int:
        """How many pids are left out for this reason."""
        return sum(1 for reason in self._left_out.values() if reason == why)

    def _forget(self, pid: str) -> None:
        del self._left_out[pid]
        self._again.remove(pid)
