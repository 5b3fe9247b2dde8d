"""The order of a list."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_server.web.lists import Asked, Field, Sheet, headings, ordered, usable
from gobs_server.web.lists.ordering import natural, ranks

FIELDS = (Field("name", "name", "key"), Field("owner", "owner", "info"), Field("size", "size", "number"))
NAMES = ["n10", "N2", "n1", "b", "n2"]
OWNERS = ["Zoe", None, "adam", "adam", "zoe"]
SIZES = [1.0, nan, 3.0, 1.0, nan]
TEXTS: dict[str, Sequence[str | None]] = {"name": NAMES, "owner": OWNERS}
SHEET = Sheet(FIELDS, 5, TEXTS.__getitem__, lambda _: np.array(SIZES))


def order(*sort: str) -> list[int]:
    return [int(row) for row in ordered(SHEET, SHEET.all(), usable(SHEET, sort))]


@pytest.mark.parametrize(
    ("sort", "rows"),
    [
        ((), [0, 1, 2, 3, 4]),
        (("name",), [3, 2, 1, 4, 0]),
        (("-name",), [0, 4, 1, 2, 3]),
        (("size",), [0, 3, 2, 1, 4]),
        (("-size",), [2, 0, 3, 1, 4]),
        (("owner",), [2, 3, 0, 4, 1]),
        (("-owner",), [4, 0, 2, 3, 1]),
        (("-size", "name"), [2, 3, 0, 1, 4]),
        (("-size", "-name"), [2, 0, 3, 4, 1]),
        (("owner", "-size"), [2, 3, 0, 4, 1]),
        (("nothing",), [0, 1, 2, 3, 4]),
        (("-nothing", "size"), [0, 3, 2, 1, 4]),
    ],
)
def test_rows_are_ordered_and_what_is_not_known_comes_last(sort: tuple[str, ...], rows: list[int]) -> None:
    assert order(*sort) == rows


def test_an_order_names_each_field_once_and_is_not_endless() -> None:
    fields = [Field(f"f{number}", "", "number") for number in range(9)]
    sheet = Sheet(fields, 0, lambda _: [], lambda _: np.empty(0))
    assert usable(sheet, ["-f1", "f1", "--f2", "", "-", "f3"]) == ("-f1", "f3")
    assert len(usable(sheet, [field.name for field in fields])) == 4


@given(st.lists(st.text(max_size=30) | st.none(), max_size=30))
def test_any_texts_have_an_order(texts: list[str | None]) -> None:
    places = ranks(texts).tolist()
    assert [isnan(place) for place in places] == [text is None for text in texts]
    known = sorted((text for text in texts if text is not None), key=natural)
    assert [
        texts[at] for at in sorted((at for at in range(len(texts)) if texts[at] is not None), key=places.__getitem__)
    ] == known


@pytest.mark.parametrize(
    "texts", [["a2", "a10", "b"], ["2", "10", "a"], ["n1b2", "n1b10"], ["1" * 18, "2" * 18, "1" * 40]]
)
def test_texts_are_ordered_as_people_count(texts: list[str]) -> None:
    assert sorted(dict.fromkeys(reversed(texts)), key=natural) == texts


def test_a_header_says_how_the_list_is_ordered_and_what_a_click_asks_for() -> None:
    name, owner, size = headings(FIELDS, ("-size", "name"), Asked(filter="x y", view="table"))
    assert (size.sorted, size.rank, size.next, size.first) == ("descending", 1, "size", "-size")
    assert (name.sorted, name.rank, name.next) == ("ascending", 2, "-name")
    assert (owner.sorted, owner.rank, owner.next) == ("none", 0, "owner")
    assert size.query == "view=table&sort=size&filter=x+y"
    assert headings(FIELDS, ("size",), Asked())[2].rank == 0
