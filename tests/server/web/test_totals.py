"""Totals of small tables are taken straight from the cells, and are those of the view."""

from __future__ import annotations

from math import isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_core import Cell, RowValues, Table, Total, Unit, counter, derived, gauge, info, key
from gobs_server.live import totals_of
from tests.server.feeding import Cluster

COLUMNS = [
    key("name", "Its name"),
    info("kind", "What it is"),
    counter("bytes", "Bytes", Unit.BYTES, scale=512),
    counter("ratio", "Any number", scale=None),
    gauge("level", "A level", scale=0.01),
    gauge("real", "Any level"),
    derived("share", "Of both", "100 * rate(bytes) / (level - real)", Unit.PERCENT),
]
NAMES = ["a", "b", "c", "d"]
WHOLE = st.none() | st.integers(0, 10**12)
REAL = st.none() | st.floats(-1e6, 1e6)
ROW = st.tuples(st.sampled_from(["x", "y", None]), WHOLE, REAL, WHOLE, REAL)
READING = st.dictionaries(st.sampled_from(NAMES), ROW)


def rows_of(reading: dict[str, tuple[Cell, ...]]) -> list[RowValues]:
    return [(name, *cells) for name, cells in reading.items()]


@pytest.mark.parametrize(
    "total", [None, Total("kind", frozenset({"x"})), Total("name", frozenset({"a", "c"}))], ids=["all", "kind", "name"]
)
@given(readings=st.lists(READING, min_size=1, max_size=4))
def test_they_are_those_of_the_view(total: Total | None, readings: list[dict[str, tuple[Cell, ...]]]) -> None:
    table = Table("things", "Some", COLUMNS, total=total)
    machine = Cluster().machine("n", table)
    for reading in readings:
        machine.feed({table: rows_of(reading)}, after=5)
        live = machine.node.tables["things"]
        straight = {column.name: live.total(column) for column in table.columns if column.numeric}
        for name, value in live.view().totals().items():
            assert straight[name] == pytest.approx(value, rel=1e-9, abs=1e-9, nan_ok=True), name


def test_what_no_counted_row_knows_is_not_known() -> None:
    table = Table("things", "Some", COLUMNS, total=Total("kind", frozenset({"x"})))
    machine = Cluster().machine("n", table)
    machine.feed({table: [("a", "y", 1, 1.0, 1, 1.0)]})
    live = machine.node.tables["things"]
    assert all(isnan(live.total(column)) for column in table.columns if column.numeric)


def test_rows_that_take_the_places_of_others_are_told_apart() -> None:
    table = Table("things", "Some", COLUMNS, total=Total("name", frozenset({"a"})))
    machine = Cluster().machine("n", table)
    for name, level, expected in (("a", 100, 1.0), ("b", 200, nan), ("a", 300, 3.0)):
        machine.feed({table: [(name, "x", 1, 0.0, level, 0.0)]}, after=5, keyframe=True)
        live = machine.node.tables["things"]
        together = totals_of([live], ["level"])
        assert [live.total(table.column("level")), *together[0]] == pytest.approx([expected] * 2, nan_ok=True)
