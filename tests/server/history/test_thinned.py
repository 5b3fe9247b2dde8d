"""Thinning: no more points than pixels, and yet every peak, every trough and every gap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_server.history import Lines, thinned

VALUES = st.one_of(st.just(float("nan")), st.integers(-5, 5).map(float))
STEP = 10.0


@st.composite
def lines(draw: st.DrawFn) -> Lines:
    times = np.cumsum(draw(st.lists(st.integers(1, 12), min_size=1, max_size=80))).astype(float)
    count = len(times)
    return Lines(times, [np.array(draw(st.lists(VALUES, min_size=count, max_size=count))) for _ in range(2)])


def groups(found: Lines) -> dict[float, list[int]]:
    """The readings of each step."""
    by_step: dict[float, list[int]] = {}
    for at, time in enumerate(found.times):
        by_step.setdefault(time // STEP, []).append(at)
    return by_step


@given(lines())
def test_every_line_keeps_the_lowest_and_the_highest_of_each_step(whole: Lines) -> None:
    thin = thinned(whole, STEP)
    assert thin.times.tolist() == sorted(set(thin.times.tolist()))
    kept = groups(thin)
    gaps = [bool(np.isnan(known).all()) for known in zip(*whole.values, strict=True)]
    for step, places in groups(whole).items():
        assert len(kept[step]) <= 2 + 3 * sum(gaps[at] for at in places)
        for before, after in zip(whole.values, thin.values, strict=True):
            old, new = before[places], after[kept[step]]
            assert np.isnan(new).all() == np.isnan(old).all()
            if not np.isnan(old).all():
                assert (np.nanmin(new), np.nanmax(new)) == (np.nanmin(old), np.nanmax(old))


@given(lines())
def test_a_moment_at_which_nothing_is_known_is_kept(whole: Lines) -> None:
    unknown = [time for time, *known in zip(whole.times, *whole.values, strict=True) if np.isnan(known).all()]
    thin = thinned(whole, STEP)
    still = [time for time, *known in zip(thin.times, *thin.values, strict=True) if np.isnan(known).all()]
    assert set(unknown) <= set(still)


@given(lines())
def test_stacked_lines_keep_readings_as_they_were_with_the_lowest_and_the_highest_sum(whole: Lines) -> None:
    thin = thinned(whole, STEP, stacked=True)
    there = {time: known for time, *known in zip(whole.times, *whole.values, strict=True)}
    for time, *known in zip(thin.times, *thin.values, strict=True):
        assert known == pytest.approx(there[time], nan_ok=True)
    kept = groups(thin)
    sums, thin_sums = np.sum(whole.values, axis=0), np.sum(thin.values, axis=0)
    for step, places in groups(whole).items():
        if not np.isnan(sums[places]).all():
            assert np.nanmin(thin_sums[kept[step]]) == np.nanmin(sums[places])
            assert np.nanmax(thin_sums[kept[step]]) == np.nanmax(sums[places])


@given(lines(), st.integers(0, 200))
def test_what_comes_later_changes_no_step_that_is_over(whole: Lines, until: int) -> None:
    over = until // STEP * STEP
    early = Lines(whole.times[whole.times < until], [line[whole.times < until] for line in whole.values])
    thin, later = thinned(early, STEP), thinned(whole, STEP)
    for one, other in zip([thin.times, *thin.values], [later.times, *later.values], strict=True):
        before, after = one[thin.times < over].tolist(), other[later.times < over].tolist()
        assert before == pytest.approx(after, nan_ok=True)


def test_where_there_are_few_readings_nothing_is_thinned() -> None:
    few = Lines(np.array([1.0, 2.0, 30.0]), [np.array([1.0, 2.0, np.nan])])
    assert thinned(few, 10) is few
    assert thinned(few, 0) is few
    empty = Lines(np.empty(0), [])
    assert thinned(empty, 10) is empty


def test_an_hour_of_seconds_becomes_a_point_for_each_pixel() -> None:
    times = np.arange(3600.0)
    line = np.sin(times)
    line[1234] = 1e300
    thin = thinned(Lines(times, [line]), 15)
    assert len(thin.times) == 480
    assert thin.values[0].max() == 1e300
