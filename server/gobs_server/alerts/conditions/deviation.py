"""The condition `deviation`: a value far from what was usual for its own row of late."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, cast

import numpy as np
from msgspec import Meta

from gobs_core import Condition, ConditionParameters, Duration, Sample
from gobs_core.values import show_duration

_LATEST = 0.1
"""The share of the past that is left out: what is just going wrong is not yet usual."""
_KNOWN = 0.5
"""The share of the past that must be known."""


class DeviationParameters(ConditionParameters, frozen=True, kw_only=True):
    """What a rule may set."""

    past_seconds: Annotated[Duration, Meta(ge=60, le=3600)] = 1800.0
    """What counts as usual."""
    deviations: Annotated[float, Meta(ge=1, le=100)] = 4.0
    """How many standard deviations are too far."""
    direction: Literal["both", "above", "below"] = "both"
    least: Annotated[float, Meta(ge=0)] = 0.0
    """How far it must be in any case, in the metric's unit: a value that never moved deviates by a hair."""


class Deviation(Condition):
    """Compares a value with the average and the spread of its own past."""

    name = "deviation"
    Parameters = DeviationParameters

    def lookback(self, parameters: Any) -> float:
        """All of the past that counts."""
        return float(parameters.past_seconds)

    def judge(self, sample: Sample, parameters: Any) -> Sequence[float]:
        """Measure the distance; not known until half of the past is."""
        values = np.asarray(sample.values, dtype=np.float64)
        ages = np.asarray(sample.ages, dtype=np.float64)
        wanted = ages >= _LATEST * parameters.past_seconds
        if not len(ages) or ages[0] < _KNOWN * parameters.past_seconds or not wanted.any():
            return cast("list[float]", np.full(len(values), np.nan).tolist())
        past = np.asarray(sample.past, dtype=np.float64)[wanted]
        known = ~np.isnan(past)
        count = known.sum(axis=0)
        with np.errstate(all="ignore"):
            mean = np.where(known, past, 0).sum(axis=0) / count
            spread = np.sqrt(np.where(known, (past - mean) ** 2, 0).sum(axis=0) / count)
            away = values - mean
            if parameters.direction == "both":
                away = np.abs(away)
            elif parameters.direction == "below":
                away = -away
            far = away > np.maximum(parameters.deviations * spread, parameters.least)
        enough = (count >= _KNOWN * len(past)) & np.isfinite(away)
        return cast("list[float]", np.where(enough, far, np.nan).tolist())

    def describe(self, parameters: Any) -> str:
        """Say it."""
        where = {"both": "from", "above": "above", "below": "below"}[parameters.direction]
        return (
            f"more than {parameters.deviations:g} standard deviations {where} the average "
            f"of the last {show_duration(parameters.past_seconds)}"
        )
