"""Sources: the checks that judge one table, or its totals, and where in the values each of their lanes looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gobs_core import Column, Table
from gobs_server.alerts.judging.figures import Figure, column_of, figure
from gobs_server.alerts.judging.lanes import AS_BREACH
from gobs_server.alerts.judging.matching import Found, Matcher, Texts
from gobs_server.alerts.rules.check import Check
from gobs_server.alerts.rules.metrics import Metric
from gobs_server.tables.values import Numbers

_PLANS = 64
"""Plans one source remembers, for nodes that look alike."""
_ALIKE = 32
"""Rows up to which nodes are expected to look alike."""

Key = tuple[str, ...]
Keys = list[Key]
Places = NDArray[np.intp]
WHOLE: Key = ()
"""The key of what is about a table as a whole."""


class Signal(NamedTuple):
    """A row of values that lanes look at: a metric, after its window function, larger being worse."""

    metric: Metric
    function: str
    seconds: float
    sign: float


class Asked(NamedTuple):
    """Lanes of a check whose condition has to be asked."""

    check: Check
    signal: int
    lanes: slice


class Gate(NamedTuple):
    """A figure of a table as a whole, and what it must exceed."""

    column: Column | None
    """The one column it is; None: it is computed from more."""
    figure: Figure
    sign: float
    limit: float


class Source:
    """The checks for one table as declared, or for its totals. Shared by all nodes; lives until rules change."""

    def __init__(self, table: Table, checks: Sequence[Check], *, total: bool) -> None:
        self.table = table
        self.total = total
        found = [(check, metric) for check in checks if (metric := check.metric(table)) is not None]
        self.checks = [check for check, metric in found if metric.total is total]
        signals: dict[Signal, int] = {}
        self._signal = np.array(
            [
                signals.setdefault(Signal(m, c.rule.window, _seconds(c), c.sign), len(signals))
                for c, m in found
                if m.total is total
            ],
            dtype=np.intp,
        )
        self.signals = tuple(signals)
        self.metrics = tuple(dict.fromkeys(signal.metric for signal in self.signals))
        self.matcher = Matcher(table, [] if total else self.checks)
        self.places = {(check.rule.id, check.severity): place for place, check in enumerate(self.checks)}
        self.compared = sum(bool(np.isfinite(check.limit)) for check in self.checks)
        """How many checks compare with a number; the conditions of the others are asked."""
        self.signs: Numbers = np.array([check.sign for check in self.checks], dtype=np.float64)
        self._limits = np.array([check.limit for check in self.checks], dtype=np.float64)
        self._clear = np.array([check.clear_limit for check in self.checks], dtype=np.float64)
        self._sensitive = np.array([check.params.no_data == AS_BREACH for check in self.checks], dtype=bool)
        back = {(metric, check.lookback) for check, metric in found if metric.total is total}
        self.windows = {(s.metric, s.seconds) for s in self.signals if s.seconds}
        """Which metric has to be kept for how many seconds, for window functions."""
        self.pasts = {(metric, far) for metric, far in back if far}
        """The same for conditions that look back."""
        self._plans: dict[tuple[tuple[Key, ...], tuple[Texts, ...]], Plan] = {}

    @cached_property
    def places_of(self) -> Mapping[str, Sequence[int]]:
        """Rule -> the places of its checks."""
        found: dict[str, list[int]] = {}
        for (rule, _), place in self.places.items():
            found.setdefault(rule, []).append(place)
        return found

    def metric_of(self, check: int) -> Metric:
        """The metric of a check, by place."""
        return self.signals[self.signal_of(check)].metric

    def signal_of(self, check: int) -> int:
        """Which signal a check looks at."""
        return int(self._signal[check])

    def plan(self, keys: Keys, texts: tuple[Texts, ...]) -> Plan:
        """Where the lanes of these rows look; `texts` are what `matcher.columns` hold, row by row."""
        if len(keys) > _ALIKE:
            return self._plan(keys, texts)
        name = (tuple(keys), texts)
        plan = self._plans.get(name)
        if plan is None:
            if len(self._plans) >= _PLANS:
                self._plans.clear()
            plan = self._plans[name] = self._plan(keys, texts)
        return plan

    def _plan(self, keys: Keys, texts: tuple[Texts, ...]) -> Plan:
        if self.total:
            checks = np.arange(len(self.checks), dtype=np.int32)
            rows = np.zeros(len(checks), dtype=np.intp)
        else:
            found: list[Found] = [self.matcher.match(row) for row in texts]
            rows = np.repeat(np.arange(len(found)), [len(one) for one in found])
            checks = np.concatenate(found) if found else np.zeros(0, dtype=np.int32)
            order = np.argsort(checks, kind="stable")
            checks, rows = checks[order], rows[order]
        return Plan(self, keys, checks, rows)


class Plan:
    """The lanes there are while a table has these rows: by check, then by row. A value, shared."""

    def __init__(self, source: Source, keys: Keys, checks: Found, rows: Places) -> None:
        self.source = source
        self.keys = keys
        self.checks = checks
        self.rows = rows
        self.flat: Places = source._signal[checks] * len(keys) + rows  # noqa: SLF001  one module, one idea
        """Where each lane's value is among the values of all signals."""
        self.limits: Numbers = source._limits[checks]  # noqa: SLF001
        self.clear: Numbers = source._clear[checks]  # noqa: SLF001
        self.sensitive: Places = np.flatnonzero(source._sensitive[checks])  # noqa: SLF001
        """Lanes to which a value that is not known is as bad as a bad one."""
        self._order = np.argsort(self.flat, kind="stable")
        self.floor = self.without(np.zeros(0, dtype=np.intp))
        self._starts = np.searchsorted(checks, np.arange(len(source.checks) + 1))
        self.asked = [
            Asked(check, source.signal_of(place), slice(int(self._starts[place]), int(self._starts[place + 1])))
            for place, check in enumerate(source.checks)
            if np.isinf(check.limit)
        ]

    def without(self, lanes: Places) -> Numbers:
        """For each value of each signal the least limit of a lane that looks at it, of all lanes but these."""
        floor: Numbers = np.full(len(self.source.signals) * len(self.keys), np.inf)
        if len(self.flat):
            limits = self.limits.copy()
            limits[lanes] = np.inf
            cells = self.flat[self._order]
            first = np.flatnonzero(np.concatenate(([True], cells[1:] != cells[:-1])))
            floor[cells[first]] = np.minimum.reduceat(limits[self._order], first)
        return floor

    @cached_property
    def gates(self) -> tuple[Gate, ...] | None:
        """What the figures of a table as a whole must exceed so that anything is hot.

        None: more than that decides.
        """
        source = self.source
        if not source.total or source.windows or self.asked or len(self.sensitive):
            return None
        each = zip(source.signals, self.floor.tolist(), strict=True)
        return tuple(
            Gate(column_of(one.metric, source.table), figure(one.metric, source.table), one.sign, limit)
            for one, limit in each
        )

    @cached_property
    def _places(self) -> dict[Key, int]:
        return {key: row for row, key in enumerate(self.keys)}

    def find(self, check: int, key: Key) -> int:
        """The lane of a check on a row; -1: there is none."""
        row = self._places.get(key)
        if row is None:
            return -1
        start, end = int(self._starts[check]), int(self._starts[check + 1])
        at = start + int(np.searchsorted(self.rows[start:end], row))
        return at if at < end and self.rows[at] == row else -1

    def count(self, rule: str) -> int:
        """How many rows a rule means."""
        places = self.source.places_of.get(rule, ())
        return max((int(self._starts[place + 1] - self._starts[place]) for place in places), default=0)

    @property
    def counts(self) -> Places:
        """How many rows each check means."""
        return np.diff(self._starts)


def _seconds(check: Check) -> float:
    return check.rule.window_seconds if check.rule.window != "last" else 0.0
