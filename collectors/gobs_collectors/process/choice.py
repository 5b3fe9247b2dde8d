"""Which of the known processes are read at a tick: all that may have changed, and each at least every few ticks.

What others do to a process that does not run (renice, another set of CPUs) leaves its CPU clock as it is, so it is told
when its turn comes: within `full_every` ticks, limits and control group within `details_every`. Until then its state
and processor are as last read, too, when it was woken or moved to another CPU and has not run yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from gobs_collectors.process.clock import clock_of, clocks_match, used
from gobs_collectors.process.gate import Gates
from gobs_collectors.process.tracked import Tracked
from gobs_core import Proc
from gobs_core.descriptors import Descriptors

Gating = Literal["auto", "clock", "cgroup", "none"]


class Choice:
    """Passes over processes that have not run, told by their own CPU clocks, else by that of their control group."""

    def __init__(self, proc: Proc, descriptors: Descriptors, *, gating: Gating, every: int, real: bool) -> None:
        self._every = every
        self.clocks = real and gating in ("auto", "clock") and clocks_match(proc)
        groups = real and not self.clocks and gating in ("auto", "cgroup")
        self.gates = Gates(proc, descriptors, every=every, enabled=groups)
        self.chosen = self.clocks or self.gates.enabled
        """Whether any process is passed over; if not, all are read at every tick."""
        self._stale = True
        self._processes: list[Tracked] = []
        self._clock_ids: list[int] = []

    def changed(self) -> None:
        """Say that processes have come or gone."""
        self._stale = True

    def active(self, tracked: Mapping[str, Tracked], tick: int) -> list[Tracked]:
        """The processes to be read. To be called once a tick, before any is read."""
        if not self.clocks:
            return self.gates.open_members(tick)
        if self._stale:
            self._processes = list(tracked.values())
            self._clock_ids = [clock_of(process.number) for process in self._processes]
            self._stale = False
        phase, every = tick % self._every, self._every
        found = []
        for process, now in zip(self._processes, used(self._clock_ids), strict=True):
            if now != process.used or process.number % every == phase:
                process.used = now
                found.append(process)
        return found
