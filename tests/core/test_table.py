"""Tables: what may be declared, and what is said of what may not."""

from __future__ import annotations

import re
from typing import Any

import pytest

from gobs_core import Chart, DeclarationError, Rows, Table, Total, Unit, counter, derived, gauge, info, key
from gobs_core.shown import derived as derived_values
from gobs_core.shown import levels, rates
from gobs_core.units import UNIT_NAMES

DISK = Table(
    "disk",
    "Disks",
    [
        key("device", "Device"),
        counter("sectors", "Sectors", Unit.BYTES, scale=512),
        counter("busy", "Busy time", Unit.SECONDS, scale=0.001),
        gauge("queue", "Requests"),
        info("model", "Model"),
        derived("utilisation", "Busy", "100 * rate(busy)", Unit.PERCENT),
    ],
    total=Total("model", frozenset({"ssd"})),
)


def test_stored_columns_are_all_but_derived_ones_with_the_keys_first() -> None:
    assert [column.name for column in DISK.stored] == ["device", "sectors", "busy", "queue", "model"]
    assert [column.name for column in DISK.keys] == ["device"]
    assert [column.name for column in DISK.cells] == ["sectors", "busy", "queue", "model"]
    assert DISK.column("busy").scale == 0.001
    with pytest.raises(KeyError):
        DISK.column("nothing")


def test_a_row_by_name_leaves_out_what_is_not_known() -> None:
    assert DISK.row(device="sda", queue=1.0) == Rows(DISK, (("sda", None, None, 1.0, None),))
    with pytest.raises(DeclarationError, match="table 'disk' has no stored column 'utilisation'"):
        DISK.row(device="sda", utilisation=1.0)


def test_tables_of_the_same_declaration_are_equal() -> None:
    assert Table("t", "x", [gauge("n", "n")]) == Table("t", "x", [gauge("n", "n")])
    assert Table("t", "x", [gauge("n", "n")]) != Table("t", "x", [gauge("m", "n")])


@pytest.mark.parametrize(
    ("name", "columns", "says"),
    [
        ("Disk", [gauge("n", "n")], "table name 'Disk': lower-case letters"),
        ("1disk", [gauge("n", "n")], "table name '1disk'"),
        ("disk\n", [gauge("n", "n")], "table name 'disk\\n'"),
        ("t", [], "table 't' stores no column besides its keys"),
        ("t", [key("k", "k")], "table 't' stores no column besides its keys"),
        ("t", [derived("d", "d", "1 + 1")], "table 't' stores no column besides its keys"),
        ("t", [gauge("n", "n"), key("k", "k")], "table 't': key columns come first"),
        ("t", [gauge("n", "n"), gauge("n", "n")], "table 't', column 'n': declared twice"),
        ("t", [gauge("N", "n")], "table 't', column 'N': names are"),
        ("t", [gauge("n", "n", scale=0)], "table 't', column 'n': scale 0 is not a positive number"),
        ("t", [gauge("n", "n", scale=float("inf"))], "column 'n': scale inf is not a positive number"),
        ("t", [gauge("n", "n", scale=float("nan"))], "column 'n': scale nan is not a positive number"),
        ("t", [gauge(f"n{i}", "n") for i in range(201)], "table 't' has 201 columns, at most 200"),
        ("t", [gauge("n", "n"), derived("d", "d", "m")], "column 'd': expression uses 'm', which is no numeric column"),
        ("t", [info("i", "i"), derived("d", "d", "i")], "column 'd': expression uses 'i', which is no numeric column"),
        ("t", [gauge("n", "n"), derived("d", "d", "rate(n)")], "column 'd': rate(n) needs a counter, 'n' is a gauge"),
        (
            "t",
            [gauge("n", "n"), derived("d", "d", "n"), derived("e", "e", "d")],
            "column 'e': expression uses 'd', which is itself derived",
        ),
    ],
)
def test_a_declaration_that_is_not_allowed_names_table_and_column(name: str, columns: list[Any], says: str) -> None:
    with pytest.raises(DeclarationError, match=re.escape(says)):
        Table(name, "x", columns)


def test_a_total_is_over_a_column_of_text() -> None:
    with pytest.raises(DeclarationError, match="total over 'n'"):
        Table("t", "x", [gauge("n", "n")], total=Total("n", frozenset()))


@pytest.mark.parametrize(
    ("chart", "says"),
    [
        (Chart(), "table 'disk', chart '': a chart is of one or more columns, each named once"),
        (Chart("busy", "busy"), "chart 'busy, busy': a chart is of one or more columns"),
        (Chart("model"), "chart 'model': 'model' is no numeric column of the table"),
        (Chart("device"), "'device' is no numeric column"),
        (Chart("busy", "nothing", title="Disks"), "chart 'Disks': 'nothing' is no numeric column"),
        (Chart("sectors", "queue"), "'queue' is shown in bare numbers and 'sectors' in B/s; a chart has one axis"),
        (Chart("queue", top=0), "top 0 is not a positive number"),
        (Chart("queue", top=float("nan")), "top nan is not a positive number"),
    ],
)
def test_a_chart_that_cannot_be_drawn_names_table_chart_and_column(chart: Chart, says: str) -> None:
    with pytest.raises(DeclarationError, match=re.escape(says)):
        Table("disk", "Disks", DISK.columns, charts=[chart])


def test_a_chart_has_one_axis_for_what_is_shown_in_one_unit() -> None:
    together = Chart("busy", "utilisation", stacked=True, top=100)
    assert Table("disk", "Disks", DISK.columns, charts=[together]).charts == (together,)
    with pytest.raises(DeclarationError, match="asks for 17 charts, at most 16"):
        Table("disk", "Disks", DISK.columns, charts=[together] * 17)


def test_every_unit_has_its_names() -> None:
    assert set(UNIT_NAMES) == set(Unit)


def test_shown_values_are_scaled_and_unknown_ones_stay_unknown() -> None:
    row = ("sda", 2, 1500, float("nan"), None)
    assert levels(DISK, row) == {"device": "sda", "sectors": 1024, "busy": 1.5, "queue": None, "model": None}


def test_rates_are_per_second_and_a_fall_is_not_known() -> None:
    before, after = ("sda", 10, 1000, None, None), ("sda", 14, 900, None, None)
    assert rates(DISK, before, after, 2.0) == {"sectors": 1024.0, "busy": None}
    assert rates(DISK, None, after, 2.0) == {"sectors": None, "busy": None}
    assert rates(DISK, before, after, 0.0) == {"sectors": None, "busy": None}


def test_derived_values_are_not_known_where_anything_they_need_is_not() -> None:
    assert derived_values(DISK, {}, {"busy": 0.5}) == {"utilisation": 50.0}
    assert derived_values(DISK, {}, {"busy": None}) == {"utilisation": None}
    ratio = Table("t", "x", [gauge("a", "a"), gauge("b", "b"), derived("r", "r", "a / b")])
    assert derived_values(ratio, {"a": 1, "b": 0}, {}) == {"r": None}
    assert derived_values(ratio, {"a": 1e308, "b": 1e-308}, {}) == {"r": None}
