"""Keeping the past: within its time and its memory, and honest about its gaps."""

from __future__ import annotations

import numpy as np
import pytest

from gobs_core import Table, counter, derived, gauge, key
from gobs_server.history import History
from gobs_server.history.ranges import covers, merge, runs
from gobs_server.history.segment import delimited
from gobs_server.tables import RunState, schemas_from
from tests.server.feeding import START, HeldClock
from tests.support.frames import Sender, hello_of

TABLE = Table("t", "", (key("k", ""), counter("c", "", scale=2), gauge("g", ""), derived("twice", "", "2 * rate(c)")))
A, B = ("a",), ("b",)


class Keeping:
    """A node that is fed second by second, by the server's clock."""

    def __init__(self, *, retention: float = 3600, budget: int = 1 << 30, node: str = "n", interval: int = 1) -> None:
        self.clock = HeldClock()
        self.history = History(self.clock, retention=retention, budget=budget)
        self.node = node
        self.interval = interval
        self.start("run-1")

    def start(self, run: str) -> None:
        self.run = run
        self.sender = Sender(TABLE)
        self.sender.monotonic_ns = int(self.clock.monotonic() * 1e9)
        self.state = RunState(schemas_from(hello_of(TABLE, interval_ms=self.interval * 1000)), run=run)
        self.history.begin(self.node, run, self.state.schemas)

    def feed(
        self, value: int | None, *, keyframe: bool = False, seconds: float = 1.0, row: tuple[str, ...] = A
    ) -> None:
        self.clock.now += seconds
        frame = self.sender.frame({row: (value, 0.5)}, keyframe=keyframe, seconds=seconds)
        self.state.apply([frame])
        offset = self.clock.wall() - frame.monotonic_ns / 1e9
        self.history.append(self.node, self.run, [frame], [delimited(frame.SerializeToString())], offset, self.state)

    def series(self, *, rate: bool = False, row: tuple[str, ...] = A, column: str = "c") -> list[float | None]:
        _, values = self.history.series(self.node, "t", column, row, START, START + 10**6, rate=rate)
        return [None if np.isnan(value) else float(value) for value in values]


def test_a_series_is_every_reading_across_keyframes_and_the_open_segment() -> None:
    kept = Keeping()
    for number in range(10):
        kept.feed(number, keyframe=number % 4 == 0)
    assert kept.series() == [2 * number for number in range(10)]
    assert kept.series(rate=True) == [None, *[2.0] * 9]
    assert kept.series(column="twice") == [None, *[4.0] * 9]
    times, _ = kept.history.series("n", "t", "c", A, START + 3, START + 5, rate=False)
    assert times.tolist() == pytest.approx([START + 3, START + 4, START + 5], abs=1e-6)
    assert kept.history.span("n") == pytest.approx((START + 1, START + 10), abs=1e-6)


def test_a_reset_and_a_restart_are_gaps() -> None:
    kept = Keeping()
    for value in (10, 20, 3, 5):
        kept.feed(value)
    assert kept.series(rate=True) == [None, 20, None, 4]
    kept.history.end("n", "run-1")
    kept.start("run-2")
    kept.feed(100, keyframe=True)
    kept.feed(101)
    assert kept.series(rate=True) == [None, 20, None, 4, None, None, 2]
    assert kept.series() == [20, 40, 6, 10, None, 200, 202]


def test_the_rate_of_a_large_counter_is_exact_and_what_is_not_known_has_none() -> None:
    kept = Keeping()
    for value in (0, 50, 100, None, 200, 250):
        kept.feed(None if value is None else 2**60 + value)
    assert kept.series(rate=True) == [None, 100, 100, None, None, 100]
    assert kept.series(column="twice") == [None, 200, 200, None, None, 200]


def test_a_pause_is_a_gap() -> None:
    kept = Keeping()
    kept.feed(1)
    kept.feed(2)
    kept.feed(3, seconds=60, keyframe=True)
    assert kept.series() == [2, 4, None, 6]
    assert kept.history.at("n", "t", START + 30) is None
    view = kept.history.at("n", "t", START + 4.5)
    assert view is not None
    assert view.values["c"].tolist() == [4]
    assert view.time == pytest.approx(START + 2, abs=1e-6)


def test_a_row_that_goes_leaves_a_gap_and_a_row_never_seen_leaves_nothing() -> None:
    kept = Keeping()
    kept.feed(1)
    kept.feed(2, row=B)
    kept.feed(3, row=B)
    kept.feed(4)
    assert kept.series() == [2, None, 8]
    assert kept.series(row=B) == [4, 6, None]
    assert kept.series(row=("never",)) == []
    assert kept.series(row=()) == []


def test_the_past_is_told_with_its_rates_even_at_the_first_frame_of_a_segment() -> None:
    kept = Keeping()
    for number in range(9):
        kept.feed(number * number, keyframe=number % 3 == 0)
    for number in range(1, 9):
        view = kept.history.at("n", "t", START + number + 1)
        assert view is not None
        assert view.rates["c"].tolist() == [2 * (2 * number - 1)]
        assert view.values["twice"].tolist() == [4 * (2 * number - 1)]


def test_what_is_not_there_is_said_as_it_should_be() -> None:
    kept = Keeping()
    kept.feed(1)
    history = kept.history
    assert history.at("n", "t", START) is None
    assert history.at("n", "other", START + 2) is None
    assert history.at("other", "t", START + 2) is None
    assert history.at("n", "t", START + 100) is None
    assert history.span("other") is None
    assert history.bytes_of("other") == 0
    assert history.series("n", "other", "c", A, 0, 1e12, rate=False)[0].tolist() == []
    with pytest.raises(KeyError):
        history.series("n", "t", "nothing", A, 0, 1e12, rate=False)
    with pytest.raises(KeyError):
        history.series("n", "t", "g", A, 0, 1e12, rate=True)
    with pytest.raises(KeyError):
        history.series("n", "t", "k", A, 0, 1e12, rate=False)


def test_what_is_older_than_the_retention_goes() -> None:
    kept = Keeping(retention=60)
    for number in range(200):
        kept.feed(number, keyframe=number % 10 == 0)
        kept.history.expire()
    span = kept.history.span("n")
    assert span is not None
    assert span[1] == pytest.approx(START + 200, abs=1e-6)
    assert 60 <= span[1] - span[0] <= 75
    kept.history.end("n", "run-1")
    kept.clock.now += 1000
    kept.history.expire()
    assert kept.history.span("n") is None
    assert kept.history.bytes == 0


def test_memory_stays_within_the_budget_and_the_oldest_goes_first() -> None:
    kept = Keeping(budget=20_000)
    most = 0
    for number in range(3000):
        kept.feed(number * 7919 % 100_003, keyframe=number % 10 == 0)
        most = max(most, kept.history.bytes)
    assert most <= 20_000
    assert kept.history.evicted > 10
    span = kept.history.span("n")
    assert span is not None
    assert span[1] == pytest.approx(START + 3000, abs=1e-6)
    assert kept.history.bytes == kept.history.bytes_of("n") > 10_000
    assert len(kept.series()) == pytest.approx(span[1] - span[0] + 1, abs=1)


def test_an_agent_that_sends_no_keyframe_is_kept_within_the_budget_too() -> None:
    kept = Keeping(budget=20_000)
    for number in range(5000):
        kept.feed(number)
        assert kept.history.bytes <= 20_000


def test_a_suspended_machine_and_a_slow_network_do_not_misplace_what_comes_late() -> None:
    kept = Keeping()
    kept.feed(1)
    kept.clock.now += 0.4  # this frame was on its way for a while
    kept.feed(2)
    kept.clock.now -= 0.4
    kept.feed(3)
    times, _ = kept.history.series("n", "t", "c", A, 0, 1e12, rate=False)
    assert times.tolist() == pytest.approx([START + 1, START + 2, START + 3], abs=1e-6)


def test_ranges_are_merged_and_compared() -> None:
    assert merge([(5, 6), (1, 2), (3, 3), (9, 9), (5, 5)]) == [(1, 3), (5, 6), (9, 9)]
    assert covers([(1, 3), (5, 9)], [(2, 3), (5, 5)])
    assert not covers([(1, 3), (5, 9)], [(2, 5)])
    assert runs([1, 2, 5, 6, 9]) == [(1, 2), (5, 6), (9, 9)]
