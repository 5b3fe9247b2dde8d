"""Checking rows: any row that passes can be sent, and rows that come again cost next to nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_core import DeclarationError, Rows, Table, counter, gauge, info, key
from gobs_core.plugins.places import place_of_error
from gobs_core.rowcheck import MAX_TEXT, RowCheck, TableCheck

TABLE = Table(
    "t",
    "x",
    [key("a", "a"), key("b", "b"), counter("n", "n"), gauge("f", "f"), gauge("i", "i", scale=0.5), info("s", "s")],
)

anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(st.characters(), max_size=30),
    st.binary(max_size=3),
    st.just("x" * 2000),
)
good = st.tuples(
    st.text(st.characters(blacklist_categories=["Cs"]), max_size=20),
    st.text(st.characters(blacklist_categories=["Cs"]), max_size=20),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.floats(allow_infinity=False) | st.integers(-(2**63), 2**63),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.text(st.characters(blacklist_categories=["Cs"]), max_size=20),
)


def sendable(row: Any) -> bool:
    """Say in the plainest way what a row of TABLE must be."""
    if not isinstance(row, tuple) or len(row) != 6:
        return False
    texts = [row[0], row[1], *([] if row[5] is None else [row[5]])]
    integers = [cell for cell in (row[2], row[4]) if cell is not None]
    real = row[3]
    try:
        return (
            all(type(text) is str and len(text.encode()) <= MAX_TEXT for text in texts)
            and all(type(number) is int and -(2**63) <= number < 2**63 for number in integers)
            and (real is None or (type(real) in (int, float) and not math.isinf(float(real))))
        )
    except (UnicodeEncodeError, OverflowError):
        return False


@given(st.lists(good, max_size=8, unique_by=lambda row: row[:2]))
def test_rows_as_declared_pass_unchanged(rows: list[Any]) -> None:
    assert RowCheck([TABLE]).check([TABLE.batch(rows)]) == [(TABLE, tuple(rows))]


@given(st.lists(st.one_of(good, st.tuples(*[anything] * 6), st.tuples(anything), anything), max_size=4))
def test_rows_pass_exactly_when_they_can_be_sent(rows: list[Any]) -> None:
    try:
        RowCheck([TABLE]).check([TABLE.batch(rows)])
    except DeclarationError as error:
        passed = False
        said = str(error)
    else:
        passed, said = True, ""
    keys = [row[:2] for row in rows if isinstance(row, tuple)]
    assert passed == (all(map(sendable, rows)) and len(set(keys)) == len(rows)), said


def test_a_bad_row_among_known_good_ones_is_still_found() -> None:
    check = TableCheck(TABLE)
    rows = tuple((str(n), "", n, 0.5, n, None) for n in range(100))
    check.check(rows)
    with pytest.raises(DeclarationError, match="column 'n': expected a whole number or None, got 'x'"):
        check.check((*rows[:50], ("50", "", "x", 0.5, 1, None), *rows[51:]))
    with pytest.raises(DeclarationError, match="comes twice"):
        check.check((*rows, rows[0]))
    assert check.check(rows) == rows


def test_a_known_row_may_change_its_place() -> None:
    check = TableCheck(TABLE)
    rows = tuple((str(n), "", n, 0.5, n, None) for n in range(10))
    check.check(rows)
    assert check.check(rows[::-1]) == rows[::-1]


def test_a_row_that_merely_got_the_memory_of_a_good_one_is_checked() -> None:
    check = TableCheck(TABLE)
    for _ in range(200):
        check.check((("a", "", 1, 0.5, 1, None),))
        with pytest.raises(DeclarationError):
            check.check((("a", "", "bad", 0.5, 1, None),))


def test_rows_yielded_piece_by_piece_are_one_table() -> None:
    pieces = [TABLE.row(a="1", b=""), TABLE.row(a="2", b="")]
    [(_, rows)] = RowCheck([TABLE]).check(pieces)
    assert [row[0] for row in rows] == ["1", "2"]


def test_unchanged_rows_of_a_large_table_cost_less_than_three_tenths_of_a_millisecond() -> None:
    wide = Table("wide", "x", [key("k", "k"), *(counter(f"c{n}", "c") for n in range(49))])
    check = RowCheck([wide])
    rows = [(str(n), *range(49)) for n in range(300)]
    check.check([wide.batch(rows)])
    took = []
    for _ in range(50):
        began = time.thread_time_ns()
        check.check([wide.batch(list(rows))])
        took.append(time.thread_time_ns() - began)
    assert min(took) < 300_000


def _inner() -> Iterator[Rows]:
    yield TABLE.batch([("b", "b", 1, 1.0, 1, ""), ("c",)])


def _outer() -> Iterator[Rows]:
    yield TABLE.batch([("a", "b", 1, 1.0, 1, "")])
    yield from _inner()
    yield TABLE.batch([("d", "b", 1, 1.0, 1, "")])


def test_the_error_of_a_bad_row_notes_the_line_that_yielded_it() -> None:
    with pytest.raises(DeclarationError) as raised:
        RowCheck([TABLE]).check(_outer())
    line = _inner.__code__.co_firstlineno + 1
    assert raised.value.__notes__ == [f'  File "{__file__}", line {line}, in _inner']
    assert place_of_error(raised.value) == (__file__, line)
