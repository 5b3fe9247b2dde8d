"""Stuck: a value that should move and has not for too long, such as a queue's counter or a clock."""

import math
from collections.abc import Sequence
from typing import Annotated, ClassVar

import msgspec

from gobs_core import Condition, ConditionParameters, Duration, Sample, hookimpl


class StuckParameters(ConditionParameters, frozen=True, kw_only=True):
    """What a rule may set."""

    over: Annotated[Duration, msgspec.Meta(ge=10, le=3600)] = 300.0
    """How long a value may stay as it is."""
    by: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    """What it may differ by and still count as the same."""


class StuckCondition(Condition):
    """Remembers nothing: what it needs of the past it asks for, so that a rule can be tried out on the past."""

    name = "stuck"
    Parameters: ClassVar[type[StuckParameters]] = StuckParameters

    def lookback(self, parameters: StuckParameters) -> float:
        """Ask for as much of the past as a value may stay as it is."""
        return parameters.over

    def judge(self, sample: Sample, parameters: StuckParameters) -> Sequence[float]:
        """1 where a value is what it was all the time, 0 where it moved, NaN where that is not known."""
        return [_stuck([value, *(line[row] for line in sample.past)], parameters.by)
                for row, value in enumerate(sample.values)]  # fmt: skip

    def describe(self, parameters: StuckParameters) -> str:
        """Say it."""
        within = f" (within {parameters.by:g})" if parameters.by else ""
        return f"the same for {parameters.over:g} s{within}"


def _stuck(values: Sequence[float], by: float) -> float:
    known = [value for value in values if not math.isnan(value)]
    if len(known) < 2 or math.isnan(values[0]):
        return math.nan
    return float(max(known) - min(known) <= by)


@hookimpl
def gobs_register_conditions() -> list[type[Condition]]:
    """Announce the condition."""
    return [StuckCondition]
