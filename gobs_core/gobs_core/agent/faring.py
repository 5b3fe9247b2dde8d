"""When the agent tells how its plugins fare: each minute, and at once when one fares otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from gobs_core.agent.clock import NANO
from gobs_core.agent.selftables import PLUGIN, plugin_rows
from gobs_core.frame import Reading
from gobs_core.state import PluginState

EVERY = 60.0
"""Seconds between two readings of the table `plugin`, at most: what it costs to tell is no part of every tick."""


class Faring:
    """Lives as long as its agent; `readings` at every tick."""

    def __init__(self) -> None:
        self._next_ns: int | None = None
        self._news: tuple[tuple[object, ...], ...] = ()

    def readings(self, states: Sequence[PluginState], wall: float, now: int) -> list[Reading]:
        """The table, or nothing where all is as it was; `wall` and `now` are the time of the two clocks."""
        news = tuple((one.kind, one.name, one.state, one.error, tuple(one.needs.items())) for one in states)
        if self._next_ns is not None and now < self._next_ns and news == self._news:
            return []
        self._next_ns, self._news = now + int(EVERY * NANO), news
        return [Reading(PLUGIN, plugin_rows(states, wall), now)]
