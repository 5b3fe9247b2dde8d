"""What an agent reads of itself: its process, its plugins, and what it can see of its machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gobs_core.agent.clock import NANO
from gobs_core.agent.faring import Faring
from gobs_core.agent.outbox import Outbox
from gobs_core.agent.selftables import (
    AGENT,
    COLLECTOR,
    SIGHT,
    SINK,
    agent_row,
    collector_rows,
    sight_rows,
    sink_rows,
)
from gobs_core.doctor import diagnose
from gobs_core.frame import Reading
from gobs_core.proc import Proc
from gobs_core.state import PluginState
from gobs_core.table import RowValues

_LOOK = 60 * NANO
"""Nanoseconds between two looks at what can be seen here."""


class Own:
    """Lives as long as its agent. `proc` is where that runs, `machine` what it watches; often the same."""

    def __init__(self, proc: Proc, machine: Proc) -> None:
        self.proc = proc
        self._machine = machine
        self._sight: tuple[RowValues, ...] = ()
        self._looked_ns: int | None = None
        self._faring = Faring()

    def read(
        self,
        now: int,
        wall: float,
        late: int,
        collectors: Iterable[PluginState],
        outboxes: Iterable[Outbox],
        states: Sequence[PluginState],
    ) -> list[Reading]:
        """A reading of each of its tables; `now` and `wall` are the time of the two clocks."""
        return [
            Reading(AGENT, (agent_row(late, self.proc),), now),
            Reading(COLLECTOR, collector_rows(collectors), now),
            *self._faring.readings(states, wall, now),
            Reading(SIGHT, self._seen(now, states), now),
            Reading(SINK, sink_rows(outboxes), now),
        ]

    def close(self) -> None:
        """Give back what is held."""
        self.proc.close()

    def _seen(self, now: int, states: Sequence[PluginState]) -> tuple[RowValues, ...]:
        """What can be seen here; the very same rows until it is looked again."""
        if self._looked_ns is None or now >= self._looked_ns + _LOOK:
            self._looked_ns = now
            rows = sight_rows(diagnose(self._machine, self.proc, states))
            self._sight = self._sight if rows == self._sight else rows
        return self._sight
