"""The condition `absent`: a node is silent, or no row matches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from gobs_core import Condition, ConditionParameters, Duration, Sample
from gobs_core.values import show_duration


class AbsentParameters(ConditionParameters, frozen=True, kw_only=True):
    """What a rule may set."""

    after_seconds: Annotated[Duration, Meta(ge=0, le=7 * 86400)] = 0.0
    """Silence that is too long; 0: three of the node's intervals."""


class Absent(Condition):
    """Breaching where nothing was heard for too long."""

    name = "absent"
    Parameters = AbsentParameters
    reads: ClassVar[Literal["value", "silence"]] = "silence"

    def judge(self, sample: Sample, parameters: Any) -> Sequence[float]:
        """Compare silences; the engine takes three intervals off each where nothing was set."""
        return [silence > parameters.after_seconds for silence in sample.values]

    def describe(self, parameters: Any) -> str:
        """Say it."""
        if not parameters.after_seconds:
            return "nothing heard for three intervals"
        return f"nothing heard for {show_duration(parameters.after_seconds)}"
