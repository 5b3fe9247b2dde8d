"""Rows with an equal text taken together."""

from __future__ import annotations

from math import isnan
from urllib.parse import parse_qs, urlsplit

import pytest

from gobs_core import RowValues, Table, Total, Unit, counter, gauge, info, key
from gobs_server.web.table.chosen import Chosen
from tests.server.web.table.listed import chosen, first, view

WORK = Table(
    "work",
    "What runs",
    [
        key("pid", ""),
        info("comm", ""),
        counter("read", "", Unit.BYTES),
        gauge("rss", "", Unit.BYTES),
        gauge("nice", ""),
    ],
    total=Total("pid", frozenset({"1", "2", "3", "4"})),
)


def rows(step: int) -> list[RowValues]:
    return [
        ("1", "nginx", 10 * step, 5.0, 0.0),
        ("2", "nginx", 20 * step, None, 0.0),
        ("3", "cron", 5 * step, 7.0, 0.0),
        ("4", None, 0, None, None),
        ("all", "nginx", 35 * step, 12.0, 19.0),
    ]


def made(**query: object) -> Chosen:
    return chosen(view((WORK, rows(0)), (WORK, rows(1))), group="comm", **query)


def numbers(groups: Chosen, name: str) -> dict[str, float]:
    values = groups.listing.sheet.numbers(name)
    return dict(zip(first(groups), [float(values[row]) for row in groups.rows], strict=True))


def test_a_group_has_the_sums_of_its_rows_and_how_many_they_are() -> None:
    groups = made(sort=("-read",))
    assert [field.name for field in groups.fields] == ["comm", "rows", "read", "rss", "nice"]
    assert first(groups) == ["nginx", "cron", "?"]
    assert numbers(groups, "read") == {"nginx": 6.0, "cron": 1.0, "?": 0.0}
    assert numbers(groups, "rows") == {"nginx": 3.0, "cron": 1.0, "?": 1.0}


def test_rows_that_a_total_leaves_out_are_not_counted_twice() -> None:
    assert numbers(made(), "rss")["nginx"] == 5.0


def test_what_no_row_of_a_group_knows_is_not_known() -> None:
    assert isnan(numbers(made(), "rss")["?"])


def test_levels_that_do_not_add_up_are_shown_where_all_rows_have_the_same() -> None:
    nice = numbers(made(), "nice")
    assert nice["cron"] == 0.0
    assert isnan(nice["nginx"])
    assert "not the same in all rows" in made().listing.reasons["nice"]


def test_derived_columns_are_worked_out_from_the_sums() -> None:
    from tests.server.web.table.listed import LATER, SOME, THINGS

    groups = chosen(view((THINGS, SOME), (THINGS, LATER)), group="owner")
    assert numbers(groups, "each")["Zoe"] == 100 / 2


def test_only_rows_that_meet_the_filter_are_taken_together() -> None:
    groups = made(filter="read>3")
    assert numbers(groups, "rows") == {"nginx": 2.0}
    assert (groups.matching, groups.count) == (2, 5)


@pytest.mark.parametrize(("group", "wanted"), [("nginx", 'comm="nginx"'), ("?", "comm:unknown")])
def test_a_group_leads_to_its_rows(group: str, wanted: str) -> None:
    groups = made()
    path = groups.listing.path(groups.rows[first(groups).index(group)])
    assert parse_qs(urlsplit(path).query) == {"filter": [wanted]}
    found = chosen(view((WORK, rows(0)), (WORK, rows(1))), filter=wanted)
    assert len(found.rows) == numbers(groups, "rows")[group]


@pytest.mark.parametrize("text", ['say "x"', "a|b", "x" * 200, ""])
def test_a_group_that_no_filter_can_name_leads_nowhere(text: str) -> None:
    table: list[RowValues] = [("1", text, 1, 1.0, 0.0)]
    groups = chosen(view((WORK, table)), group="comm")
    assert groups.listing.path(0) == ""


def test_a_column_that_cannot_be_grouped_by_is_told_and_left_out() -> None:
    for column in ("rss", "no\u202esuch"):
        groups = chosen(view((WORK, rows(0))), group=column)
        assert len(groups.rows) == 5
        assert "cannot be grouped by" in groups.said[0]
        assert "\u202e" not in groups.said[0]
