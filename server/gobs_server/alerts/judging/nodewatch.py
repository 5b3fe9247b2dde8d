"""What is judged on one node: a watch for each source of each table, and lanes whose table has not come yet."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from gobs_core import Table
from gobs_server.alerts.judging.compiled import Compiled
from gobs_server.alerts.judging.draft import Draft
from gobs_server.alerts.judging.events import Ended, Event, LaneId, LaneState, Over, Sight, dismiss, state_of
from gobs_server.alerts.judging.judging import Judging
from gobs_server.alerts.judging.lanes import FIRING, NO_DATA, PENDING, QUIET, STALE, Lanes
from gobs_server.alerts.judging.matching import Matcher
from gobs_server.alerts.judging.outcome import events_of
from gobs_server.alerts.judging.reading import Reading, Rows, Whole
from gobs_server.alerts.judging.source import Plan
from gobs_server.alerts.judging.watch import Lane, Watch
from gobs_server.alerts.rules.check import Check
from gobs_server.clock import Clock
from gobs_server.live import LiveTable, Node

Emit = Callable[[Event], None]
Beside = Callable[[Coroutine[Any, Any, None]], None]
Found = tuple[Lanes, int, float]
"""Lanes, a place in them, and the sign that takes what is worse to what is shown."""
_PROCESS = "process"


@dataclass
class Entry:
    """What judges one table."""

    compiled: Compiled
    table: Table
    interval: float
    watches: list[Watch]
    presence: tuple[list[Check], Matcher] | None
    compared: int
    """Checks that compare the table with a number."""
    busy: set[int] = field(default_factory=set)
    """Watches, by place, whose conditions are being asked beside the event loop."""


class NodeWatch:
    """Judges one node. Lives until the node is forgotten and nothing is left of it."""

    def __init__(self, name: str, judging: Judging, emit: Emit, beside: Beside) -> None:
        self.name = name
        self.present: set[int] = set()
        """Checks about silence, by id, of which some row matched when its table was read last."""
        self._judging, self._comparing = judging, judging.comparing
        self._emit = emit
        self._beside = beside
        self._entries: dict[str, Entry] = {}
        self._parked: dict[LaneId, LaneState] = {}
        self._run = ""

    @property
    def idle(self) -> bool:
        """Whether nothing is left that time could change."""
        return not self._parked and not any(watch.busy for watch in self._watches())

    def take(self, compiled: Compiled, node: Node, tables: Mapping[str, LiveTable], clock: Clock) -> None:
        """Judge tables that were read."""
        if node.run != self._run:
            self._run = node.run
            for watch in self._watches():
                watch.restart()
        frame, entries, compared = _Frame(node, clock), self._entries, 0
        for name, table in tables.items():
            entry = entries.get(name)
            if entry is None or entry.compiled is not compiled or entry.table is not table.table:
                entry = self._entry(compiled, table.table, table.interval)
            compared += entry.compared
            for place, watch in enumerate(entry.watches):
                watch.interval = table.interval
                passes = watch.source.total and watch.passes(frame.now, table.total)
                if not passes and place not in entry.busy:
                    self._judge(entry, place, frame, frame.reading(table, total=watch.source.total))
            if entry.presence is not None:
                self._look(entry.presence, frame.reading(table, total=False))
        if compared:
            self._comparing.runs += compared
            self._comparing.succeeded = node.last_seen

    def tick(self, compiled: Compiled, node: Node | None, now: float, clock: Clock) -> None:
        """Go on where nothing is read any more."""
        for name, entry in list(self._entries.items()):
            if entry.compiled is not compiled and all(now - watch.read > watch.gap for watch in entry.watches):
                self._catch_up(compiled, node, name, clock)
        for watch in self._watches():
            if watch.busy and (result := watch.silent(now)) is not None:
                for event in events_of(result, watch.source, self._namer(watch), now):
                    self._emit(event)
        for lane, state in [pair for pair in self._parked.items() if now - pair[1].at >= STALE]:
            del self._parked[lane]
            self._emit(Over(lane, now, float("nan"), state.worst, NO_DATA) if state.state == FIRING else Ended(lane))

    def adopt(self, lane: LaneId, state: LaneState) -> None:
        """Take up a lane; it waits until its table comes."""
        self._parked[lane] = state

    def find(self, lane: LaneId) -> Found | None:
        """The lane, where it is not ok."""
        for watch in self._watches():
            place = watch.source.places.get((lane.rule, lane.severity))
            if place is not None and (own := Lane(place, lane.key)) in watch.who:
                return watch.lanes, watch.who.index(own), watch.source.checks[place].sign
        return None

    def dismiss(self, lane: LaneId) -> LaneState | None:
        """Let an alert be quiet; None: it does not fire."""
        parked = self._parked.get(lane)
        if parked is not None and parked.state == FIRING:
            self._parked[lane] = parked = parked._replace(state=QUIET)
            return parked
        found = self.find(lane)
        return None if found is None else dismiss(*found)

    def clear(self, left: frozenset[str]) -> list[LaneId]:
        """Let go of the lanes of rules that are not left."""
        gone = [lane for lane in self._parked if lane.rule not in left]
        for lane in gone:
            del self._parked[lane]
        for watch in self._watches():
            name = self._namer(watch)
            ids = [name(one) for one in watch.who]
            places = [place for place, lane in enumerate(ids) if lane.rule not in left]
            if places:
                gone += [ids[place] for place in places]
                watch.drop(places)
        return gone

    def pending(self) -> list[tuple[LaneId, LaneState]]:
        """The lanes that wait to fire."""
        return [
            (self._namer(watch)(watch.who[place]), state_of(watch.lanes, place, 1.0))
            for watch in self._watches()
            if watch.who
            for place in (watch.lanes.state == PENDING).nonzero()[0].tolist()
        ]

    def count(self, rule: str) -> int:
        """How many rows a rule means here."""
        return sum(plan.count(rule) for plan in self.plans())

    def plans(self) -> list[Plan]:
        """Which rows every check means here, table by table."""
        return [watch.plan for watch in self._watches() if watch.plan is not None]

    def _watches(self) -> list[Watch]:
        return [watch for entry in self._entries.values() for watch in entry.watches]

    def _entry(self, compiled: Compiled, table: Table, interval: float) -> Entry:
        entry = self._entries.get(table.name)
        if entry is not None and entry.compiled is compiled and entry.table is table:
            return entry
        made = [Watch(source, interval) for source in compiled.sources(self.name, table)]
        compared = sum(one.source.compared for one in made)
        new = Entry(compiled, table, interval, made, compiled.presence(self.name, table), compared)
        for watch in entry.watches if entry is not None else ():
            for one in made:
                one.inherit(watch)
            name = self._namer(watch)
            for place, lane in enumerate(watch.who):
                self._parked[name(lane)] = state_of(watch.lanes, place, watch.source.checks[lane.check].sign)
        self._entries[table.name] = new
        for lane_id in list(self._parked):
            for watch in made:
                own = watch.source.places.get((lane_id.rule, lane_id.severity))
                if own is not None:
                    watch.adopt(Lane(own, lane_id.key), self._parked.pop(lane_id))
                    break
        return new

    def _catch_up(self, compiled: Compiled, node: Node | None, name: str, clock: Clock) -> None:
        """Judge a table that is read no more by the rules there are now, as it was when it was read last."""
        table = node.tables.get(name) if node is not None else None
        if node is None or table is None:
            entry = self._entries[name]
            self._entry(compiled, entry.table, entry.interval)
            return
        frame = _Frame(node, clock)
        for watch in self._entry(compiled, table.table, table.interval).watches:
            watch.prepare(frame.reading(table, total=watch.source.total))

    def _judge(self, entry: Entry, place: int, frame: _Frame, reading: Reading) -> None:
        watch = entry.watches[place]
        draft = watch.begin(frame.now, reading)
        if draft.samples and self._judging.foreign(draft.samples[0][0].check):
            entry.busy.add(place)
            self._beside(self._judge_beside(entry, place, frame, reading, draft))
        else:
            self._finish(watch, frame, reading, draft, self._judging.ask(draft.samples))

    async def _judge_beside(self, entry: Entry, place: int, frame: _Frame, reading: Reading, draft: Draft) -> None:
        try:
            answers = await self._judging.ask_beside(draft.samples)
        finally:
            entry.busy.discard(place)
        if self._entries.get(entry.table.name) is entry:
            self._finish(entry.watches[place], frame, reading, draft, answers)

    def _finish(self, watch: Watch, frame: _Frame, reading: Reading, draft: Draft, answers: Any) -> None:
        result = watch.finish(draft, answers)
        if result is not None:
            for event in events_of(
                result, watch.source, self._namer(watch), frame.now, reading=reading, sight=frame.sight
            ):
                self._emit(event)

    def _look(self, presence: tuple[list[Check], Matcher], reading: Reading) -> None:
        checks, matcher = presence
        found: set[int] = set()
        for texts in set(reading.texts(matcher.columns)):
            found.update(matcher.match(texts).tolist())
        for place, check in enumerate(checks):
            (self.present.add if place in found else self.present.discard)(id(check))

    def _namer(self, watch: Watch) -> Callable[[Lane], LaneId]:
        checks, node = watch.source.checks, self.name

        def name(lane: Lane) -> LaneId:
            check = checks[lane.check]
            return LaneId(check.rule.id, check.severity, node, lane.key)

        return name


class _Frame:
    """What is common to the tables of one frame; made only where somebody asks."""

    def __init__(self, node: Node, clock: Clock) -> None:
        self.now = node.heard
        self._node = node
        self._clock = clock
        self._sight: Sight | None = None
        self._memory: float | None = None

    def reading(self, table: LiveTable, *, total: bool) -> Reading:
        return Whole(table.table, table.total) if total else Rows(table.view(), self.memory)

    def sight(self) -> Sight | None:
        if self._sight is None:
            process = self._node.tables.get(_PROCESS)
            self._sight = Sight(None if process is None else process.view(), self._clock.wall())
        return self._sight

    def memory(self) -> float:
        """Bytes of memory the node has; NaN: not known."""
        if self._memory is None:
            self._memory = node_memory(self._node.tables.get("memory"))
        return self._memory


def node_memory(table: LiveTable | None) -> float:
    """Bytes of memory a node has; NaN: not known."""
    column = next((c for c in table.table.columns if c.name == "total" and c.numeric), None) if table else None
    return float("nan") if table is None or column is None else table.total(column)
