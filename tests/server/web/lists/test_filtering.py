"""What a filter means, and what is said of what it cannot mean."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_core import Unit
from gobs_server.web.lists import Field, Sheet, matching
from gobs_server.web.lists.grammar import MAX_LENGTH, number, terms

FIELDS = (
    Field("name", "name", "key"),
    Field("state", "state", "info"),
    Field("owner", "owner", "info"),
    Field("cpu", "CPU", "number", Unit.PERCENT),
    Field("busy", "busy", "number", Unit.SECONDS, rate=True),
    Field("memory_used", "used", "number", Unit.BYTES),
    Field("net_in", "in", "number", Unit.BYTES, rate=True),
    Field("uptime", "up", "number", Unit.SECONDS),
    Field("reads", "reads", "number", Unit.OPERATIONS, rate=True),
)
BY_NAME = {field.name: field for field in FIELDS}
TEXTS: dict[str, Sequence[str | None]] = {
    "name": ["Web-1", "web-2", "db one", "cache"],
    "state": ["fresh", "stale", "down", "fresh"],
    "owner": ["root", None, "postgres", "root: admin"],
}
NUMBERS = {
    "cpu": [91.0, 12.0, nan, 0.0],
    "busy": [0.5, 1.5, nan, 0.0],
    "memory_used": [1 << 30, 3 << 30, 512 << 20, nan],
    "net_in": [1e6, 0.0, nan, 5e9],
    "uptime": [90.0, 86400.0, nan, 0.02],
    "reads": [1500.0, 2.0, nan, 0.0],
}
SHEET = Sheet(FIELDS, 4, TEXTS.__getitem__, lambda name: np.array(NUMBERS[name]))


def found(text: str) -> list[int]:
    rows, said = matching(SHEET, text)
    assert not said
    return [int(row) for row in rows]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", [0, 1, 2, 3]),
        ("  ", [0, 1, 2, 3]),
        ("WEB", [0, 1]),
        ("web root", [0]),
        ('"db one"', [2]),
        ('"root: admin"', [3]),
        ("-web", [2, 3]),
        ("!web", [2, 3]),
        ("state:stale", [1]),
        ("state:stale|down", [1, 2]),
        ("STATE=FRESH", [0, 3]),
        ("state!=fresh", [1, 2]),
        ("-state:fresh", [1, 2]),
        ("owner=root", [0]),
        ("owner:root", [0, 3]),
        ("owner!=root", [2, 3]),
        ("owner:unknown", [1]),
        ("-owner:unknown", [0, 2, 3]),
        ("cpu>80", [0]),
        ("cpu>=12", [0, 1]),
        ("cpu<50%", [1, 3]),
        ("cpu=0", [3]),
        ("cpu!=0", [0, 1]),
        ("-cpu>80", [1, 2, 3]),
        ("cpu:unknown", [2]),
        ("busy>100", [1]),
        ("busy>=50%", [0, 1]),
        ("memory>=1GiB", [0, 1]),
        ("memory_used<1g", [2]),
        ("mem>2.5GB", [1]),
        ("net_in>1MiB/s", [3]),
        ("net-in>0", [0, 3]),
        ("uptime>1h", [1]),
        ("uptime<1.5min", [3]),
        ("uptime>=90s uptime<=2m", [0]),
        ("uptime<100ms", [3]),
        ("reads>1k", [0]),
        ("reads>1op/s", [0, 1]),
        ("web cpu>80 state:fresh", [0]),
        ("web -web", []),
        ('"http://x"', []),
    ],
)
def test_what_a_filter_means(text: str, rows: list[int]) -> None:
    assert found(text) == rows


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nothing:x", "“nothing:x” is left out: there is no column 'nothing' here"),
        ("http://x", "“http://x” is left out: there is no column 'http' here"),
        ("cpu>high", "“cpu>high” is left out: CPU wants a number in %"),
        ("cpu>", "“cpu>” is left out: CPU wants a number in %"),
        ("cpu>1e999", "“cpu>1e999” is left out: CPU wants a number"),
        ("cpu>nan", "wants a number"),
        ("cpu>5GiB", "wants a number in %"),
        ("uptime>5q", "up wants a number in s"),
        ("state>fresh", "“state>fresh” is left out: state is text, ask for it with a colon"),
        ("-state>=fresh", "“-state>=fresh” is left out"),
        ("\u202enothing\x00:x", ""),
    ],
)
def test_what_means_nothing_is_left_out_and_said_so(text: str, says: str) -> None:
    rows, said = matching(SHEET, f"cpu>80 {text}")
    if says:
        assert rows.tolist() == [0]
        assert says in said[0]


def test_a_shortened_name_counts_where_it_is_clear() -> None:
    assert SHEET.field("up") is BY_NAME["uptime"]
    assert SHEET.field("n") is None  # name, or net_in
    assert SHEET.field("Net In") is BY_NAME["net_in"]


def test_numbers_are_taken_with_the_units_they_are_shown_with() -> None:
    assert number("1.5 KiB", BY_NAME["memory_used"]) == 1536
    assert number("-3", BY_NAME["cpu"]) == -3
    assert number("37.5", BY_NAME["busy"]) == 0.375
    assert number("2d", BY_NAME["uptime"]) == 172800
    assert number("1e300", BY_NAME["cpu"]) == 1e300
    assert number("1e300 EiB", BY_NAME["memory_used"]) is None


@given(st.text(max_size=300))
def test_any_text_is_a_filter(text: str) -> None:
    rows, said = matching(SHEET, text)
    assert set(rows.tolist()) <= {0, 1, 2, 3}
    assert len(said) <= len(terms(text)) <= MAX_LENGTH


def test_each_text_is_looked_at_once() -> None:
    class Counting(str):
        __slots__ = ()
        looked = 0

        def casefold(self) -> str:
            Counting.looked += 1
            return super().casefold()

    text = Counting("same")
    sheet = Sheet(FIELDS[:1], 1000, lambda _: [text] * 1000, lambda _: np.empty(0))
    assert len(matching(sheet, "sam")[0]) == 1000
    assert Counting.looked == 1
