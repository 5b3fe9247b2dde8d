"""Previews: when a rule would have fired, over everything that is kept of everything it means."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from math import isnan
from typing import NamedTuple

import msgspec
import numpy as np

from gobs_core import Severity
from gobs_server.alerts.conditions.comparing import sign_of
from gobs_server.alerts.judging.events import Event, Fired, LaneId, Over
from gobs_server.alerts.judging.judging import Judging
from gobs_server.alerts.rules.check import Check
from gobs_server.alerts.trying.missing import Missing
from gobs_server.alerts.trying.replay import Replay
from gobs_server.history.past import Past
from gobs_server.tables.values import Numbers

PATIENCE = 30.0
"""Seconds a preview may take; what is not looked at by then is said so."""
MOST_FIRINGS = 1000
_MOST_VALUES = 2_000_000
_STEPS = 240
"""Of the curve."""
_QUANTILES = (0.0, 0.5, 0.9, 0.99, 0.995, 1.0)


class Firing(msgspec.Struct, frozen=True, kw_only=True):
    """One time the rule would have fired."""

    node: str
    key: list[str]
    labels: dict[str, str]
    severity: Severity
    since: float
    """When the condition began to hold."""
    fired: float
    resolved: float | None
    """None: it would fire now."""
    value: float | None
    worst: float | None


class Values(msgspec.Struct, frozen=True, kw_only=True):
    """What the metric was like."""

    count: int
    least: float
    median: float
    p90: float
    p99: float
    most: float


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """What the metric was between at some time, over all rows."""

    at: float
    least: float
    most: float


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What would have been."""

    since: float
    until: float
    nodes: int
    """Nodes that were looked at."""
    complete: bool
    """Whether there was time for all of them."""
    count: int
    """How often it would have fired."""
    rows: int
    """On how many rows."""
    longest: float
    """Seconds from firing to its end, of the longest."""
    firing: int
    """How many would fire now."""
    firings: list[Firing]
    """The newest, at most 1,000."""
    values: Values | None
    curve: list[Point]
    """The values through time; nothing where none was known."""
    steps: int
    """Into how many steps the time is cut for it."""
    suggested: float | None
    """A threshold that the values passed for half a percent of the time; None: there is none to be suggested."""
    summary: str


class Kept(NamedTuple):
    """One node's past, and how much memory it has."""

    name: str
    past: Past
    memory: float


def preview(
    checks: Sequence[Check],
    judging: Judging,
    nodes: Iterable[Kept],
    since: float,
    until: float,
    patience: float = PATIENCE,
) -> Preview:
    """Replay a rule, by its checks; takes seconds, to be called in a thread."""
    seen, firings = _Seen(since, until), _Firings()
    replay = Replay(checks, judging, seen.add)
    rows = [one for one in checks if one.silence and one.rule.target != "node"]
    missing = [Missing(check, judging, since, until) for check in rows]
    started, done, complete = time.monotonic(), 0, True
    for node in nodes:
        if time.monotonic() - started > patience:
            complete = False
            break
        for event in replay.node(node.name, node.past, node.memory, since, until):
            firings.take(event)
        for one in missing:
            one.look(node.past)
        done += 1
    for one in missing:
        for event in one.events():
            firings.take(event)
    found = firings.all()
    return Preview(
        since=since,
        until=until,
        nodes=done,
        complete=complete,
        count=len(found),
        rows=len({(one.node, *one.key) for one in found}),
        longest=max(((one.resolved or until) - one.fired for one in found), default=0.0),
        firing=sum(one.resolved is None for one in found),
        firings=sorted(found, key=lambda one: -one.fired)[:MOST_FIRINGS],
        values=seen.values(),
        curve=seen.curve(),
        steps=_STEPS,
        suggested=seen.suggested(sign_of(checks[0].rule.operator)) if checks[0].threshold is not None else None,
        summary=_summary(checks, found, until),
    )


class _Firings:
    """Firings put together from events."""

    def __init__(self) -> None:
        self._open: dict[LaneId, Fired] = {}
        self._done: list[Firing] = []

    def take(self, event: Event) -> None:
        if isinstance(event, Fired):
            self._open[event.lane] = event
        elif isinstance(event, Over):
            self._done.append(_firing(self._open.pop(event.lane), event))

    def all(self) -> list[Firing]:
        return self._done + [_firing(event, None) for event in self._open.values()]


class _Seen:
    """The values a rule looked at; of very many, every n-th."""

    def __init__(self, since: float, until: float) -> None:
        self._parts: list[Numbers] = []
        self._count = 0
        self._since = since
        self._step = (until - since) / _STEPS
        self._least, self._most = np.full(_STEPS, np.inf), np.full(_STEPS, -np.inf)

    def add(self, at: float, values: Numbers) -> None:
        known = values[np.isfinite(values)]
        if len(known):
            place = min(max(int((at - self._since) / self._step), 0), _STEPS - 1)
            self._least[place] = min(self._least[place], known.min())
            self._most[place] = max(self._most[place], known.max())
            self._parts.append(known)
            self._count += len(known)
            if self._count > _MOST_VALUES:
                together = np.concatenate(self._parts)[::2]
                self._parts, self._count = [together], len(together)

    def curve(self) -> list[Point]:
        return [
            Point(at=self._since + (place + 0.5) * self._step, least=float(least), most=float(most))
            for place, (least, most) in enumerate(zip(self._least, self._most, strict=True))
            if least <= most
        ]

    def values(self) -> Values | None:
        if not self._parts:
            return None
        found = np.quantile(np.concatenate(self._parts), _QUANTILES).tolist()
        return Values(count=self._count, least=found[0], median=found[1], p90=found[2], p99=found[3], most=found[5])

    def suggested(self, sign: float) -> float | None:
        """A round number that is passed for half a percent of the time, or, where values stand still, never."""
        if not self._parts:
            return None
        values = np.concatenate(self._parts) * sign
        edge, most = float(np.quantile(values, 0.995)), float(values.max())
        spread = most - float(np.quantile(values, 0.5))
        limit = edge if edge < most else most + max(0.1 * spread, 0.05 * abs(most))
        return sign * _round_up(limit)


def _round_up(value: float) -> float:
    """The next number with two digits."""
    if value == 0 or not np.isfinite(value):
        return 0.0
    step = 10.0 ** (np.floor(np.log10(abs(value))) - 1)
    return float(np.round(np.ceil(value / step) * step, 12))


def _firing(event: Fired, over: Over | None) -> Firing:
    worst = event.value if over is None or isnan(over.worst) else over.worst
    return Firing(
        node=event.lane.node,
        key=list(event.lane.key),
        labels=dict(event.texts),
        severity=event.lane.severity,
        since=event.state.since,
        fired=event.at,
        resolved=None if over is None else over.at,
        value=None if isnan(event.value) else event.value,
        worst=None if isnan(worst) else worst,
    )


def _summary(checks: Sequence[Check], found: Sequence[Firing], until: float) -> str:
    """Say it in one sentence: would have fired 3 times on 2 pods, longest 4 min."""
    if not found:
        return "would not have fired"
    what = {"node": "node", "pod": "pod", "row": "row"}[checks[0].rule.target]
    rows = len({(one.node, *one.key) for one in found})
    longest = max((one.resolved or until) - one.fired for one in found)
    times = "once" if len(found) == 1 else f"{len(found)} times"
    return f"would have fired {times} on {rows} {what}{'s' * (rows != 1)}, longest {_span(longest)}"


def _span(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
