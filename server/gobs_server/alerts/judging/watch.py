"""A watch: one source on one node. It holds the lanes that are not ok, and the windows of the node's columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gobs_core import Sample
from gobs_server.alerts.judging.draft import Draft
from gobs_server.alerts.judging.events import LaneState, adopt, state_of
from gobs_server.alerts.judging.figures import Total
from gobs_server.alerts.judging.lanes import COOL, FIRING, GONE, HOT, NOT_YET, NOTHING, OK, UNKNOWN, Codes, Lanes, Step
from gobs_server.alerts.judging.reading import Reading
from gobs_server.alerts.judging.source import Asked, Key, Plan, Signal, Source
from gobs_server.alerts.judging.window import Window
from gobs_server.alerts.rules.check import Check
from gobs_server.tables.values import Numbers

GAP = 3
"""Intervals without a reading after which nothing is known of a table any more."""

Bool = NDArray[np.bool_]


class Lane(NamedTuple):
    """Which lane it is: the place of a check in its source, and the key of a row."""

    check: int
    key: Key


class Result(NamedTuple):
    """What became of the lanes that were not ok, by place."""

    who: Sequence[Lane]
    step: Step
    states: Callable[[int], LaneState]
    """What has to be remembered of one that is not ok now."""
    values: Numbers
    """As they are shown; NaN: not known."""
    worst: Numbers
    rows: NDArray[np.intp]
    """Where each is in the reading; -1: nowhere."""


class Watch:
    """Judges the readings of one table of one node."""

    def __init__(self, source: Source, interval: float) -> None:
        self.source = source
        self.interval = interval
        self.read = -np.inf
        """When the last reading came."""
        self.lanes = Lanes()
        self.who: list[Lane] = []
        """Which lane is at each place."""
        self.plan: Plan | None = None
        self._version: object = None
        self._at: NDArray[np.intp] = np.zeros(0, dtype=np.intp)
        """Where the lanes that are not ok are in the plan; -1: nowhere."""
        self._floor: Numbers | None = None
        """Below which all values are fine for lanes that are ok; None: not known."""
        self._said_at: dict[Check, float] = {}
        """When a condition that is asked last said something; of one that never did, when it was first asked."""
        self._windows = {name: Window(name[1]) for name in source.windows}
        self._pasts = {name: Window(name[1]) for name in source.pasts}

    @property
    def gap(self) -> float:
        """Seconds without a reading after which nothing is known."""
        return GAP * self.interval

    @property
    def busy(self) -> bool:
        """Whether time alone may change something."""
        return bool(self.who) or (self.plan is not None and len(self.plan.sensitive) > 0)

    @property
    def cells(self) -> int:
        """How many numbers its windows keep, about."""
        return sum(window.cells for window in (*self._windows.values(), *self._pasts.values()))

    def prepare(self, reading: Reading) -> None:
        """Know the rows there are, from a reading that was judged before this watch was made."""
        self._planned(reading)

    def passes(self, now: float, total: Total) -> bool:
        """Whether a table as a whole is fine and was: then there is nothing else to be done with this reading."""
        gates = None if self.plan is None or self.who else self.plan.gates
        if gates is None:
            return False
        for column, figure, sign, limit in gates:
            if sign * (figure(total) if column is None else total(column)) > limit:
                return False
        self.read = now
        return True

    def begin(self, now: float, reading: Reading) -> Draft:
        """Take a reading, up to where conditions have to be asked."""
        plan = self._planned(reading)
        self.read = now
        values = self._values(now, reading)
        if not plan.asked and not len(plan.sensitive) and not (values > self._limits(plan)).any():
            return Draft(now, plan, values, calm=True)
        draft = Draft(now, plan, values, calm=False)
        draft.samples += [(asked, self._sample(asked, plan, now, draft.seen)) for asked in plan.asked if _width(asked)]
        return draft

    def finish(self, draft: Draft, answers: Iterable[Sequence[float]]) -> Result | None:
        """Go on with what the conditions answered, in the order of `samples`; None: all is ok, and was."""
        plan = draft.plan
        if draft.calm:
            if not self.who:
                return None
            there = self._at >= 0
            own = np.full(len(self._at), np.nan)
            own[there] = draft.values[plan.flat[self._at[there]]]
            return self._step(draft.now, self._said(plan, own, there), own)
        seen, hot = draft.seen, draft.seen > plan.limits
        for (asked, _), answer in zip(draft.samples, answers, strict=True):
            if not len(answer):
                seen[asked.lanes] = self._unsaid(asked, draft.now, seen[asked.lanes])
                hot[asked.lanes] = False
                continue
            told = np.asarray(answer, dtype=np.float64)
            self._said_at[asked.check] = draft.now
            hot[asked.lanes] = told == 1
            seen[asked.lanes] = np.where(np.isnan(told), _not_yet(seen[asked.lanes]), seen[asked.lanes])
        there = self._at >= 0
        said = self._said(plan, self._own(seen), there, hot)
        hot[self._at[there]] = False
        self._begin(plan, seen, hot)
        if not self.who:
            return None
        new = len(self.who) - len(said)
        if new:
            said = np.concatenate((said, np.where(np.isnan(seen[self._at[-new:]]), UNKNOWN, HOT))).astype(np.int8)
        return self._step(draft.now, said, self._own(seen))

    def silent(self, now: float) -> Result | None:
        """Go on without a reading, once there has been none for too long."""
        if now - self.read <= self.gap:
            return None
        if self.plan is not None and len(self.plan.sensitive):
            nothing = np.full(len(self.plan.flat), np.nan)
            self._begin(self.plan, nothing, np.zeros(len(nothing), dtype=bool))
        if not self.who:
            return None
        gone = self._at < 0 if self.plan is not None else np.zeros(len(self.who), dtype=bool)
        return self._step(now, np.where(gone, GONE, UNKNOWN).astype(np.int8), np.full(len(self.who), np.nan))

    def adopt(self, lane: Lane, state: LaneState) -> None:
        """Take up a lane as it was."""
        check = self.source.checks[lane.check]
        adopt(self.lanes, check.params, state, check.sign)
        self.who.append(lane)
        self._floor = None
        self._at = np.append(self._at, -1 if self.plan is None else self.plan.find(*lane))

    def inherit(self, other: Watch) -> None:
        """Go on with the windows of a watch whose place this one takes."""
        for own, old in ((self._windows, other._windows), (self._pasts, other._pasts)):
            own.update({name: old[name] for name in own.keys() & old.keys()})
        self.read = max(self.read, other.read)

    def drop(self, places: Iterable[int]) -> None:
        """Let go of lanes, whatever they are."""
        stay = np.ones(len(self.who), dtype=bool)
        stay[list(places)] = False
        self._retain(stay)

    def restart(self) -> None:
        """Another run of the agent begins: its texts have other ids."""
        self._version = self

    def _planned(self, reading: Reading) -> Plan:
        """The plan for the rows there are; lanes that are not ok are found in it again."""
        keys, version = reading.keys, reading.version(self.source.matcher.columns)
        plan = self.plan
        if plan is None or version != self._version or (keys is not plan.keys and keys != plan.keys):
            plan = self.source.plan(keys, reading.texts(self.source.matcher.columns))
            if plan is not self.plan:
                self._at = np.array([plan.find(*lane) for lane in self.who], dtype=np.intp)
                self._floor = None
            self.plan, self._version = plan, version
        return plan

    def _limits(self, plan: Plan) -> Numbers:
        """For each value the least limit of a lane that is ok and looks at it."""
        if not self.who:
            return plan.floor
        if self._floor is None:
            self._floor = plan.without(self._at[self._at >= 0])
        return self._floor

    def _own(self, seen: Numbers) -> Numbers:
        """Of what all lanes look at, what those that are not ok look at; NaN where that is nothing."""
        there = self._at >= 0
        own = np.full(len(self._at), np.nan)
        own[there] = seen[self._at[there]]
        return own

    def _values(self, now: float, reading: Reading) -> Numbers:
        """The values of all signals, one after another."""
        raw = {metric: reading.values(metric) for metric in self.source.metrics}
        for (metric, _), window in (*self._windows.items(), *self._pasts.items()):
            window.push(now, reading.keys, raw[metric])
        parts = [self._signal(signal, raw[signal.metric], now) for signal in self.source.signals]
        return parts[0] if len(parts) == 1 else np.concatenate(parts) if parts else np.zeros(0)

    def _signal(self, signal: Signal, raw: Numbers, now: float) -> Numbers:
        if not signal.seconds:
            return raw if signal.sign > 0 else -raw
        found = self._windows[signal.metric, signal.seconds].result(signal.function, now, self.interval)
        return np.where(np.isnan(found), _not_yet(raw), signal.sign * found)

    def _sample(self, asked: Asked, plan: Plan, now: float, seen: Numbers) -> Sample:
        """What a condition is asked about the rows its check means."""
        metric, far = self.source.signals[asked.signal].metric, asked.check.lookback
        ages, past = self._pasts[metric, far].past(now) if far else ([], [])
        fires = np.zeros(len(plan.flat), dtype=bool)
        fires[self._at[(self.lanes.state == FIRING) & (self._at >= 0)]] = True
        rows = plan.rows[asked.lanes]
        values: Any = seen[asked.lanes].copy()
        firing: Any = fires[asked.lanes]
        lines: Any = [line[rows] for line in past]
        return Sample(values, firing, ages, lines)

    def _unsaid(self, asked: Asked, now: float, seen: Numbers) -> Numbers:
        """What is seen where a condition has failed: nothing that counts, and after a gap that nothing is known."""
        since = self._said_at.setdefault(asked.check, now)
        return np.full(len(seen), np.nan) if now - since > self.gap else _not_yet(seen)

    def _said(self, plan: Plan, own: Numbers, there: Bool, hot: Bool | None = None) -> Codes:
        """What is said of the lanes that are not ok, by what they look at; `hot` is what was found of all lanes."""
        said: Codes = np.full(len(own), GONE, dtype=np.int8)
        at, own = self._at[there], own[there]
        limits = plan.limits[at]
        above = own > np.where(self.lanes.state[there] == FIRING, plan.clear[at], limits)
        if hot is not None:
            above = np.where(np.isfinite(limits), above, hot[at])
        found = np.where(above, HOT, COOL)
        found[np.isnan(own)] = UNKNOWN
        found[np.isneginf(own)] = NOT_YET
        said[there] = found
        return said

    def _begin(self, plan: Plan, seen: Numbers, hot: Bool) -> None:
        """Add the lanes that are ok no more."""
        new = np.flatnonzero(hot)
        if len(plan.sensitive):
            lacking = plan.sensitive[np.isnan(seen[plan.sensitive])]
            new = np.union1d(new, np.setdiff1d(lacking, self._at))
        if not len(new):
            return
        checks = self.source.checks
        self.lanes.add([checks[check].params for check in plan.checks[new].tolist()])
        keys = plan.keys
        pairs = zip(plan.checks[new].tolist(), plan.rows[new].tolist(), strict=True)
        self.who += [Lane(check, keys[row]) for check, row in pairs]
        self._at = np.concatenate((self._at, new))
        self._floor = None

    def _step(self, now: float, said: Codes, own: Numbers) -> Result | None:
        values = np.where(np.isinf(own), np.nan, own)
        step = self.lanes.step(now, self.gap, said, values)
        if step is NOTHING:
            return None
        rows, there = np.full(len(own), -1, dtype=np.intp), self._at >= 0
        if self.plan is not None:
            rows[there] = self.plan.rows[self._at[there]]
        signs = self.source.signs[[lane.check for lane in self.who]]
        kept = {
            place: state_of(self.lanes, place, float(signs[place]))
            for places in (step.began, step.fired, step.moved)
            for place in places.tolist()
        }
        result = Result(self.who, step, kept.__getitem__, signs * values, signs * self.lanes.worst, rows)
        if len(step.resolved) or len(step.ended) or (self.lanes.state == OK).any():
            self._retain(self.lanes.state != OK)
        return result

    def _retain(self, stay: Bool) -> None:
        self.lanes.retain(stay)
        self._floor = None
        self._at = self._at[stay]
        self.who = [lane for lane, kept in zip(self.who, stay.tolist(), strict=True) if kept]


def _not_yet(values: Numbers) -> Numbers:
    """Stand for what is not known only because too little was seen so far: it breaches nothing and clears nothing."""
    return np.where(np.isnan(values), np.nan, -np.inf)


def _width(asked: Asked) -> int:
    return int(asked.lanes.stop) - int(asked.lanes.start)
