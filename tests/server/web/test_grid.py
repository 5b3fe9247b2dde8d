"""Any table as a page shows it."""

from __future__ import annotations

import pytest

from gobs_core import RowValues, Table, counter, gauge, info, key
from gobs_server.live import View
from gobs_server.web.format import UNKNOWN
from gobs_server.web.grid import grid
from gobs_server.web.order import FIRST_SCREEN, MOST, Query
from tests.server.feeding import Cluster
from tests.server.tables import CPU, CPU_ROWS, MEMORY, MEMORY_ROWS, PROCESS, processes

THINGS = Table(
    "things",
    "What a plugin nobody knows counts",
    [key("thing", "Its name"), gauge("size", "How large"), info("owner", "Whose"), counter("uses", "How often")],
)
SOME: list[RowValues] = [("b10", 2.0, "Zoe", 1), ("a", None, "adam", 2), ("b9", -1.0, None, 3)]


def view(*frames: tuple[Table, list[RowValues]]) -> View:
    machine = Cluster().machine("n", frames[0][0])
    for table, rows in frames:
        machine.feed({table: rows}, after=5)
    return machine.node.tables[frames[0][0].name].view()


def order(rows: View, sort: str) -> list[str]:
    return [line.keys[0].text for line in grid(rows, Query(sort=sort), {}).lines]


def test_keys_come_first_then_texts_then_numbers() -> None:
    assert [heading.name for heading in grid(view((THINGS, SOME)), Query(), {}).headings] == [
        "thing",
        "owner",
        "size",
        "uses",
    ]


def test_a_header_tells_help_unit_and_source() -> None:
    headings = {heading.name: heading for heading in grid(view((PROCESS, processes(1))), Query(), {}).headings}
    assert headings["read_bytes"].unit == "B/s"
    assert headings["read_bytes"].help == (
        "Bytes read · rate of read_bytes per second · /proc/PID/io · needs CAP_SYS_PTRACE"
    )
    assert headings["rss"].unit == "B"


@pytest.mark.parametrize(
    ("sort", "keys"),
    [
        ("thing", ["a", "b10", "b9"]),
        ("-thing", ["b9", "b10", "a"]),
        ("size", ["b9", "b10", "a"]),
        ("-size", ["b10", "b9", "a"]),
        ("owner", ["a", "b10", "b9"]),
        ("-owner", ["b10", "a", "b9"]),
        ("no such column", ["a", "b10", "b9"]),
    ],
)
def test_rows_are_sorted_and_what_is_not_known_comes_last(sort: str, keys: list[str]) -> None:
    assert order(view((THINGS, SOME)), sort) == keys


def test_keys_that_are_numbers_are_sorted_as_numbers() -> None:
    assert order(view((PROCESS, processes(11))), "pid") == [str(pid) for pid in range(1, 12)]


def test_a_second_click_turns_the_order_around() -> None:
    headings = {heading.name: heading for heading in grid(view((THINGS, SOME)), Query(sort="-size"), {}).headings}
    assert (headings["size"].sorted, headings["size"].next) == ("descending", "size")
    assert (headings["uses"].sorted, headings["uses"].next) == ("none", "-uses")
    assert headings["thing"].next == "thing"


@pytest.mark.parametrize(
    ("wanted", "keys"), [("B1", ["b10"]), ("zoe", ["b10"]), ("nothing", []), ("", ["a", "b10", "b9"])]
)
def test_a_filter_looks_into_keys_and_texts(wanted: str, keys: list[str]) -> None:
    found = grid(view((THINGS, SOME)), Query(filter=wanted), {})
    assert [line.keys[0].text for line in found.lines] == keys
    assert (found.matching, found.count) == (len(keys), 3)


def test_a_large_table_shows_its_busiest_rows_first() -> None:
    before = processes(MOST + 10)
    after = [(*row[:4], int(str(row[4])) + int(str(row[0]))) for row in before]
    rows = view((PROCESS, before), (PROCESS, after))
    first = grid(rows, Query(), {})
    assert (first.sort, len(first.lines), first.matching) == ("-cpu", FIRST_SCREEN, MOST + 10)
    assert first.lines[0].keys[0].text == str(MOST + 10)
    assert len(grid(rows, Query(all=True), {}).lines) == MOST


def test_what_is_not_known_says_why() -> None:
    rows = view((PROCESS, [("1", "1", None, None, 5)]))
    line = grid(rows, Query(), {"rss": "the file is <gone>"}).lines[0]
    assert line.infos[0].text == UNKNOWN
    assert line.numbers[0] == (UNKNOWN, "not known: the file is <gone>", True)
    assert line.numbers[1].title == "not known yet: a rate needs two readings of the same row"
    assert grid(rows, Query(), {}).lines[0].numbers[0].title == "not known now"


def test_a_counter_shows_its_rate() -> None:
    shown = grid(view((CPU, list(CPU_ROWS[0])), (CPU, list(CPU_ROWS[1]))), Query(), {})
    assert [cell.text for cell in shown.lines[0].numbers] == ["50.0", "50.0"]


def test_a_table_of_one_row_is_shown_as_pairs() -> None:
    pairs = grid(view((MEMORY, list(MEMORY_ROWS))), Query(), {}).pairs()
    assert [(heading.label, cell.text, heading.suffix) for heading, cell in pairs] == [
        ("total", "15.6 MiB", ""),
        ("available", "11.7 MiB", ""),
        ("used percent", "25.0", "%"),
    ]


def test_a_row_keeps_its_id_whatever_the_order() -> None:
    rows = view((THINGS, SOME))
    ids = [
        {line.keys[0].text: line.id for line in grid(rows, Query(sort=sort), {}).lines} for sort in ("size", "-thing")
    ]
    assert ids[0] == ids[1]
    assert len(set(ids[0].values())) == 3
