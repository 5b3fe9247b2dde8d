"""What a rule sets for its condition: every fault names the parameter, what is expected, and the way out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import pytest

from gobs_core import Condition, ConditionParameters, Duration, PluginConfig, Sample, Size, Unit
from gobs_server.alerts import words
from gobs_server.alerts.rules.parameters import Misfit, read_parameters


class GrowsParameters(ConditionParameters, frozen=True, kw_only=True):
    """What a rule may set."""

    by: Size
    within: Annotated[Duration, msgspec.Meta(ge=10)] = 600.0
    times: int = 3

    def __post_init__(self) -> None:
        if self.times > self.within:
            raise ValueError("times: expected no more than there are seconds")


class Grows(Condition):
    """Compares with a size."""

    name = "grows"
    Parameters = GrowsParameters

    def judge(self, sample: Sample, parameters: Any) -> Sequence[float]:
        """Compare."""
        return [value > parameters.by for value in sample.values]

    def describe(self, parameters: Any) -> str:
        """Say it."""
        return f"above {{threshold}} for {parameters.times} readings"

    def threshold(self, parameters: Any) -> float | None:
        """The size."""
        return float(parameters.by)


TIME = "a duration such as 500ms, 5s, 2m, 1h, or a number of seconds"
GROWS = Grows(PluginConfig())


def test_sizes_and_durations_may_be_written_as_people_do() -> None:
    assert read_parameters(GROWS, {"by": "1MiB", "within": "2m"}) == GrowsParameters(by=1 << 20, within=120.0)
    assert read_parameters(GROWS, {"by": 5}) == GrowsParameters(by=5)


@pytest.mark.parametrize(
    ("said", "field", "expected"),
    [
        ({"by": "much"}, "by", "a size such as 64KiB, 16MiB, 1GiB, or a number of bytes, got 'much'"),
        ({"by": 1, "within": 1}, "within", f"{TIME}, at least 10s, got 1"),
        ({"by": 1, "wihtin": 60}, "wihtin", "the name of a parameter of 'grows'; did you mean 'within'?"),
        ({}, "by", "a size such as 64KiB, 16MiB, 1GiB, or a number of bytes, got nothing"),
        ({"by": 1, "times": "three"}, "times", "a whole number, got 'three'"),
        ({"by": 1, "times": 1000}, "times", "no more than there are seconds"),
    ],
)
def test_what_cannot_be_given_to_a_condition_is_named_with_what_can(
    said: dict[str, Any], field: str, expected: str
) -> None:
    with pytest.raises(Misfit) as caught:
        read_parameters(GROWS, said)
    assert caught.value.faults == [(field, expected)]


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(Misfit) as caught:
        read_parameters(GROWS, {"wihtin": 1, "times": "x"})
    assert [field for field, _ in caught.value.faults] == ["wihtin", "times", "by"]


def test_the_number_a_condition_compares_with_is_shown_with_the_unit_of_the_value() -> None:
    class Check:
        condition, parameters = GROWS, GrowsParameters(by=512 << 20)
        threshold = float(512 << 20)

    check: Any = Check()
    said = words.condition(check, Unit.BYTES, False, lambda number, unit, rate: f"{number / (1 << 20):g} MiB")
    assert said == "above 512 MiB for 3 readings"
