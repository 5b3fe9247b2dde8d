"""The condition `change`: a value that rises or falls by too much within some time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, cast

import numpy as np
from msgspec import Meta

from gobs_core import Condition, ConditionParameters, Duration, Sample
from gobs_core.values import show_duration
from gobs_server.alerts.conditions.comparing import WORDS, limit_of, sign_of

_LATE = 0.8
"""The share of the time after which there must be a value to compare with."""


class ChangeParameters(ConditionParameters, frozen=True, kw_only=True):
    """What a rule may set."""

    within_seconds: Annotated[Duration, Meta(ge=1, le=3600)] = 600.0
    """The time over which it changes."""
    operator: Literal[">", ">=", "<", "<="] = ">"
    change: float
    """By how much, in the metric's unit; of a fall it is negative."""
    percent: bool = False
    """Whether it is a share of what the value was."""


class Change(Condition):
    """Compares a value with what it was some time ago."""

    name = "change"
    Parameters = ChangeParameters

    def lookback(self, parameters: Any) -> float:
        """As far as it compares."""
        return float(parameters.within_seconds)

    def judge(self, sample: Sample, parameters: Any) -> Sequence[float]:
        """Compare with the oldest value, where it is old enough."""
        values = np.asarray(sample.values, dtype=np.float64)
        if not sample.ages or sample.ages[0] < _LATE * parameters.within_seconds:
            return cast("list[float]", np.full(len(values), np.nan).tolist())
        before = np.asarray(sample.past[0], dtype=np.float64)
        with np.errstate(all="ignore"):
            change = values - before
            if parameters.percent:
                change = 100 * change / np.abs(before)
            change[np.isinf(change)] = np.nan
            hot = sign_of(parameters.operator) * change > limit_of(parameters.operator, parameters.change)
        return cast("list[float]", np.where(np.isnan(change), np.nan, hot).tolist())

    def describe(self, parameters: Any) -> str:
        """Say it."""
        unit = " %" if parameters.percent else ""
        return (
            f"a change {WORDS[parameters.operator]} {parameters.change:+g}{unit} "
            f"within {show_duration(parameters.within_seconds)}"
        )
