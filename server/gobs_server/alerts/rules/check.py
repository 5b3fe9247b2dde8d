"""Checks: one severity of one rule, made ready for judging."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

import msgspec

from gobs_core import Condition, Severity, Table
from gobs_server.alerts.conditions import Threshold
from gobs_server.alerts.conditions.threshold import ThresholdParameters
from gobs_server.alerts.faults import Unlearned
from gobs_server.alerts.judging.lanes import AS_BREACH, AS_IT_WAS, AS_OK, Params
from gobs_server.alerts.rules.metrics import Metric, metric_in
from gobs_server.alerts.rules.parameters import read_parameters
from gobs_server.alerts.rules.rule import Level, Rule, RuleFields
from gobs_server.alerts.rules.selector import Globs

_NO_DATA = {"keep": AS_IT_WAS, "ok": AS_OK, "alert": AS_BREACH}
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "namespace": ("namespace",),
    "owner": ("owner", "controller"),
    "pod": ("pod", "name", "workload"),
    "container": ("container", "container_name"),
}
"""Field of a rule -> the columns it is looked for in; the first that is there counts."""
GRAVE = {severity: place for place, severity in enumerate(Severity)}
"""Severity -> how grave it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """What one column must hold."""

    columns: tuple[str, ...]
    globs: Globs


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """One severity of one rule. A value, made anew when the rule changes."""

    rule: Rule
    severity: Severity
    condition: Condition
    parameters: Any
    params: Params
    node: Globs
    terms: tuple[Term, ...]
    labels: tuple[tuple[str, Globs], ...]
    lookback: float
    sign: float
    """What values are multiplied with so that larger is worse."""
    limit: float
    """What they must exceed to fire; infinite where the condition is asked instead."""
    clear_limit: float

    @property
    def silence(self) -> bool:
        """Whether it is about what is not heard."""
        return self.condition.reads == "silence"

    @property
    def threshold(self) -> float | None:
        """The number values are compared with."""
        return self.condition.threshold(self.parameters)

    @property
    def clear_threshold(self) -> float | None:
        """The number beyond which it is over, where that is another one."""
        return self.parameters.clear_threshold if isinstance(self.parameters, ThresholdParameters) else None

    def metric(self, table: Table) -> Metric | None:
        """What its metric is in a table; None: it is not there."""
        return metric_in(self.rule, table)


def checks_of(rule: Rule, conditions: Mapping[str, Condition]) -> Iterator[Check]:
    """A check for each severity of a rule that was found to be right; none where its condition is not there.

    A condition in a worker that has not said what its parameters mean counts as not there.
    """
    condition = conditions.get(rule.condition)
    if condition is None:
        return
    try:
        yield from [_check(rule, level, condition) for level in (Level(severity=rule.severity), *rule.levels)]
    except Unlearned:
        return


def parameters_of(rule: RuleFields, level: Level, condition: Condition) -> Any:
    """What the condition is given for a severity; raises msgspec.ValidationError or ValueError."""
    said: dict[str, Any] = {**rule.parameters, **(level.parameters or {})}
    if isinstance(condition, Threshold):
        own = level.threshold is not None
        said = {
            "operator": rule.operator,
            "threshold": level.threshold if own else rule.threshold,
            "clear_threshold": level.clear_threshold if own else rule.clear_threshold,
        }
        return msgspec.convert(said, condition.Parameters)
    return read_parameters(condition, said)


def _check(rule: Rule, level: Level, condition: Condition) -> Check:
    parameters = parameters_of(rule, level, condition)
    plain = isinstance(condition, Threshold)
    hold = rule.for_seconds if level.for_seconds is None else level.for_seconds
    terms = [(columns, getattr(rule, field)) for field, columns in COLUMNS.items() if rule.target == "pod"]
    terms += [((column,), globs) for column, globs in rule.where.items()]
    return Check(
        rule=rule,
        severity=level.severity,
        condition=condition,
        parameters=parameters,
        params=Params(hold, rule.keep_firing_seconds, _NO_DATA[rule.no_data]),
        node=Globs(rule.node),
        terms=tuple(term for columns, globs in terms if not (term := Term(columns, Globs(globs))).globs.any),
        labels=tuple((label, Globs(globs)) for label, globs in rule.labels.items()),
        lookback=condition.lookback(parameters),
        sign=parameters.sign if plain else 1.0,
        limit=parameters.limit if plain else inf,
        clear_limit=parameters.clear_limit if plain else inf,
    )
