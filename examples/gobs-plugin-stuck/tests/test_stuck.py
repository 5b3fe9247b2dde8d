"""The condition sees what stands still, says nothing of what it cannot know, and keeps its contract."""

# ruff: noqa: D103  a test's name is its sentence

import math

from gobs_stuck import StuckCondition

from gobs_core import Sample
from gobs_core.testing import check_condition

UNKNOWN = math.nan


def judged(values: list[float], past: list[list[float]], by: float = 0.0) -> list[float]:
    condition = StuckCondition(StuckCondition.Config())
    sample = Sample(values, [False] * len(values), [60.0 * n for n in range(len(past), 0, -1)], past)
    return list(condition.judge(sample, condition.Parameters(by=by)))


def test_what_never_moved_is_stuck_and_what_came_back_is_not() -> None:
    assert judged([5.0, 5.0, 5.0], [[5.0, 5.0, 5.0], [5.0, 6.0, UNKNOWN]]) == [1.0, 0.0, 1.0]
    assert judged([5.0, 5.0], [[5.4, 5.6]], by=0.5) == [1.0, 0.0]


def test_without_a_value_or_a_past_nothing_is_said() -> None:
    assert all(math.isnan(answer) for answer in judged([UNKNOWN, 5.0, 5.0], [[5.0, UNKNOWN, UNKNOWN]]))
    assert math.isnan(judged([5.0], [])[0])


def test_it_says_what_it_asks_of_a_value() -> None:
    condition = StuckCondition(StuckCondition.Config())
    assert condition.describe(condition.Parameters(over=60)) == "the same for 60 s"
    assert condition.describe(condition.Parameters(over=60, by=0.5)) == "the same for 60 s (within 0.5)"


def test_keeps_its_contract() -> None:
    check_condition(StuckCondition)
