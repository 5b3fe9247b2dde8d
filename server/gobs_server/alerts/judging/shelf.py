"""The shelf: lanes of rules whose condition is not here. They wait, as their rule's no-data policy lets them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import nan

from gobs_server.alerts.judging.events import Ended, Event, LaneId, LaneState, Over
from gobs_server.alerts.judging.lanes import FIRING, NO_DATA, QUIET, STALE
from gobs_server.alerts.rules.rule import Rule


class Shelf:
    """Lanes that nobody can judge. Lives as long as the engine."""

    def __init__(self) -> None:
        self._lanes: dict[LaneId, LaneState] = {}

    def put(self, lane: LaneId, state: LaneState) -> None:
        """Keep a lane as it was."""
        self._lanes[lane] = state

    def take(self, judged: Callable[[LaneId], bool]) -> Iterator[tuple[LaneId, LaneState]]:
        """Give back the lanes that can be judged again."""
        for lane in [lane for lane in self._lanes if judged(lane)]:
            yield lane, self._lanes.pop(lane)

    def clear(self, left: frozenset[str]) -> list[LaneId]:
        """Let go of the lanes of rules that are not left."""
        gone = [lane for lane in self._lanes if lane.rule not in left]
        for lane in gone:
            del self._lanes[lane]
        return gone

    def dismiss(self, lane: LaneId) -> LaneState | None:
        """Let an alert be quiet; None: it is not here, or does not fire."""
        state = self._lanes.get(lane)
        if state is None or state.state != FIRING:
            return None
        self._lanes[lane] = quiet = state._replace(state=QUIET)
        return quiet

    def tick(self, rules: Mapping[str, Rule], now: float) -> Iterator[Event]:
        """Let those end of which nothing is known for too long, as their rules say."""
        for lane, state in list(self._lanes.items()):
            policy = rules[lane.rule].no_data if lane.rule in rules else "keep"
            if policy == "ok" or (now - state.at >= STALE and (policy == "keep" or state.state != FIRING)):
                del self._lanes[lane]
                fires = state.state == FIRING
                yield Over(lane, now, nan, state.worst, NO_DATA) if fires else Ended(lane)
