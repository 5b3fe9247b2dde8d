"""Ruling: whether what a user says is a rule; every fault is told at once, and what only looks wrong is a warning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import msgspec

from gobs_core import Column, Condition, Kind, Table
from gobs_core.suggest import did_you_mean
from gobs_core.values import show_duration
from gobs_server.alerts.conditions import Threshold
from gobs_server.alerts.conditions.comparing import sign_of
from gobs_server.alerts.faults import Invalid, Wrong
from gobs_server.alerts.rules.check import COLUMNS, GRAVE, parameters_of
from gobs_server.alerts.rules.limits import parse_limit
from gobs_server.alerts.rules.metrics import Metric, friendly, metric_in, nearest, tables_of
from gobs_server.alerts.rules.parameters import Misfit
from gobs_server.alerts.rules.rule import LEAST_REPEAT, Level, RuleFields

_ANY = "*"
_NAMED = re.compile(r"Object (?:contains )?(?P<what>(?:missing required|unknown) field) `(?P<name>[^`]*)`")
"""How msgspec names a field where it says no path."""


@dataclass(frozen=True)
class Surroundings:
    """What a rule is checked against."""

    tables: Sequence[Table]
    """The declarations of all tables nodes have now."""
    intervals: Mapping[str, float]
    """Table -> seconds between two readings, the shortest of any node."""
    conditions: Mapping[str, Condition]
    channels: Iterable[str]
    others: Iterable[str]
    """The names of the other rules."""

    def named(self, others: Iterable[str]) -> Surroundings:
        """The same, with these names taken."""
        return replace(self, others=others)


@dataclass(frozen=True)
class Ruled:
    """A rule that may be kept."""

    fields: RuleFields
    """With every limit as a number in the metric's unit."""
    warnings: tuple[str, ...]


def check_rule(said: RuleFields, around: Surroundings) -> Ruled:
    """Check a rule; raises Invalid with everything that is wrong."""
    return _Checking(said, around).done()


class _Checking:
    def __init__(self, said: RuleFields, around: Surroundings) -> None:
        self.said = said
        self.around = around
        self.faults: list[Wrong] = []
        self.warnings: list[str] = []
        self.condition = around.conditions.get(said.condition)
        self.tables = [table for table in around.tables if table.name in tables_of(said)]
        self.metrics = [metric for table in self.tables if (metric := metric_in(said, table)) is not None]

    def done(self) -> Ruled:
        self._check_names()
        self._check_metric()
        self._check_target()
        self._check_times()
        fields = self._with_limits()
        self._check_parameters(fields)
        if self.faults:
            raise Invalid(self.faults)
        return Ruled(fields, tuple(self.warnings))

    def wrong(self, where: str, expected: str) -> None:
        self.faults.append(Wrong(where, expected))

    def _check_names(self) -> None:
        said = self.said
        if said.name in set(self.around.others):
            self.wrong("name", f"a name of its own; another rule is called {said.name!r}")
        if not said.name.strip() or not said.name.isprintable():
            self.wrong("name", "printable characters")
        if said.condition not in self.around.conditions:
            hint = did_you_mean(said.condition, self.around.conditions)
            self.wrong("condition", f"the name of a condition{hint}")
        if said.runbook and urlsplit(said.runbook).scheme not in ("http", "https"):
            self.wrong("runbook", "an address that begins with http:// or https://")
        known = sorted(self.around.channels)
        for name in said.channels or ():
            if name not in known:
                self.wrong("channels", f"names of channels; {name!r} is none{did_you_mean(name, known)}")

    def _check_metric(self) -> None:
        said = self.said
        if self.condition is not None and self.condition.reads == "silence":
            if said.target == "row" and not said.metric:
                self.wrong("metric", "the name of the table in which no row must be missing")
            return
        if not said.metric:
            names = ", ".join(friendly(said.target)) or "table.column, e.g. disk.utilisation"
            self.wrong("metric", f"what to judge: {names}")
            return
        if self.metrics:
            self._check_value(self.metrics[0])
            return
        near = ", ".join(nearest(said.metric, said.target, self.around.tables))
        is_friendly = said.metric in friendly(said.target)
        if is_friendly or not self.around.tables:
            self.warnings.append(f"metric: no node has {said.metric!r} now")
            if not is_friendly and "." not in said.metric:
                self.wrong("metric", f"a metric; {said.metric!r} is none, the nearest are {near}")
            return
        self.wrong("metric", f"a metric that some node has; {said.metric!r} is none, the nearest are {near}")

    def _check_value(self, metric: Metric) -> None:
        """What would be judged must be what was asked for: a level is no rate, and a rate no level."""
        said, expressions = self.said, (metric.first, metric.otherwise)
        rated = any(one is not None and one.rates for one in expressions)
        if said.value == "level" and said.metric in friendly(said.target) and rated:
            self.wrong("value", f"auto or rate: {said.metric} is a figure per second")
        elif said.value == "level" and said.target == "node" and self._counts(metric):
            way = f"choose the target row, with the metric {said.metric} and `where` for which rows"
            self.wrong("value", f"auto or rate: of a node as a whole a counter is its rate; for its level, {way}")
        elif said.value == "rate" and said.metric not in friendly(said.target) and not rated:
            way = f"the condition change tells how fast {said.metric} rises or falls"
            self.wrong("value", f"auto or level: only a counter has a rate; {way}")

    def _counts(self, metric: Metric) -> bool:
        return any(
            column.kind is Kind.COUNTER
            for table in self.tables
            for column in table.columns
            if table.name == metric.table and column.name in metric.columns
        )

    def _check_target(self) -> None:
        said = self.said
        if said.target != "pod":
            for name in COLUMNS:
                if getattr(said, name) != _ANY:
                    self.wrong(
                        name, f"nothing: only the target pod has one; use `where` for the columns of a {said.target}"
                    )
        if said.target == "node" and (said.where or said.labels):
            self.wrong("where" if said.where else "labels", "nothing: a figure of a node as a whole has no rows")
        texts = {c.name: c for table in self.tables for c in table.columns}
        for field, names in (("where", said.where), ("group_by", dict.fromkeys(said.group_by))):
            for name in names:
                if (field, name) != ("group_by", "node") and self.tables:
                    self._check_column(field, name, texts)

    def _check_column(self, field: str, name: str, columns: Mapping[str, Column]) -> None:
        there = [c.name for c in columns.values() if c.kind in (Kind.KEY, Kind.INFO)]
        if name not in columns:
            self.wrong(field, f"a key or info column of the table; {name!r} is none{did_you_mean(name, there)}")
        elif name not in there:
            self.wrong(field, f"a column of texts; {name!r} has numbers. There are {', '.join(there)}")

    def _check_times(self) -> None:
        said = self.said
        if said.window == "last" and said.window_seconds:
            self.wrong("window", "avg, min or max, where `window_seconds` is given")
        if said.window != "last":
            shortest = max((self.around.intervals.get(t.name, 0.0) for t in self.tables), default=0.0)
            if not said.window_seconds:
                self.wrong("window_seconds", f"how much of the past the {said.window} is taken of")
            elif said.window_seconds < 2 * shortest:
                self.wrong("window_seconds", f"at least two readings, {show_duration(2 * shortest)}")
        if 0 < said.repeat_seconds < LEAST_REPEAT:
            self.wrong("repeat_seconds", f"0, or at least {LEAST_REPEAT:g}: reminders are no alarm clock")

    def _with_limits(self) -> RuleFields:
        """The same with every limit in the metric's unit."""
        said, metric = self.said, self.metrics[0] if self.metrics else None
        if self.condition is None:
            return said
        if not isinstance(self.condition, Threshold):
            for name in ("threshold", "clear_threshold"):
                if getattr(said, name) is not None:
                    self.wrong(name, f"nothing: the condition {said.condition!r} takes `parameters`")
            return said
        if said.parameters:
            self.wrong("parameters", "nothing: the condition threshold has fields of its own")
        if said.threshold is None:
            self.wrong("threshold", "a number to compare with")
        changes: dict[str, Any] = self._limits("", said, metric)
        levels = []
        for place, level in enumerate(said.levels):
            where = f"levels[{place}]."
            if level.threshold is None:
                self.wrong(f"{where}threshold", "a number to compare with")
            levels.append(msgspec.structs.replace(level, **self._limits(where, level, metric)))
        self._check_levels(changes.get("threshold"), levels)
        return msgspec.structs.replace(said, levels=levels, **changes)

    def _limits(self, where: str, said: RuleFields | Level, metric: Metric | None) -> dict[str, float]:
        unit, rate = (metric.unit, metric.rate) if metric is not None else (None, False)
        found: dict[str, float] = {}
        for name in ("threshold", "clear_threshold"):
            value = getattr(said, name)
            if value is not None:
                try:
                    found[name] = parse_limit(value, unit, rate)
                except ValueError as error:
                    self.wrong(f"{where}{name}", str(error))
        return found

    def _check_levels(self, threshold: float | None, levels: Sequence[Level]) -> None:
        said, sign = self.said, sign_of(self.said.operator)
        seen = {said.severity: threshold}
        for place, level in enumerate(levels):
            if level.severity in seen:
                self.wrong(f"levels[{place}].severity", f"a severity of its own; {level.severity} is there already")
            seen[level.severity] = level.threshold if isinstance(level.threshold, float) else None
        known = [(GRAVE[severity], sign * limit) for severity, limit in seen.items() if limit is not None]
        if sorted(known) != sorted(known, key=lambda pair: (pair[1], pair[0])):
            self.warnings.append("levels: a graver severity is reached before a milder one")

    def _check_parameters(self, fields: RuleFields) -> None:
        condition = self.condition
        if condition is None or (isinstance(condition, Threshold) and self.faults):
            return
        own = Level(severity=fields.severity)
        for where, level in (("", own), *((f"levels[{n}].", one) for n, one in enumerate(fields.levels))):
            try:
                parameters = parameters_of(fields, level, condition)
                if not isinstance(condition, Threshold):
                    self._check_lookback(where, condition, parameters)
            except Misfit as misfit:
                for field, expected in misfit.faults:
                    self.wrong(f"{where}parameters.{field}" if field else f"{where}parameters", expected)
            except (msgspec.ValidationError, ValueError, TypeError) as error:
                self.wrong(*_where(where, condition, str(error)))

    def _check_lookback(self, where: str, condition: Condition, parameters: Any) -> None:
        if not 0 <= condition.lookback(parameters) <= 3600:
            self.wrong(f"{where}parameters", "at most an hour of the past")


def _where(where: str, condition: Condition, error: str) -> tuple[str, str]:
    """The field a condition's refusal is about, and what it expects."""
    text, at, inside = error.partition(" - at `$")
    if at:
        inside = inside.rstrip("`").lstrip(".")
        return f"{where}{'' if isinstance(condition, Threshold) else 'parameters.'}{inside}", text
    if named := _NAMED.fullmatch(error):
        return f"{where}parameters.{named['name']}", named["what"]
    name, colon, rest = error.partition(": ")
    if colon and name.isidentifier():
        return f"{where}{'' if isinstance(condition, Threshold) else 'parameters.'}{name}", rest
    return f"{where}parameters", text
