"""Totals of many nodes at once are those of each node's view, whatever their readings were."""

from __future__ import annotations

from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_core import Cell, RowValues, Table, Total, gauge, info, key
from gobs_server.live import LiveTable, totals_of
from gobs_server.live import rows_of as single
from tests.server.feeding import Cluster, Machine
from tests.server.web.test_totals import COLUMNS, READING, rows_of

Reading = dict[str, tuple[Cell, ...]]
NUMERIC = [column.name for column in COLUMNS if column.numeric]
THINGS = {
    total: Table("things", "Some", COLUMNS, total=total)
    for total in (None, Total("kind", frozenset({"x"})), Total("name", frozenset({"a", "c"})))
}


def fed(cluster: Cluster, name: str, table: Table, readings: list[Reading]) -> Machine:
    machine = cluster.machine(name, table)
    for reading in readings:
        machine.feed({table: rows_of(reading)}, after=5)
    return machine


@pytest.mark.parametrize("total", THINGS, ids=["all", "kind", "name"])
@given(many=st.lists(st.lists(READING, min_size=1, max_size=3), min_size=1, max_size=4))
def test_they_are_those_of_each_view(total: Total | None, many: list[list[Reading]]) -> None:
    cluster, table = Cluster(), THINGS[total]
    tables = [fed(cluster, f"n{at}", table, readings).node.tables["things"] for at, readings in enumerate(many)]
    found = totals_of(tables, NUMERIC)
    for line, live in zip(found.tolist(), tables, strict=True):
        assert dict(zip(NUMERIC, line, strict=True)) == pytest.approx(
            live.view().totals(), rel=1e-9, abs=1e-9, nan_ok=True
        )
        for name, values in live.view().values.items():
            for at, row in enumerate(live.view().keys):
                one = single([live], [name], (row,))[0, 0, 0]
                shown = live.view().rates[name][at] if table.column(name).kind == "counter" else values[at]
                assert one == pytest.approx(shown, rel=1e-9, abs=1e-9, nan_ok=True)


def test_nodes_that_declare_otherwise_stand_beside_each_other() -> None:
    cluster = Cluster()
    old = Table("t", "x", [key("name", "n"), gauge("level", "l")])
    new = Table("t", "x", [key("name", "n"), gauge("other", "o"), info("level", "now a text")])
    tables: list[LiveTable] = []
    sent: list[tuple[Table, list[RowValues]]] = [
        (old, [("a", 1.5), ("b", 2.0)]),
        (new, [("a", 7.0, "text")]),
        (old, []),
    ]
    for at, (table, rows) in enumerate(sent):
        machine = cluster.machine(f"n{at}", table)
        machine.feed({table: rows})
        tables.append(machine.node.tables["t"])
    found = totals_of(tables, ["level", "other", "nothing"]).tolist()
    assert found[0][0] == 3.5
    assert found[1][1] == 7.0
    assert sum(isnan(value) for line in found for value in line) == 7
    assert isnan(single(tables, ["level"], (("no such row",),))[0, 0, 0])


def test_which_rows_count_follows_what_they_say_of_themselves() -> None:
    table = THINGS[Total("kind", frozenset({"x"}))]
    machine = Cluster().machine("n", table)
    for kind, wanted in (("x", 3.0), ("y", float("nan")), ("x", 3.0)):
        machine.feed({table: [("a", kind, 1, 1.0, 300, 1.0)]}, after=5)
        assert totals_of([machine.node.tables["things"]], ["level"])[0, 0] == pytest.approx(wanted, nan_ok=True)
