"""Which rows of a table are shown, in which order, and in which columns."""

from __future__ import annotations

import pytest

from gobs_core import RowValues, Table, gauge, key
from gobs_server.web.lists import Asked, headings
from gobs_server.web.table.chosen import FEW
from tests.server.tables import CPU, CPU_ROWS, PROCESS, processes
from tests.server.web.table.listed import chosen, first, things, view


def test_keys_come_first_then_texts_then_numbers() -> None:
    assert [field.name for field in chosen(things()).fields] == ["thing", "owner", "size", "uses", "bytes", "each"]


def test_a_header_tells_help_unit_and_source() -> None:
    made = chosen(view((PROCESS, processes(1))))
    heads = {heading.name: heading for heading in headings(made.fields, made.sort, Asked())}
    assert heads["read_bytes"].unit == "B/s"
    assert heads["read_bytes"].help == (
        "Bytes read · rate of read_bytes per second · /proc/PID/io · needs CAP_SYS_PTRACE"
    )
    assert heads["rss"].unit == "B"


@pytest.mark.parametrize(
    ("sort", "keys"),
    [
        (("thing",), ["a", "b9", "b10"]),
        (("-thing",), ["b10", "b9", "a"]),
        (("size",), ["b9", "b10", "a"]),
        (("-size",), ["b10", "b9", "a"]),
        (("owner",), ["a", "b10", "b9"]),
        (("-owner",), ["b10", "a", "b9"]),
        (("-uses",), ["b9", "b10", "a"]),
        (("no such column",), ["a", "b9", "b10"]),
    ],
)
def test_rows_are_sorted_and_what_is_not_known_comes_last(sort: tuple[str, ...], keys: list[str]) -> None:
    assert first(chosen(things(), sort=sort)) == keys


def test_rows_that_are_equal_in_one_column_are_sorted_by_the_next() -> None:
    rows: list[RowValues] = [("c", 1.0, 5.0), ("a", 2.0, 7.0), ("b", 1.0, 9.0)]
    read = view((Table("t", "", [key("k", ""), gauge("x", ""), gauge("y", "")]), rows))
    assert first(chosen(read, sort=("x", "-y"))) == ["b", "c", "a"]
    assert first(chosen(read, sort=("-x", "y"))) == ["a", "c", "b"]


def test_keys_that_are_numbers_are_sorted_as_numbers() -> None:
    assert first(chosen(view((PROCESS, processes(11))))) == [str(pid) for pid in range(1, 12)]


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [("B1", ["b10"]), ("zoe", ["b10"]), ("nothing", []), ("", ["a", "b9", "b10"]), ("uses>1", ["b9", "b10"]),
     ("uses>1 -owner:zoe", ["b9"]), ("size:unknown", ["a"])],
)  # fmt: skip
def test_a_filter_looks_into_texts_and_numbers(wanted: str, keys: list[str]) -> None:
    made = chosen(things(), filter=wanted)
    assert first(made) == keys
    assert (made.matching, made.count) == (len(keys), 3)


def test_a_large_table_shows_its_busiest_rows_first() -> None:
    before = processes(FEW + 10)
    after = [(*row[:4], int(str(row[4])) + int(str(row[0]))) for row in before]
    made = chosen(view((PROCESS, before), (PROCESS, after)))
    assert (made.sort, made.matching) == (("-cpu",), FEW + 10)
    assert first(made)[0] == str(FEW + 10)


def test_rows_that_do_nothing_are_left_out_and_counted() -> None:
    made = chosen(things(), idle="hide")
    assert (first(made), made.idle, made.matching) == (["b9", "b10"], 1, 2)


def test_rows_of_which_no_rate_is_known_are_not_called_idle() -> None:
    made = chosen(view((PROCESS, processes(3))), idle="hide")
    assert (len(made.rows), made.idle) == (3, 0)


def test_pinned_rows_stand_first_whatever_the_filter_and_the_order() -> None:
    read = things()
    ids = {key[0]: chosen(read).listing.id(row) for row, key in enumerate(read.keys)}
    made = chosen(read, pins=(ids["b9"], "xnothing", ids["a"], ids["b9"]), filter="zoe", sort=("thing",))
    assert (first(made), made.pinned, made.matching) == (["b9", "a", "b10"], 2, 1)


def test_columns_that_were_chosen_are_shown_and_the_keys_always() -> None:
    assert [field.name for field in chosen(things(), columns=("uses", "gone")).fields] == ["thing", "uses"]
    assert len(chosen(things(), columns=("gone",)).fields) == 6


def test_a_row_keeps_its_id_whatever_the_order_and_the_columns() -> None:
    read = things()
    ids = [
        {made.listing.keys[row]: made.listing.id(row) for row in made.rows}
        for made in (chosen(read, sort=("size",)), chosen(read, sort=("-thing",), columns=("uses",)))
    ]
    assert ids[0] == ids[1]
    assert len(set(ids[0].values())) == 3


def test_each_row_leads_to_its_page() -> None:
    assert chosen(view((CPU, list(CPU_ROWS[0])))).listing.path(1) == "/nodes/n/tables/cpu/row?key=all"
