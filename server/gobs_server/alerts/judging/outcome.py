"""From lanes that changed to events: what became of them, said of a lane by its full name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gobs_server.alerts.judging.events import Ended, Event, Fired, LaneId, Moved, Over, Sight
from gobs_server.alerts.judging.reading import Reading
from gobs_server.alerts.judging.source import Source
from gobs_server.alerts.judging.watch import Lane, Result

Name = Callable[[Lane], LaneId]


def events_of(
    result: Result,
    source: Source,
    name: Name,
    now: float,
    *,
    reading: Reading | None = None,
    sight: Callable[[], Sight | None] = lambda: None,
) -> Iterator[Event]:
    """What became of the lanes of a watch. `result` is as the watch returned it, just now."""
    step, who, states = result.step, result.who, result.states
    for place in step.ended.tolist():
        yield Ended(name(who[place]))
    for place, reason in zip(step.resolved.tolist(), step.reasons.tolist(), strict=True):
        worst = float(result.worst[place])
        yield Over(name(who[place]), now, float(result.values[place]), worst, reason)
    for place in (*step.began.tolist(), *step.moved.tolist()):
        yield Moved(name(who[place]), states(place))
    for place in step.fired.tolist():
        lane, row = who[place], int(result.rows[place])
        metric = source.metric_of(lane.check)
        texts = reading.describe(row) if reading is not None and row >= 0 else {}
        value = float(result.values[place])
        yield Fired(name(lane), states(place), now, value, metric.unit, metric.rate, texts, metric.table, sight())
