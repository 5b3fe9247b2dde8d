"""Whatever table a plugin may declare is shown and answered, whatever its cells hold."""

from __future__ import annotations

import asyncio
import json
from math import isfinite

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gobs_core import Cell, Column, RowValues, Table, Unit, counter, derived, gauge, info, key
from gobs_server.http import create_app
from tests.server.feeding import Cluster

TEXTS = st.text(max_size=40)
NUMBERS = st.none() | st.integers(-(2**62), 2**62)
REALS = st.none() | st.floats(allow_infinity=False)
UNITS = st.sampled_from(list(Unit))


@st.composite
def tables(draw: st.DrawFn) -> tuple[Table, list[RowValues], list[RowValues]]:
    """A table of any columns, and two readings of it."""
    cells: list[tuple[Column, st.SearchStrategy[Cell]]] = [(gauge("first", draw(TEXTS), draw(UNITS), scale=1), NUMBERS)]
    for number in range(draw(st.integers(0, 6))):
        name, words, unit = f"c{number}", draw(TEXTS), draw(UNITS)
        scale = draw(st.sampled_from([1.0, 0.01, 4096.0]))
        cells.append(
            draw(
                st.sampled_from(
                    [
                        (info(name, words), st.none() | TEXTS),
                        (counter(name, words, unit, scale=scale), NUMBERS),
                        (counter(name, words, unit, scale=None), REALS),
                        (gauge(name, words, unit, scale=scale), NUMBERS),
                        (gauge(name, words, unit), REALS),
                    ]
                )
            )
        )
    keys = [key(f"k{number}", draw(TEXTS)) for number in range(draw(st.integers(0, 2)))]
    columns = [
        *keys,
        *(column for column, _ in cells),
        derived("last", "A share", "100 * first / (first - first)", draw(UNITS)),
    ]
    names = draw(st.lists(st.tuples(*[TEXTS for _ in keys]), min_size=1, max_size=4, unique=True)) if keys else [()]
    rows = st.tuples(*[strategy for _, strategy in cells])
    readings = [[(*name, *draw(rows)) for name in names] for _ in range(2)]
    return Table("things", draw(TEXTS), columns), readings[0], readings[1]


LARGE = Table("things", "", [gauge("first", "", Unit.SECONDS)])
MANY_LARGE = Table("things", "", [key("k0", ""), gauge("first", "", Unit.SECONDS)])


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@example((LARGE, [(1e300,)], [(-1e300,)]), "things", "first")
@example((MANY_LARGE, [("a", 1.7e308), ("b", 1.7e308)], [("a", 1.7e308), ("b", 1.7e308)]), "things", "first")
@given(tables(), TEXTS, st.sampled_from(["", "first", "-first", "last", "-c0", "k0", "-k1"]))
def test_any_table_is_shown_and_answered(
    made: tuple[Table, list[RowValues], list[RowValues]], name: str, sort: str
) -> None:
    table, before, after = made
    cluster = Cluster()
    machine = cluster.machine("n", table)
    machine.feed({table: before})
    machine.feed({table: after}, after=5)
    asyncio.run(_look(cluster, table, name, sort))


async def _look(cluster: Cluster, table: Table, wanted: str, sort: str) -> None:
    client = create_app(cluster.services()).test_client()
    for path in (
        "/nodes/n",
        "/nodes/n/tables/things",
        "/fragments/nodes/n/tables/things",
        "/nodes/n/tables/things/rows.csv",
    ):
        query = {"sort": sort, "filter": wanted.encode("utf-8", "replace"), "group": sort.lstrip("-")}
        response = await client.get(path, query_string=query)
        assert response.status_code == 200
    answer = json.loads(await (await client.get("/api/v1/nodes/n/tables/things")).get_data())
    numbers = [number for row in answer["rows"] for part in ("values", "rates") for number in row[part].values()]
    assert all(number is None or isfinite(number) for number in numbers)
    assert [column["name"] for column in answer["columns"]] == [column.name for column in table.columns]
