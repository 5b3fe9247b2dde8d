"""The small pieces of the sink `grpc`: ranges, ring, pauses, poison, outbox, schema."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_core import Chart, PluginState, Source, Table, Total, Unit, counter, derived, gauge, info, key
from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import MAX_MESSAGE_BYTES
from gobs_sinks.grpc.backfill import PART_BYTES, Backfill
from gobs_sinks.grpc.backoff import FIRST, LONGEST, Backoff
from gobs_sinks.grpc.encoder import Encoded
from gobs_sinks.grpc.outbox import MOST_FRAMES, Outbox
from gobs_sinks.grpc.poison import STRIKES, Poison
from gobs_sinks.grpc.ranges import Ranges
from gobs_sinks.grpc.ring import SEAL_BYTES, Open, Ring, Segment
from gobs_sinks.grpc.schema import hello, plugin_state, plugin_states, table_schema

PAIRS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 8)).map(lambda pair: (pair[0], pair[0] + pair[1])))


def members(ranges: Ranges) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


@given(PAIRS, PAIRS)
def test_ranges_are_a_set(some: list[tuple[int, int]], others: list[tuple[int, int]]) -> None:
    ranges, other = Ranges(some), Ranges(others)
    assert members(ranges) == {number for first, last in some for number in range(first, last + 1)}
    assert ranges.covers(other) == (members(other) <= members(ranges))
    flat = list(ranges)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(flat))


def test_a_range_that_ends_before_it_begins_is_none() -> None:
    assert len(Ranges([(5, 3)])) == 0


def segment(first: int, size: int, last: int | None = None) -> Segment:
    last = first if last is None else last
    return Segment(Ranges([(first, last)]), first, last, last * 10**9, bytes(size))


def test_the_ring_never_holds_more_than_its_bytes_and_evicts_whole_segments_oldest_first() -> None:
    ring = Ring(10_000)
    for first in range(1, 30):
        ring.add(segment(first, 100 * (first % 7)))
        assert ring.size == sum(kept.size for kept in ring) <= 10_000
    kept = [one.first for one in ring]
    assert kept == list(range(kept[0], 30))
    assert ring.evicted == kept[0] - 1
    ring.add(segment(40, 20_000))
    assert len(ring) == ring.size == 0


def encoded(sequence: int, size: int, *, keyframe: bool = False, seconds: float = 0) -> Encoded:
    raw = [bytes(size)]
    return Encoded(sequence, round((seconds or sequence) * 1e9), keyframe, raw, sequence, raw)


def test_a_segment_is_due_once_its_changes_weigh_as_much_as_its_keyframe_and_after_five_times_the_shortest() -> None:
    minute = 60 * 10**9
    quiet = Open(encoded(1, 10_000, keyframe=True, seconds=1))
    quiet.add(encoded(2, 100))
    assert not quiet.due(2 * minute, minute)
    assert not quiet.due(5 * minute, minute)
    assert quiet.due(5 * minute + 10**9, minute)
    busy = Open(encoded(1, 10_000, keyframe=True, seconds=1))
    busy.add(encoded(2, 10_000))
    assert not busy.due(minute, minute)
    assert busy.due(minute + 10**9, minute)
    huge = Open(encoded(1, 10_000, keyframe=True, seconds=1))
    huge.add(encoded(2, SEAL_BYTES))
    assert huge.due(3 * 10**9, minute)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=100))
def test_pauses_are_spread_over_a_bound_that_doubles_up_to_half_a_minute(dice: list[float]) -> None:
    rolls = iter(dice)
    backoff = Backoff(lambda: next(rolls))
    for attempt, roll in enumerate(dice):
        assert backoff.pause() == min(LONGEST, FIRST * 2 ** min(attempt, 16)) * roll


def test_pauses_begin_anew_after_a_connection_that_worked() -> None:
    backoff = Backoff(lambda: 1.0)
    assert [backoff.pause() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    backoff.reset()
    assert backoff.pause() == 1
    assert backoff.asked(10) == 12.5
    assert backoff.asked(1e9) == 4500


def test_a_server_with_many_agents_spreads_them_over_longer() -> None:
    backoff = Backoff(lambda: 1.0)
    backoff.spread(50)
    assert [backoff.pause() for _ in range(3)] == [50, 50, 50]
    assert backoff.asked(1) == 51
    backoff.spread(0.05)
    backoff.reset()
    assert backoff.pause() == 1
    assert backoff.asked(10) == 12.5
    backoff.spread(1e9)
    assert backoff.pause() == 300


def test_only_a_segment_sent_again_and_again_into_a_broken_stream_is_given_up() -> None:
    poison, guilty, innocent = Poison(), segment(1, 5), segment(2, 5)
    poison.sending(innocent, 7)
    poison.sending(guilty, 7)
    assert poison.ended("INTERNAL") == []
    for attempt in range(1, STRIKES):
        assert not poison.must_wait(innocent)
        poison.sending(innocent, 8)
        assert poison.must_wait(guilty)
        poison.acked(8)
        assert poison.must_wait(guilty)
        poison.acked(9)
        assert not poison.must_wait(guilty)
        poison.sending(guilty, 9)
        assert poison.must_wait(innocent)
        assert poison.ended("INTERNAL") == ([1] if attempt == STRIKES - 1 else [])
    assert poison.refused(guilty)
    assert not poison.refused(innocent)
    assert poison.given_up == 1


def test_a_server_that_vanishes_blames_nothing() -> None:
    poison, one = Poison(), segment(1, 5)
    for _ in range(10):
        poison.sending(one, 0)
        assert poison.ended("UNAVAILABLE") == []
    assert not poison.refused(one)


def test_a_large_segment_comes_in_parts_that_make_it_whole() -> None:
    ring = Ring(1 << 20)
    data = bytes(range(256)) * 1000
    ring.add(Segment(Ranges([(1, 9)]), 1, 9, 0, data))
    backfill = Backfill(ring, Poison(), Ranges(), 10)
    parts = []
    while raw := backfill.next(0, 0):
        parts.append(pb.AgentMessage.FromString(raw).segment)
    assert b"".join(part.data for part in parts) == data
    assert [part.part for part in parts] == list(range(len(parts)))
    assert {part.parts for part in parts} == {len(parts)} == {-(-len(data) // PART_BYTES)}
    assert backfill.sent == 1


def test_a_segment_evicted_before_its_turn_is_not_sent() -> None:
    ring = Ring(1000)
    backfill = Backfill(ring, Poison(), Ranges(), 3600)
    for first in (1, 2, 3, 4):
        ring.add(segment(first, 200))
    assert pb.AgentMessage.FromString(backfill.next(9, 0) or b"").segment.first_sequence == 3
    ring.add(segment(5, 200))
    ring.add(segment(6, 200))
    assert pb.AgentMessage.FromString(backfill.next(9, 0) or b"").segment.first_sequence == 5


def test_live_frames_that_wait_too_long_are_dropped_together_and_the_next_is_a_keyframe() -> None:
    outbox = Outbox(lambda: None)
    assert outbox.whole
    outbox.offer(encoded(1, 10))
    assert outbox.skipped == 1
    outbox.offer(encoded(2, 10, keyframe=True))
    taken = outbox.take()
    assert taken is not None
    assert taken.frame is not None
    whole = []
    for sequence in range(3, 3 + MOST_FRAMES + 1):
        outbox.offer(encoded(sequence, 10))
        whole.append(outbox.whole)
    assert whole == [False] * MOST_FRAMES + [True]
    assert outbox.mark == 2
    assert outbox.empty
    assert outbox.skipped == 1 + MOST_FRAMES + 1


def test_short_messages_go_before_live_frames() -> None:
    outbox = Outbox(lambda: None)
    outbox.offer(encoded(1, 10, keyframe=True))
    outbox.note(b"note")
    first, second = outbox.take(), outbox.take()
    assert first is not None
    assert first.messages == [b"note"]
    assert second is not None
    assert second.frame is not None
    assert outbox.take() is None


def test_a_table_s_declaration_travels_whole() -> None:
    table = Table(
        "disk",
        "Disks.",
        (
            key("device", "Its name."),
            counter("busy", "Busy time.", Unit.SECONDS, scale=0.001, needs="Linux 5.5", source="/proc/diskstats"),
            gauge("depth", "Queue.", Unit.ITEMS),
            derived("share", "Busy share.", "100 * rate(busy)", Unit.PERCENT),
            info("kind", "Kind."),
        ),
        total=Total("kind", frozenset({"physical", "b"})),
        charts=[Chart("busy", "share", title="Work", stacked=True, top=100), Chart("depth", each=True)],
    )
    schema = table_schema(table, 30)
    assert (schema.name, schema.help, schema.interval_ms) == ("disk", "Disks.", 30_000)
    assert (schema.total_column, list(schema.total_values)) == ("kind", ["b", "physical"])
    device, busy, depth, share, kind = schema.columns
    assert [pb.ColumnSchema.Kind.Name(column.kind) for column in schema.columns] == [
        "KEY", "COUNTER", "GAUGE", "DERIVED", "INFO",
    ]  # fmt: skip
    assert (busy.unit, busy.scale, busy.needs, busy.source) == ("seconds", 0.001, "Linux 5.5", "/proc/diskstats")
    assert (depth.scale, share.expression, share.unit) == (0, "100 * rate(busy)", "percent")
    assert (device.help, kind.help) == ("Its name.", "Kind.")
    work, queues = schema.charts
    assert (list(work.columns), work.title, work.stacked, work.each, work.top) == (
        ["busy", "share"], "Work", True, False, 100,
    )  # fmt: skip
    assert (list(queues.columns), queues.title, queues.stacked, queues.each, queues.top) == (
        ["depth"], "", False, True, 0,
    )  # fmt: skip


def test_the_state_of_a_plugin_tells_unknown_from_zero() -> None:
    unknown = plugin_state(PluginState(kind="collector", name="x"))
    assert math.isnan(unknown.duration)
    assert unknown.rows == -1
    known = plugin_state(PluginState(kind="collector", name="x", duration=0.0, rows=0))
    assert (known.duration, known.rows) == (0, 0)


@pytest.mark.parametrize("tables", [60, 300])
def test_a_hello_that_would_be_too_large_leaves_out_what_is_for_people_first(tables: int) -> None:
    many: Any = [
        Table(f"t{at}", "h" * 1000, tuple(gauge(f"c{number}", "h" * 300) for number in range(100)))
        for at in range(tables)
    ]
    message = hello(Source(node="n", tables=tuple(many)))
    assert message.ByteSize() <= MAX_MESSAGE_BYTES
    assert len(message.tables) == min(tables, 256)


def test_states_that_would_be_too_large_are_cut() -> None:
    states = [
        PluginState(
            kind="collector", name=f"c{at}", error="\ud800" * 9000, unknown={str(n): "x" * 900 for n in range(300)}
        )
        for at in range(50)
    ]
    message = plugin_states(states)
    assert message.ByteSize() <= MAX_MESSAGE_BYTES
    assert len(message.plugins) == 50
