"""The schedule: due times stay on their grid whatever happens in between."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gobs_core.agent.schedule import Schedule

intervals = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 50), min_size=1)


@given(intervals, st.integers(0, 10**6), st.lists(st.integers(0, 120), max_size=50))
def test_each_is_due_once_for_each_interval_that_passed_or_counted_as_missed(
    every: dict[str, int], start: int, steps: list[int]
) -> None:
    schedule, now = Schedule(every, start), start
    runs = dict.fromkeys(every, 0)
    missed_in_all = 0
    for step in steps:
        now += step
        due, missed = schedule.take(now)
        for name in due:
            runs[name] += 1
        missed_in_all += missed
        assert schedule.next() > now
    for name, interval in every.items() if steps else ():
        whole = (now - start) // interval + 1
        assert whole - missed_in_all <= runs[name] <= whole
        assert len(every) > 1 or runs[name] + missed_in_all == whole


def test_everything_is_due_at_the_start_and_equal_intervals_stay_together() -> None:
    schedule = Schedule({"a": 5, "b": 10, "c": 5}, 100)
    assert schedule.take(100) == (["a", "b", "c"], 0)
    assert schedule.take(104) == ([], 0)
    assert schedule.take(105) == (["a", "c"], 0)
    assert schedule.take(111) == (["a", "b", "c"], 0)
    assert schedule.next() == 115


def test_what_was_missed_is_counted_and_the_grid_kept() -> None:
    schedule = Schedule({"a": 5}, 0)
    schedule.take(0)
    assert schedule.take(21) == (["a"], 3)
    assert schedule.next() == 25
