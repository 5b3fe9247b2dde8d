"""Replaying: the same judging as ever, over the past of a node as it is kept; in a thread beside the event loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from gobs_core import Sample, Table
from gobs_server.alerts.judging.absences import allowance, silence_events
from gobs_server.alerts.judging.events import Event, LaneId
from gobs_server.alerts.judging.judging import Judging
from gobs_server.alerts.judging.lanes import COOL, FIRING, HOT, PENDING, Lanes
from gobs_server.alerts.judging.outcome import events_of
from gobs_server.alerts.judging.reading import Reading, Rows, Whole
from gobs_server.alerts.judging.source import Source
from gobs_server.alerts.judging.watch import Lane, Result, Watch
from gobs_server.alerts.rules.check import Check
from gobs_server.alerts.rules.metrics import tables_of
from gobs_server.history.past import Past
from gobs_server.history.readings import PastReading
from gobs_server.live import LiveTable
from gobs_server.tables.values import Numbers

_TICK = 1.0
_MOST_TICKS = 4 * 3600

Seen = Callable[[float, Numbers], None]
"""Is given all values that a rule looks at, as they are shown, with when that was."""


class Replay:
    """Judges the past of nodes by the checks of one rule, as the engine would have. Times: server's wall seconds."""

    def __init__(self, checks: Sequence[Check], judging: Judging, seen: Seen | None = None) -> None:
        self._checks = [check for check in checks if not check.silence]
        self._silence = [check for check in checks if check.silence and check.rule.target == "node"]
        self._judging = judging
        self._seen = seen
        self._sources: dict[Table, list[Source]] = {}

    def node(
        self,
        name: str,
        past: Past,
        memory: float,
        since: float,
        until: float,
        pending: dict[LaneId, float] | None = None,
    ) -> Iterator[Event]:
        """What would have been found on a node, in order for each lane; `memory` is how much it has, in bytes.

        Into `pending` go the lanes that wait to fire in the end, and since when.
        """
        for check in self._silence:
            yield from self._silent(check, name, past, since, until)
        for table in dict.fromkeys(table for check in self._checks for table in tables_of(check.rule)):
            over = _Table(name, self._of, self._judging, memory, self._seen)
            for reading in past.readings(table, since, until):
                yield from over.take(reading)
            yield from over.end(until)
            if pending is not None:
                pending.update(over.pending())

    def _of(self, table: Table) -> list[Source]:
        if table not in self._sources:
            made = [Source(table, self._checks, total=total) for total in (False, True)]
            self._sources[table] = [source for source in made if source.checks]
        return self._sources[table]

    def _silent(self, check: Check, name: str, past: Past, since: float, until: float) -> Iterator[Event]:
        """A node's own silence: by the clock, between its frames."""
        lanes, off = Lanes([check.params]), allowance(check, 0.0)
        moments = [*past.moments(since, until)]
        for before, after in zip(moments, [*moments[1:], until], strict=True):
            now = before + off
            for _ in range(_MOST_TICKS):
                now += _TICK
                if now >= after:
                    break
                sample = Sample([now - before - off], [bool(lanes.state[0] == FIRING)])
                said = HOT if [*self._judging.ask_one(check, sample)][:1] == [1] else COOL
                yield from self._silence_step(check, name, lanes, now, said, now - before)
            if after < until or not moments:
                yield from self._silence_step(check, name, lanes, after, COOL, 0.0)

    def _silence_step(
        self, check: Check, name: str, lanes: Lanes, now: float, said: int, silence: float
    ) -> Iterator[Event]:
        values = np.array([silence])
        step = lanes.step(now, np.inf, np.array([said], dtype=np.int8), values)
        yield from silence_events(check, [name], step, values, lanes, now)


class _Table:
    """One table of one node through time."""

    def __init__(
        self, node: str, sources: Callable[[Table], list[Source]], judging: Judging, memory: float, seen: Seen | None
    ) -> None:
        self._node = node
        self._sources = sources
        self._judging = judging
        self._memory = memory
        self._seen = seen
        self._watches: list[Watch] = []
        self._live: LiveTable | None = None
        self._run = ""
        self._at = 0.0

    def take(self, reading: PastReading) -> Iterator[Event]:
        """Judge a reading."""
        for watch in self._watches:
            yield from self._gap(watch, reading.time)
        declared = reading.state.layout.table
        if self._live is None or self._live.table is not declared:
            self._live = LiveTable(reading.state, reading.interval)
            self._watches = [Watch(source, reading.interval) for source in self._sources(declared)]
        if reading.run != self._run:
            self._run = reading.run
            for watch in self._watches:
                watch.restart()
        self._live.update(reading.state, reading.texts, reading.time, 0)
        self._at = reading.time
        for watch in self._watches:
            watch.interval = reading.interval
            yield from self._judge(watch, self._live, reading.time)

    def end(self, until: float) -> Iterator[Event]:
        """Go on by the clock to the end."""
        for watch in self._watches:
            yield from self._gap(watch, until)

    def pending(self) -> Iterator[tuple[LaneId, float]]:
        """The lanes that wait to fire, and since when."""
        for watch in self._watches:
            for place in (watch.lanes.state == PENDING).nonzero()[0].tolist():
                yield self._name(watch, watch.who[place]), float(watch.lanes.since[place])

    def _judge(self, watch: Watch, live: LiveTable, at: float) -> Iterator[Event]:
        reading: Reading
        reading = Whole(live.table, live.total) if watch.source.total else Rows(live.view(), lambda: self._memory)
        draft = watch.begin(at, reading)
        if self._seen is not None and len(draft.seen):
            self._seen(at, draft.seen * watch.source.signs[draft.plan.checks])
        yield from self._events(watch, watch.finish(draft, self._judging.ask(draft.samples)), at, reading)

    def _gap(self, watch: Watch, until: float) -> Iterator[Event]:
        now = self._at + watch.gap
        for _ in range(_MOST_TICKS):
            now += _TICK
            if now >= until or not watch.busy:
                return
            yield from self._events(watch, watch.silent(now), now, None)

    def _events(self, watch: Watch, result: Result | None, now: float, reading: Reading | None) -> Iterable[Event]:
        if result is None:
            return ()
        return events_of(result, watch.source, lambda lane: self._name(watch, lane), now, reading=reading)

    def _name(self, watch: Watch, lane: Lane) -> LaneId:
        check = watch.source.checks[lane.check]
        return LaneId(check.rule.id, check.severity, self._node, lane.key)
