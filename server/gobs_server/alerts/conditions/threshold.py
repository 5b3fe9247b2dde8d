"""The condition `threshold`: above or below a number, over only beyond another one."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any, Literal

import numpy as np

from gobs_core import Condition, ConditionParameters, Sample
from gobs_server.alerts.conditions.comparing import OPPOSITE, WORDS, limit_of, sign_of


class ThresholdParameters(ConditionParameters, frozen=True, kw_only=True):
    """What a rule says in its own fields of the same names."""

    operator: Literal[">", ">=", "<", "<="] = ">"
    threshold: float
    clear_threshold: float | None = None

    def __post_init__(self) -> None:
        """Refuse a threshold that is no number, and one to be over at that is on the wrong side."""
        if not isfinite(self.threshold):
            raise ValueError("threshold: expected a number")
        clear = self.clear_threshold
        if clear is None:
            return
        if not isfinite(clear) or sign_of(self.operator) * (clear - self.threshold) > 0:
            side = "at most" if self.operator in (">", ">=") else "at least"
            raise ValueError(f"clear_threshold: expected {side} the threshold {self.threshold:g}, got {clear:g}")

    @property
    def sign(self) -> float:
        """What values are multiplied with so that larger is worse."""
        return sign_of(self.operator)

    @property
    def limit(self) -> float:
        """What `sign * value` must exceed to fire."""
        return limit_of(self.operator, self.threshold)

    @property
    def clear_limit(self) -> float:
        """What `sign * value` must exceed to go on firing."""
        return self.limit if self.clear_threshold is None else limit_of(self.operator, self.clear_threshold)


class Threshold(Condition):
    """Compares with a number. The engine compares all rules at once instead of asking; this says the same."""

    name = "threshold"
    Parameters = ThresholdParameters

    def judge(self, sample: Sample, parameters: Any) -> Sequence[float]:
        """Compare."""
        limits = np.where(np.asarray(sample.firing, dtype=bool), parameters.clear_limit, parameters.limit)
        return [float(hot) for hot in parameters.sign * np.asarray(sample.values, dtype=np.float64) > limits]

    def describe(self, parameters: Any) -> str:
        """Say it without a unit."""
        text = f"{WORDS[parameters.operator]} {parameters.threshold:g}"
        if parameters.clear_threshold is not None:
            text += f", over when {OPPOSITE[parameters.operator]} {parameters.clear_threshold:g}"
        return text

    def threshold(self, parameters: Any) -> float | None:
        """The number."""
        return float(parameters.threshold)
