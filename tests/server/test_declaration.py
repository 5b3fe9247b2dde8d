"""One declaration, everything: what a table says of itself is on pages, in REST, rules, exports and the reference.

Of every built-in table, of the agent's own, and of a stranger's.
"""

from __future__ import annotations

import html
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from quart.typing import TestClientProtocol as Client

from gobs_core import (
    Cell,
    Chart,
    Collector,
    Kind,
    Proc,
    Reading,
    Rows,
    Table,
    Thresholds,
    Unit,
    counter,
    derived,
    gauge,
    info,
    key,
)
from gobs_core.exposition import Exposition, Families
from gobs_core.exposition.rows import expose
from gobs_core.kit.reference.plugins import describe
from gobs_core.plugins import Plugins
from gobs_core.testing import FakeProc, check_collector, collect
from gobs_core.units import UNIT_NAMES
from gobs_server.http import create_app
from scripts.docs.builtin import tables
from tests.docs.markdown import page
from tests.server.alerts.living import Living

TANK = Table(
    "tank",
    "How full the tanks are",
    [
        key("tank", "Which of them"),
        gauge("level", "How full it is", Unit.PERCENT, needs="a float", thresholds=Thresholds(80, 95)),
        counter("drawn", "What was drawn from it", Unit.BYTES, source="/proc/tank"),
        derived("free", "What is left in it", "100 - level", Unit.PERCENT),
        info("owner", "Whose it is"),
    ],
    charts=[Chart("level", title="Fill levels")],
)
TABLES = {TANK.name: TANK} | {declared.table.name: declared.table for declared in tables()}


class Tanks(Collector):
    """Reads a file."""

    name = "tank"
    tables = (TANK,)

    def collect(self, proc: Proc) -> Any:
        """Yield one row."""
        yield Rows(TANK, (("north", float(proc.numbers("tank")[0]), 7, "ann"),))


def row_of(table: Table) -> tuple[Cell, ...]:
    """Return a row with a value in every column."""
    return tuple("a" if column.kind in (Kind.KEY, Kind.INFO) else 1 for column in table.stored)


@pytest.fixture
async def living(tmp_path: Path) -> AsyncIterator[Living]:
    async with Living(tmp_path) as server:
        machine = server.cluster.machine("n", *TABLES.values())
        for after in (0, 5):
            machine.feed({table: [row_of(table)] for table in TABLES.values()}, after=after)
        yield server


@pytest.fixture
def client(living: Living) -> Client:
    import dataclasses

    return create_app(dataclasses.replace(living.cluster.services(), alerts=living.alerts)).test_client()


async def seen(client: Client, path: str) -> str:
    answer = await client.get(path)
    assert answer.status_code == 200, path
    return html.unescape(await answer.get_data(as_text=True))


async def test_on_pages_it_is_the_heading_the_column_its_unit_its_tooltip_and_the_chart(client: Client) -> None:
    node = await seen(client, "/nodes/n")
    for table in TABLES.values():
        assert table.help in node, table.name
        shown = await seen(client, f"/nodes/n/tables/{table.name}")
        for column in table.columns:
            where = f"{table.name}.{column.name}"
            assert column.help in shown, where
            if column.suggested:
                assert f"suggested: {column.suggested}" in shown, where
    tank = await seen(client, "/nodes/n/tables/tank")
    assert "Fill levels" in tank
    assert "How full it is · needs a float · suggested: warning above 80 %, critical above 95 %" in tank
    assert "B/s" in tank


async def test_over_rest_it_is_told_whole(client: Client) -> None:
    told = {table["name"]: table for table in json.loads(await seen(client, "/api/v1/nodes/n/tables"))["tables"]}
    for table in TABLES.values():
        assert told[table.name]["help"] == table.help
        for column, shown in zip(table.columns, told[table.name]["columns"], strict=True):
            limits = column.thresholds
            assert (shown["name"], shown["kind"], shown["help"]) == (column.name, column.kind.value, column.help)
            assert shown["unit"] == column.unit.value
            assert (shown["thresholds"] is None) == (limits is None)
            if limits is not None:
                assert (shown["thresholds"]["warning"], shown["thresholds"]["critical"]) == (
                    limits.warning, limits.critical,
                )  # fmt: skip


async def test_a_rule_may_be_made_of_every_number_in_it_with_its_help_and_what_is_suggested(client: Client) -> None:
    editor = await seen(client, "/alerts/rules/new")
    for table in TABLES.values():
        for column in table.columns:
            if column.numeric:
                assert f"{table.name}.{column.name}" in editor
                assert column.help in editor
    assert "How full it is; suggested: warning above 80 %, critical above 95 %" in editor


@pytest.mark.parametrize("name", TABLES)
def test_exported_it_has_its_name_its_help_its_type_and_its_unit(name: str) -> None:
    table = TABLES[name]
    families = Families([table])
    out = Exposition("openmetrics", series=10_000, rows=100)
    expose(out, "n", [Reading(table, (row_of(table),), 0)], families)
    told = {one.name: one for one in text_string_to_metric_families(out.text().decode())}  # type: ignore[no-untyped-call]
    exposed = {family.column.name: family for family in families.of(table) if family.column is not None}
    for column in table.columns:
        if column.numeric and not (column.expression is not None and "rate(" in column.expression.text):
            family = told[exposed[column.name].name]
            assert family.documentation.startswith(column.help.rstrip("."))
            assert family.type == ("counter" if column.kind is Kind.COUNTER else "gauge")
            assert family.unit == exposed[column.name].unit


@pytest.mark.parametrize("name", TABLES)
def test_the_reference_has_every_column_whoever_declared_it(name: str) -> None:
    table = TABLES[name]
    plugins = Plugins(collectors={"tank": Tanks})
    text = describe("collector", "tank", Tanks, plugins) if table is TANK else page("docs/reference.md").section(name)
    exported = text if table is TANK else page("docs/exports.md").section(name)
    for column in table.columns:
        [line] = [one for one in text.splitlines() if one.startswith(f"| `{column.name}` | {column.kind.value} |")]
        assert column.help.rstrip(".").replace("|", "\\|") in line
        if column.numeric and column.unit is not Unit.NONE:
            assert f"| {column.unit.value} |" in line
        for more in (column.needs, column.suggested):
            assert more in line
        if column.kind in (Kind.COUNTER, Kind.GAUGE):
            assert f"`gobs.{name}.{column.name}`" in exported


def test_a_test_of_its_author_names_the_columns_as_declared(proc: FakeProc) -> None:
    proc.write("tank", "42\n")
    assert collect(Tanks, proc) == {"tank": [{"tank": "north", "level": 42.0, "drawn": 7, "owner": "ann"}]}
    check_collector(Tanks, proc)


def test_every_unit_has_a_name_on_pages_and_in_both_exports() -> None:
    assert set(UNIT_NAMES) == set(Unit)
