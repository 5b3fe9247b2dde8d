"""Keeping the past: within its time and its memory, and honest about its gaps."""

from __future__ import annotations

import time
import tracemalloc
import zlib

import numpy as np
import pytest

from gobs_core import Table, counter, derived, gauge, key
from gobs_server.history import History
from gobs_server.history.framing import frames_of
from gobs_server.history.node import NodeHistory, RunHistory
from gobs_server.history.ranges import covers, extend, merge
from gobs_server.history.read import Reader
from gobs_server.history.segment import Segment, delimited
from gobs_server.history.series import Wanted
from gobs_server.tables import BadFrame, RunState, schemas_from
from tests.server.feeding import START, HeldClock
from tests.support.frames import Sender, hello_of

TABLE = Table("t", "", (key("k", ""), counter("c", "", scale=2), gauge("g", ""), derived("twice", "", "2 * rate(c)")))
A, B = ("a",), ("b",)


class Keeping:
    """A node that is fed second by second, by the server's clock."""

    def __init__(
        self,
        *,
        retention: float = 3600,
        budget: int = 1 << 30,
        node: str = "n",
        interval: int = 1,
        clock: HeldClock | None = None,
    ) -> None:
        self.clock = clock or HeldClock()
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
    found: list[tuple[int, int]] = []
    for number in (1, 2, 5, 6, 9):
        extend(found, number)
    assert found == [(1, 2), (5, 6), (9, 9)]


def late(sender: Sender, *counts: int | None, seconds: float = 1.0, gap: int = 1) -> tuple[bytes, tuple[int, int]]:
    """A segment as an agent sends it late, and which frames it claims to hold."""
    frames = [
        sender.frame({A: (count, 0.5)}, keyframe=at == 0, seconds=seconds, gap=gap) for at, count in enumerate(counts)
    ]
    data = zlib.compress(b"".join(delimited(frame.SerializeToString()) for frame in frames))
    return data, (frames[0].sequence, frames[-1].sequence)


def filled(kept: Keeping, data: bytes, claimed: tuple[int, int]) -> int:
    skew = (kept.sender.wall_ns - kept.sender.monotonic_ns) / 1e9 - (kept.clock.wall() - kept.clock.monotonic())
    return kept.history.fill("n", kept.run, data, claimed, skew)


def test_a_late_segment_is_taken_in_frame_by_frame() -> None:
    kept = Keeping()
    data, claimed = late(kept.sender, *range(50))
    steps = kept.history.filling("n", "run-1", data, claimed, 0.0)
    assert sum(1 for _ in steps) == 50


def test_a_late_segment_of_a_great_many_small_parts_takes_little_memory_until_it_is_refused() -> None:
    kept = Keeping()
    frame = kept.sender.frame({A: (1, 0.5)})
    for _ in range(400_000):
        frame.tables.add()
    data = zlib.compress(delimited(frame.SerializeToString()) + bytes(40 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(BadFrame) as refused:
            filled(kept, data, (1, 1))
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    assert refused.value.reason == "limits"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (zlib.compress(delimited(bytes((1 << 20) + 1))), "part of 1048577 bytes"),
        (zlib.compress(b"") + b"more", "after its end"),
        (zlib.compress(b"")[:-2], "cut off"),
        (zlib.compress(b"\xff\xff\xff\xff\xff\xff\xff"), "length"),
    ],
)
def test_a_late_segment_is_refused_for_what_is_wrong_with_its_bytes(data: bytes, why: str) -> None:
    kept = Keeping()
    with pytest.raises(BadFrame, match=why):
        filled(kept, data, (1, 1))
    assert kept.history.bytes_of("n") < 2000


def test_frames_come_out_of_pieces_cut_anywhere() -> None:
    sender = Sender(TABLE)
    frames = [sender.frame({A: (number, 0.5)}) for number in range(5)]
    raw = b"".join(delimited(frame.SerializeToString()) for frame in frames)
    for size in (1, 2, 7, len(raw)):
        pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
        assert [parts[0] for parts in frames_of(pieces)] == frames


def test_a_late_segment_with_too_many_holes_is_refused() -> None:
    kept = Keeping()
    with pytest.raises(BadFrame) as refused:
        filled(kept, *late(kept.sender, *range(1002), seconds=0.01, gap=2))
    assert refused.value.reason == "limits"


def test_a_live_segment_with_too_many_holes_is_closed() -> None:
    kept = Keeping()
    for number in range(1500):
        kept.sender.sequence += 1
        kept.feed(number, seconds=0.01, keyframe=number == 0)
    assert len(kept.history.ranges("n", "run-1")) == 1000


def test_a_great_many_ranges_are_compared_at_once() -> None:
    many = [(4 * at, 4 * at + 1) for at in range(100_000)]
    began = time.process_time()
    assert covers(many, many)
    assert time.process_time() - began < 2
    assert not covers(many, [(4, 6)])
    assert not covers([], [(1, 1)])


def test_a_late_segment_from_the_future_is_refused() -> None:
    kept = Keeping()
    data, claimed = late(kept.sender, 1, 2)
    skew = (kept.sender.wall_ns - kept.sender.monotonic_ns) / 1e9 - (kept.clock.wall() - kept.clock.monotonic())
    with pytest.raises(BadFrame) as refused:
        kept.history.fill("n", "run-1", data, claimed, skew - 70 * 365 * 86400)
    assert refused.value.reason == "time"
    assert kept.history.span("n") is None


def test_what_a_larger_segment_makes_superfluous_leaves_nothing_behind() -> None:
    kept = Keeping(retention=60)
    before = kept.history.bytes
    agent = Sender(TABLE)
    agent.monotonic_ns, agent.wall_ns = kept.sender.monotonic_ns, kept.sender.wall_ns
    for value in range(4):
        kept.feed(value, keyframe=value % 2 == 0)
    kept.history.end("n", "run-1")
    data, claimed = late(agent, *range(10))
    assert filled(kept, data, claimed) == 10
    live = Keeping(retention=60)
    assert filled(live, data, claimed) == 10
    assert kept.history.bytes == live.history.bytes > before
    for _ in range(50):
        kept.clock.now += 10
        kept.history.expire()
    assert kept.history.bytes == 0


class SetClock(HeldClock):
    """A clock whose wall time can be set while monotonic time goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = 0.0

    def wall(self) -> float:
        return super().wall() + self.ahead


def test_a_server_whose_clock_is_set_forward_forgets_nothing() -> None:
    kept = Keeping(clock=SetClock())
    for number in range(10):
        kept.feed(number, keyframe=number % 5 == 0)
    assert isinstance(kept.clock, SetClock)
    kept.clock.ahead = 7200
    kept.history.expire()
    assert kept.history.ranges("n", "run-1") == [(1, 10)]
    kept.feed(11)
    kept.feed(12, keyframe=True)
    times, _ = kept.history.series("n", "t", "c", A, 0, 1e12, rate=False)
    real = [time for time in times.tolist() if time in (START + 10, START + 12 + 7200)]
    assert len(real) == 2
    kept.clock.now += 3700
    kept.history.expire()
    assert kept.history.ranges("n", "run-1") == [(12, 12)]


def test_runs_are_counted_and_only_the_last_twenty_are_kept() -> None:
    kept = Keeping()
    assert kept.history.bytes_of("n") > 500
    for number in range(2, 41):
        kept.feed(number, keyframe=True)
        kept.history.end("n", kept.run)
        kept.start(f"run-{number}")
    assert kept.history.ranges("n", "run-20") == []
    assert kept.history.ranges("n", "run-21") == [(1, 1)]
    assert kept.history.bytes == kept.history.bytes_of("n") < 50_000
    kept.history.end("n", kept.run)
    kept.clock.now += 4000
    kept.history.expire()
    assert kept.history.bytes == 0


def test_an_answer_about_the_past_may_be_another_when_the_generation_is() -> None:
    kept = Keeping(retention=60)
    seen = [kept.history.generation]

    def raised() -> bool:
        seen.append(kept.history.generation)
        return seen[-1] > seen[-2]

    kept.feed(1)
    kept.history.end("n", "run-1")
    assert raised()
    kept.history.expire()
    assert not raised()
    filled(kept, *late(kept.sender, 1, 2))
    assert raised()
    kept.clock.now += 100
    kept.history.expire()
    assert raised()


def test_only_so_many_bytes_of_decoded_segments_are_remembered_and_none_that_is_gone() -> None:
    wide = Table("w", "", (key("k", ""), *(counter(f"c{i}", "") for i in range(100))))
    schemas = schemas_from(hello_of(wide))
    run = RunHistory("r", schemas)
    home = NodeHistory([run])
    sender = Sender(wide)
    frames = [sender.frame({(str(row),): (row + n,) * 100 for row in range(100)}, keyframe=n == 0) for n in range(60)]
    raw = b"".join(delimited(frame.SerializeToString()) for frame in frames)
    times = (frames[0].monotonic_ns, frames[-1].monotonic_ns, 0.0, 0)
    for _ in range(18_000_000 // len(raw) + 1):
        run.segments.append(Segment((zlib.compress(raw),), ((1, 60),), *times, raw=len(raw)))
    assert sum(segment.raw for segment in run.segments) > 17 << 20
    reader = Reader()
    reader.lines(home, [Wanted("w", "c1", ("5",), rate=False)], 0, 1e12, 10**6)
    assert 8 << 20 < reader.bytes <= 16 << 20
    for segment in run.segments:
        reader.forget(segment)
    assert reader.bytes == 0
