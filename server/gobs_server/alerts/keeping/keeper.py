"""The keeper: turns what the engine found into records, and commits them together with whom to tell."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isnan

import msgspec

from gobs_core.logs import get_logger
from gobs_server.alerts.book import Book
from gobs_server.alerts.judging.engine import Engine
from gobs_server.alerts.judging.events import Ended, Event, Fired, LaneId, LaneState, Moved, Over
from gobs_server.alerts.judging.lanes import CLEARED, NO_DATA, TARGET_GONE
from gobs_server.alerts.keeping.contributors import Contributors
from gobs_server.alerts.keeping.journal import Drop, Journal, JournalError, Op, Put
from gobs_server.alerts.records import Alert, Change, Intent, Reason
from gobs_server.alerts.rules.check import Check
from gobs_server.alerts.telling.announcing import Announcing
from gobs_server.alerts.words import Shown, condition, known
from gobs_server.clock import Clock
from gobs_server.tables import View

log = get_logger("gobs.alerts")
_REASONS: dict[int, Reason] = {CLEARED: "cleared", TARGET_GONE: "gone", NO_DATA: "no data"}
_PAUSE = 1.0
"""Seconds before a journal that could not be written is tried again."""
_MOST_CONTRIBUTED = 200
"""Alerts of one batch whose contributors are looked for; of more nobody reads them."""


class Keeper:
    """Holds the alerts that fire. Lives as long as the server; called from the event loop alone."""

    def __init__(
        self,
        engine: Engine,
        journal: Journal,
        book: Book,
        announcing: Announcing,
        contributors: Contributors,
        clock: Clock,
        shown: Shown,
        deliver: Callable[[Iterable[Intent], Mapping[str, Alert]], None],
    ) -> None:
        self.alerts: dict[str, Alert] = {}
        """Those that fire, by id."""
        self.quiet: dict[LaneId, Alert] = {}
        """Those that were dismissed and whose condition still holds."""
        self.version = 0
        """Raised whenever an alert changes."""
        self.lock = asyncio.Lock()
        """Held by whoever changes rules, silences or alerts."""
        self._engine = engine
        self._journal = journal
        self._book = book
        self._announcing = announcing
        self._contributors = contributors
        self._clock = clock
        self._shown = shown
        self._deliver = deliver
        self._lanes: dict[LaneId, str] = {}
        self._new: list[str] = []
        self._unwritten: list[Op] = []
        self._untold: list[Intent] = []
        self._finals: dict[str, Alert] = {}
        self._woken = asyncio.Event()
        engine.wake = self._woken.set

    async def run(self) -> None:
        """Write down what is found, as it is found; until cancelled."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            async with self.lock:
                await self.settle()
            if self._unwritten:
                await asyncio.sleep(_PAUSE)
                self._woken.set()

    async def settle(self, gone: Iterable[tuple[LaneId, Reason]] = ()) -> None:
        """Take what the engine found, and lanes that are `gone` for another reason; commit it. Hold `lock`."""
        ops = self._absorb(self._engine.take())
        for lane, why in gone:
            ops += self._left(lane, why)
        await self.commit(ops)

    async def commit(self, ops: Sequence[Op]) -> None:
        """Commit, with whom to tell now; what cannot be written is tried again, in order. Hold `lock`."""
        new = [self.alerts[one] for one in self._new if one in self.alerts]
        self._new.clear()
        told, intents = self._announcing.due(new, self.alerts, self._clock.wall())
        for alert in told:
            self.alerts[alert.id] = alert
        self._untold += intents
        self._unwritten += [*ops, *map(_put, told), *map(_put, intents)]
        if not self._unwritten:
            return
        durable = any(op.kind in ("alert", "intent", "change") for op in self._unwritten)
        try:
            await self._journal.write(self._unwritten, durable=durable)
        except JournalError:
            return
        self._unwritten = []
        (intents, finals), self._untold, self._finals = (self._untold, self._finals), [], {}
        self._deliver(intents, finals)

    async def look_again(self, more: Iterable[Intent] = ()) -> None:
        """Tell of what was not to be told before and is now, and of `more`. Hold `lock`."""
        self._new += [alert.id for alert in self.alerts.values() if alert.told is None]
        self._untold += more
        await self.commit([_put(intent) for intent in more])

    async def dismiss(self, alert: Alert, by: str, comment: str) -> Alert:
        """Resolve an alert that fires; it stays quiet until its condition does not hold, once. Hold `lock`."""
        lane = self.lane_of(alert)
        state = self._engine.dismiss(lane)
        over = self._over(alert, self._clock.wall(), "dismissed", None, by=by, comment=comment)
        ops = self._resolved(over)
        if state is not None:
            self.quiet[lane] = over
            ops.append(self._lane(lane, state, alert.id))
        await self.commit(ops)
        return over

    def adopt(self, lane: LaneId, alert: Alert) -> None:
        """Take up an alert as it was before a restart."""
        if alert.state == "firing":
            self.alerts[alert.id] = alert
            self._lanes[lane] = alert.id
        else:
            self.quiet[lane] = alert

    def lane_of(self, alert: Alert) -> LaneId:
        """The lane an alert is of."""
        return LaneId(alert.rule, alert.severity, alert.node, tuple(alert.key))

    def firing(self, rule: str) -> list[Alert]:
        """The alerts of a rule that fire."""
        return [alert for alert in self.alerts.values() if alert.rule == rule]

    # -- from events to records

    def _absorb(self, events: Sequence[Event]) -> list[Op]:
        ops: list[Op] = []
        past: dict[str, View | None] = {}
        fired = 0
        for event in events:
            if isinstance(event, Fired):
                fired += 1
                ops += self._fired(event, past, look=fired <= _MOST_CONTRIBUTED)
            elif isinstance(event, Over):
                ops += self._over_by_itself(event)
            elif isinstance(event, Moved):
                ops.append(self._lane(event.lane, event.state, self._lanes.get(event.lane, "")))
            elif isinstance(event, Ended):
                self.quiet.pop(event.lane, None)
                ops.append(Drop("lane", lane_key(event.lane)))
        return ops

    def _fired(self, event: Fired, past: dict[str, View | None], *, look: bool) -> list[Op]:
        lane, rule = event.lane, self._book.rule(event.lane.rule)
        check = next((one for one in self._engine.checks(lane.rule) if one.severity is lane.severity), None)
        if rule is None or check is None:
            return [Drop("lane", lane_key(lane))]
        alert = self._alert(event, check)
        if look:
            found = self._contributors.of(event, rule.metric, past)
            alert = msgspec.structs.replace(alert, contributors=found)
        self.alerts[alert.id] = alert
        self._lanes[lane] = alert.id
        self._new.append(alert.id)
        self.version += 1
        change = Change(id=str(uuid.uuid4()), alert=alert.id, at=alert.fired, what="fired", value=alert.value)
        return [self._lane(lane, event.state, alert.id), _put(alert), _put(change, alert.fired)]

    def _alert(self, event: Fired, check: Check) -> Alert:
        rule, texts = check.rule, event.texts
        now, mono = self._clock.wall(), self._clock.monotonic()
        threshold = check.threshold
        return Alert(
            id=str(uuid.uuid4()),
            rule=rule.id,
            rule_name=rule.name,
            severity=check.severity,
            target=rule.target,
            metric=rule.metric,
            condition=condition(check, event.unit, event.rate, self._shown),
            node=event.lane.node,
            table=event.table,
            key=list(event.lane.key),
            labels=dict(texts),
            namespace=texts.get("namespace", ""),
            owner=texts.get("owner", ""),
            pod=_pod(texts, named=rule.target == "pod" or event.table in ("pod", "container")),
            container=texts.get("container_name") or texts.get("container") or "",
            since=now - (mono - event.state.since),
            fired=now - (mono - event.at),
            value=known(event.value),
            worst=known(event.value),
            operator=rule.operator if threshold is not None else None,
            threshold=threshold,
            clear_threshold=check.clear_threshold,
            unit=event.unit,
            rate=event.rate,
            group=group_of(rule.id, rule.group_by, event.lane.node, texts),
        )

    def _over_by_itself(self, event: Over) -> list[Op]:
        alert = self.alerts.get(self._lanes.get(event.lane, ""))
        if alert is None:
            return [Drop("lane", lane_key(event.lane))]
        at = self._clock.wall() - (self._clock.monotonic() - event.at)
        worst = alert.worst if isnan(event.worst) else event.worst
        alert = msgspec.structs.replace(alert, worst=worst)
        value = None if isnan(event.value) else event.value
        return [
            Drop("lane", lane_key(event.lane)),
            *self._resolved(self._over(alert, at, _REASONS[event.reason], value)),
        ]

    def _left(self, lane: LaneId, why: Reason) -> list[Op]:
        """A lane that is no more because of its rule."""
        self.quiet.pop(lane, None)
        alert = self.alerts.get(self._lanes.get(lane, ""))
        ops: list[Op] = [Drop("lane", lane_key(lane))]
        return ops if alert is None else ops + self._resolved(self._over(alert, self._clock.wall(), why, None))

    def _over(
        self, alert: Alert, at: float, why: Reason, value: float | None, *, by: str = "", comment: str = ""
    ) -> Alert:
        return msgspec.structs.replace(
            alert, state="resolved", resolved=max(at, alert.fired), reason=why, value=value, by=by, comment=comment
        )

    def _resolved(self, alert: Alert) -> list[Op]:
        at = alert.resolved or 0.0
        del self.alerts[alert.id]
        self._lanes.pop(self.lane_of(alert), None)
        self.version += 1
        intents = self._announcing.resolved(alert, at)
        self._untold += intents
        if intents:
            self._finals[alert.id] = alert
        change = Change(
            id=str(uuid.uuid4()), alert=alert.id, at=at, reason=alert.reason, value=alert.value, by=alert.by,
            comment=alert.comment, what="dismissed" if alert.reason == "dismissed" else "resolved",
        )  # fmt: skip
        return [_put(alert, at), _put(change, at), *map(_put, intents)]

    def _lane(self, lane: LaneId, state: LaneState, alert: str) -> Op:
        mono, wall = self._clock.monotonic(), self._clock.wall()
        rule = self._book.rule(lane.rule)
        body = LaneRecord(
            lane=lane, state=state.state, since=wall - (mono - state.since), at=wall - (mono - state.at),
            hot_at=wall - (mono - state.hot_at), worst=known(state.worst), cooling=state.cooling, late=state.late,
            alert=alert, judged=0.0 if rule is None else rule.judged,
        )  # fmt: skip
        return Put("lane", lane_key(lane), msgspec.json.encode(body))


class LaneRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A lane that is not ok, as it stands in the journal. Times: seconds since 1970."""

    lane: LaneId
    state: int
    since: float
    at: float
    hot_at: float
    worst: float | None
    cooling: bool
    late: bool
    alert: str
    judged: float
    """When its rule was made, or changed in what is judged."""


def lane_key(lane: LaneId) -> str:
    """The id a lane's record has."""
    return msgspec.json.encode(lane).decode()


def group_of(rule: str, by: Sequence[str], node: str, texts: object) -> str:
    """What alerts have in common that are told of in one message."""
    values = [node if name == "node" else (texts.get(name, "") if isinstance(texts, dict) else "") for name in by]
    return "|".join([rule, *values])[:500]


def _pod(texts: Mapping[str, str], *, named: bool) -> str:
    """The pod or other workload a row is of; `named`: the row may be it, and have its name."""
    own = (texts.get("name") or texts.get("workload") or "") if named else ""
    return texts.get("pod") or own


def _put(record: Alert | Change | Intent, at: float | None = None) -> Op:
    return Put(type(record).__name__.lower(), record.id, msgspec.json.encode(record), at)
