"""What is encoded decodes to what was read, live and from each segment alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gobs_core import Frame, Reading, Table, counter, gauge, info, key
from gobs_proto import gobs_pb2
from gobs_proto.limits import MAX_INTEGER, MAX_MESSAGE_BYTES, MAX_ROWS
from gobs_sinks.grpc.encoder import KEYFRAME_PART_BYTES, Encoder
from tests.sinks.decoder import Decoder
from tests.sinks.histories import TABLES, expected, histories
from tests.support.soak import counts

T = Table("t", "", (key("k", ""), counter("n", ""), info("i", ""), gauge("r", "")))


def frame(sequence: int, rows: list[Any], table: Table = T) -> Frame:
    return Frame(sequence, 10**18, sequence * 10**9, (Reading(table, rows, sequence * 10**9),))


def parts(raw: list[bytes]) -> list[gobs_pb2.Frame]:
    return [gobs_pb2.Frame.FromString(part) for part in raw]


def take(decoder: Decoder, raw: list[bytes]) -> Decoder:
    for part in parts(raw):
        decoder.take(part)
    return decoder


def shown(encoder: Encoder, decoder: Decoder, sequence: int, rows: list[Any]) -> Any:
    take(decoder, encoder.encode(frame(sequence, rows)).parts)
    return decoder.shown()["t"]


@counts("examples", reduced=100, full=5_000)
def test_live_and_each_segment_alone_decode_to_what_was_read(examples: int) -> None:
    tried = settings(deadline=None, max_examples=examples)(
        given(histories(), st.sampled_from([MAX_MESSAGE_BYTES, 400]))(decodes_to_what_was_read)
    )
    tried()


def decodes_to_what_was_read(history: list[tuple[Frame, bool]], limit: int) -> None:
    encoder = Encoder(TABLES, limit=limit)
    live, segment = Decoder(TABLES), Decoder(TABLES)
    mark = 0
    state: dict[str, Any] = {}
    read: dict[str, int] = {}
    for now, keyframe in history:
        encoded = encoder.encode(now, keyframe=keyframe, mark=mark)
        mark = encoded.mark
        if encoded.keyframe:
            segment = Decoder(TABLES)
        take(live, encoded.live)
        take(segment, encoded.parts)
        state |= {reading.table.name: expected(reading.table, reading.rows) for reading in now.readings}
        read |= {reading.table.name: reading.read_ns for reading in now.readings}
        assert live.shown() == state
        assert segment.shown() == state
        assert {TABLES[place].name: ns for place, ns in live.read_ns.items()} == read
        assert all(len(part) <= limit for part in [*encoded.parts, *encoded.live])
    assert not live.resent
    assert encoder.tally.total.total() == 0


def test_only_a_keyframe_is_cut_small_for_the_sake_of_the_peers_buffers() -> None:
    wide = Table("t", "", (key("k", ""), *(counter(f"n{n}", "") for n in range(40))))
    encoder = Encoder([wide])
    for now, small in ((1, True), (2, False)):
        rows = [(f"row {n}", *[now * 10**12 * (n % 7)] * 40) for n in range(200)]
        sizes = [len(part) for part in encoder.encode(frame(now, rows, wide), keyframe=small).live]
        assert sum(sizes) > 3 * KEYFRAME_PART_BYTES
        assert max(sizes) <= KEYFRAME_PART_BYTES if small else len(sizes) == 1


@settings(deadline=None)
@given(histories(most=6))
def test_both_ends_know_the_same_texts_after_each_keyframe(history: list[tuple[Frame, bool]]) -> None:
    encoder, decoder, mark = Encoder(TABLES), Decoder(TABLES), 0
    for now, keyframe in history:
        encoded = encoder.encode(now, keyframe=keyframe, mark=mark)
        mark = encoded.mark
        take(decoder, encoded.live)
        assert {text: number for number, text in decoder.texts.items()} == encoder._texts.ids


def test_a_row_that_is_not_read_again_is_gone_and_its_slot_taken_by_the_next() -> None:
    encoder = Encoder([T])
    encoder.encode(frame(1, [("a", 1, "x", 1.0), ("b", 2, "x", 1.0), ("c", 3, "x", 1.0)]))
    (gone,) = parts(encoder.encode(frame(2, [("b", 2, "x", 1.0)])).parts)
    assert list(gone.tables[0].gone) == [0, 2]
    (new,) = parts(encoder.encode(frame(3, [("z", 9, "x", 1.0), ("b", 2, "x", 1.0)])).parts)
    assert list(new.tables[0].new) == [0]


def test_a_collector_may_use_its_list_again() -> None:
    encoder, decoder = Encoder([T]), Decoder((T,))
    rows = [("a", 1, "x", 1.0)]
    shown(encoder, decoder, 1, rows)
    rows[0] = ("a", 2, "x", 1.0)
    assert shown(encoder, decoder, 2, rows) == {("a",): (2, "x", 1.0)}


def test_a_table_that_was_read_and_did_not_change_says_when_it_was_read() -> None:
    encoder = Encoder([T])
    encoder.encode(frame(1, [("a", 1, "x", 1.0)]))
    (same,) = parts(encoder.encode(frame(2, [("a", 1, "x", 1.0)])).parts)
    assert [table.table for table in same.tables] == [0]
    assert not same.tables[0].gaps
    (nothing,) = parts(encoder.encode(Frame(3, 0, 0, ())).parts)
    assert not nothing.tables


def test_unknown_is_not_zero_and_comes_back() -> None:
    encoder, decoder = Encoder([T]), Decoder((T,))
    assert shown(encoder, decoder, 1, [("a", 0, None, 0.0)]) == {("a",): (0, None, 0.0)}
    assert shown(encoder, decoder, 2, [("a", None, "x", None)]) == {("a",): (None, "x", None)}
    assert shown(encoder, decoder, 3, [("a", None, None, None)]) == {("a",): (None, None, None)}
    assert shown(encoder, decoder, 4, [("a", 0, "x", 0.0)]) == {("a",): (0, "x", 0.0)}


def test_an_integer_beyond_bounds_is_unknown_and_counted() -> None:
    encoder, decoder = Encoder([T]), Decoder((T,))
    assert shown(encoder, decoder, 1, [("a", MAX_INTEGER, None, 1.0)]) == {("a",): (MAX_INTEGER, None, 1.0)}
    assert shown(encoder, decoder, 2, [("a", MAX_INTEGER + 1, None, 1.0)]) == {("a",): (None, None, 1.0)}
    assert shown(encoder, decoder, 3, [("a", -MAX_INTEGER, None, 1.0)]) == {("a",): (-MAX_INTEGER, None, 1.0)}
    assert encoder.tally.total == {("t", "integer beyond 62 bits"): 1}


@pytest.mark.parametrize("bad", ["text", 1.5, [], float("nan"), 2**70, -(2**63), {}, b"x"])
def test_a_cell_of_the_wrong_type_is_unknown_and_loses_nothing_else(bad: Any) -> None:
    for first in (True, False):
        encoder, decoder = Encoder([T]), Decoder((T,))
        if not first:
            shown(encoder, decoder, 1, [("a", 7, "x", 1.0), ("b", 1, "x", 2.0)])
        assert shown(encoder, decoder, 2, [("a", bad, "x", 1.0), ("b", 2, "x", 2.0)]) == {
            ("a",): (None, "x", 1.0),
            ("b",): (2, "x", 2.0),
        }
        assert encoder.tally.total.total() >= 1


@pytest.mark.parametrize("bad", ["text", [], float("inf"), float("-inf"), 10**400])
def test_a_real_cell_that_is_no_finite_number_is_unknown(bad: Any) -> None:
    encoder, decoder = Encoder([T]), Decoder((T,))
    assert shown(encoder, decoder, 1, [("a", 1, "x", bad)]) == {("a",): (1, "x", None)}
    assert shown(encoder, decoder, 2, [("a", 1, [], 3)]) == {("a",): (1, None, 3.0)}
    assert shown(encoder, decoder, 3, [("a", 1, ["y"], bad)]) == {("a",): (1, None, None)}
    assert encoder.tally.total.total() >= 1


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([("a", 1, "x", 1.0), ("a", 2, "x", 1.0)], "second row with one key"),
        ([("a", 1, "x", 1.0), ("b", 1)], "row with a wrong number of cells"),
        ([("a", 1, "x", 1.0), (5, 1, "x", 1.0)], "key that is no text"),
        ([("a", 1, "x", 1.0), ([], 1, "x", 1.0)], "row that is no tuple of keys and cells"),
        ([("a", 1, "x", 1.0), ["b", 1, "x", 1.0]], "row that is no tuple of keys and cells"),
        ([("a", 1, "x", 1.0), 7], "row that is no tuple of keys and cells"),
        ([("a", 1, "x", 1.0), None], "row that is no tuple of keys and cells"),
    ],
)
def test_a_row_that_cannot_be_sent_is_left_out_counted_and_said_once(rows: list[Any], reason: str) -> None:
    encoder, decoder = Encoder([T]), Decoder((T,))
    for sequence in (1, 2, 3):
        assert shown(encoder, decoder, sequence, rows) == {("a",): (1, "x", 1.0)}
        assert encoder.tally.news() == ([("t", reason)] if sequence == 1 else [])
    assert encoder.tally.total["t", reason] == 3


@pytest.mark.parametrize("bad", [7, None, ["a", 1, "x", 1.0], "a", "abcd", {"k": "a"}])
def test_a_row_that_turns_into_something_else_is_gone(bad: Any) -> None:
    encoder, decoder = Encoder([T]), Decoder((T,))
    good = ("b", 2, "y", 2.0)
    shown(encoder, decoder, 1, [("a", 1, "x", 1.0), good])
    assert shown(encoder, decoder, 2, [bad, good]) == {("b",): (2, "y", 2.0)}
    assert shown(encoder, decoder, 3, [("a", 1, "x", 1.0), good]) == {("a",): (1, "x", 1.0), ("b",): (2, "y", 2.0)}


def test_rows_beyond_the_limit_are_left_out_and_large_tables_come_in_parts() -> None:
    encoder, decoder = Encoder([T]), Decoder((T,))
    rows = [(f"key {number}", number * 10**9, f"{number} " * 20, number / 7) for number in range(MAX_ROWS + 5)]
    encoded = encoder.encode(frame(1, rows))
    assert len(encoded.parts) > 2
    assert all(len(part) <= MAX_MESSAGE_BYTES for part in encoded.parts)
    assert [part.more for part in parts(encoded.parts)] == [True] * (len(encoded.parts) - 1) + [False]
    take(decoder, encoded.parts)
    assert decoder.shown()["t"] == expected(T, rows[:MAX_ROWS])
    assert encoder.tally.total.total() == 5


def test_texts_no_row_uses_are_forgotten_at_a_keyframe_and_numbers_never_used_again() -> None:
    encoder = Encoder([T])
    for sequence in range(1, 200):
        encoded = encoder.encode(frame(sequence, [("a", 1, f"text {sequence}", 1.0)]), keyframe=sequence % 10 == 0)
        if encoded.keyframe:
            alone = take(Decoder((T,)), encoded.parts)
            assert sorted(alone.texts.values()) == ["a", f"text {sequence}"]
            assert sorted(alone.texts) == ([1, 2] if sequence == 1 else [2, sequence + 1])


@pytest.mark.parametrize("name", ["\udcff", "\ud800x", "a\x00b", "e\u0301" * 600, "x" * 5000, "\u2028", "\x1b[31m"])
def test_hostile_texts_pass_cut_to_what_a_text_may_be(name: str) -> None:
    encoder, decoder = Encoder([T]), Decoder((T,))
    for sequence in (1, 2):
        ((key_text,), (_, text, _)) = next(
            iter(shown(encoder, decoder, sequence, [(name, sequence, name, 1.0)]).items())
        )
        assert len(str(text).encode()) <= 1024
        assert len(key_text.encode()) <= 256
        assert str(text)[:3] == name.encode("utf-8", "backslashreplace").decode()[:3]


def test_two_keys_that_differ_only_beyond_the_limit_stay_two_rows() -> None:
    encoder, decoder = Encoder([T]), Decoder((T,))
    assert len(shown(encoder, decoder, 1, [("k" * 300 + "a", 1, "x", 1.0), ("k" * 300 + "b", 2, "x", 1.0)])) == 2


def test_a_table_nobody_announced_is_counted_and_the_rest_travels() -> None:
    other = Table("other", "", (gauge("v", ""),))
    encoder, decoder = Encoder([T]), Decoder((T,))
    both = Frame(1, 0, 0, (Reading(other, [(1.0,)], 0), Reading(T, [("a", 1, "x", 1.0)], 0)))
    take(decoder, encoder.encode(both).parts)
    assert list(decoder.shown()) == ["t"]
    assert encoder.tally.news() == [("other", "table that was not announced")]


def test_a_keyframe_restates_a_table_that_was_not_read_with_the_moment_it_was() -> None:
    encoder, decoder = Encoder([T]), Decoder((T,))
    take(decoder, encoder.encode(frame(1, [("a", 1, "x", 1.0)])).parts)
    take(decoder, encoder.encode(Frame(2, 0, 7 * 10**9, ()), keyframe=True, mark=99).live)
    assert decoder.read_ns == {0: 10**9}
    assert decoder.shown()["t"] == {("a",): (1, "x", 1.0)}
