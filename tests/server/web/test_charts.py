"""Which charts a page draws: any table's, from its declaration alone."""

from __future__ import annotations

import html
import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from quart.typing import TestClientProtocol as Client

from gobs_core import Chart, Table, Thresholds, Total, Unit, counter, derived, gauge, info, key
from gobs_server.http import create_app
from gobs_server.tables import View
from gobs_server.web.drawings import MOST_LINES, called, of_row, of_table
from tests.server.feeding import Cluster, Machine
from tests.server.tables import CPU, CPU_ROWS, MEMORY, NET, PROCESS, processes
from tests.support.hostile import HOSTILE_NAMES

ASKING = Table(
    "asking",
    "Asks for charts",
    [
        key("k", ""),
        counter("a_bytes", "How many", Unit.BYTES),
        counter("b_bytes", "", Unit.BYTES),
        gauge("level", "", Unit.CELSIUS),
    ],
    total=Total("k", frozenset({"x"})),
    charts=[
        Chart("a_bytes", "b_bytes", title="Both", stacked=True),
        Chart("a_bytes", title="By row", each=True),
        Chart("level", each=True, top=90),
    ],
)


def view(table: Table, *rows: Any) -> View:
    machine = Cluster().machine("n", table)
    for _ in range(2):
        machine.feed({table: rows}, after=5)
    return machine.node.tables[table.name].view()


def test_charts_that_are_asked_for_are_drawn_as_asked() -> None:
    whole, each, level = of_table(view(ASKING, ("x", 1, 2, 3), ("y", 1, 2, 3)), {})
    assert (whole.title, whole.stacked, whole.symbol, whole.rate) == ("Both", True, "B/s", True)
    assert [line.label for line in whole.lines] == ["a", "b"]
    assert [line.series for line in whole.lines] == ["asking/a_bytes", "asking/b_bytes"]
    assert [(line.label, line.series) for line in each.lines] == [("x", "asking/a_bytes/x"), ("y", "asking/a_bytes/y")]
    assert (level.title, level.top, level.unit) == ("level, by k", 90, "celsius")


def test_thresholds_that_a_column_declares_are_drawn_where_they_hold_and_said() -> None:
    limits = Thresholds(warning=80, critical=95)
    table = Table(
        "t",
        "",
        [
            key("k", ""),
            gauge("level", "", Unit.CELSIUS, thresholds=limits),
            derived("share", "", "level", Unit.PERCENT, thresholds=Thresholds(critical=10, below=True)),
            gauge("more", "", Unit.CELSIUS),
        ],
        total=Total("k", frozenset({"x"})),
        charts=[Chart("level", each=True), Chart("level"), Chart("share"), Chart("level", "more", stacked=True)],
    )
    each, total, share, stack = of_table(view(table, ("x", 1, 2), ("y", 1, 2)), {})
    told = [(one.said, dict(one.limits)) for one in (each, total, share, stack)]
    assert told == [
        ("warning above 80 \N{DEGREE SIGN}C, critical above 95 \N{DEGREE SIGN}C", {"warning": 80, "critical": 95}),
        ("", {}),  # a limit of one row is none of the sum of all
        ("critical below 10 %", {"critical": 10}),
        ("", {}),
    ]
    assert json.loads(each.plan)["limits"] == [["warning", 80], ["critical", 95]]
    assert of_row(table, ("x",), {})[0][0].limits == each.limits


def test_of_one_row_every_column_is_drawn_once_and_those_asked_for_first() -> None:
    drawn, rest = of_row(ASKING, ("x",), {})
    assert rest == []
    assert [chart.title for chart in drawn] == ["Both", "level"]
    assert [line.series for line in drawn[0].lines] == ["asking/a_bytes/x", "asking/b_bytes/x"]


def test_a_table_that_asks_for_none_gets_what_kind_and_unit_suggest() -> None:
    plain = Table("plain", "", [*(gauge(f"g{n}", "") for n in range(10)), derived("share", "", "g0", Unit.PERCENT)])
    drawn = of_table(view(plain, tuple(range(10))), {})
    assert [(chart.unit, len(chart.lines)) for chart in drawn] == [("percent", 1), ("none", MOST_LINES), ("none", 2)]
    assert drawn[0].lines[0].series == "plain/share"


def test_of_many_rows_those_with_most_of_it_now_are_drawn() -> None:
    keyed = Table("keyed", "", [key("k", ""), info("name", ""), gauge("heat", "", Unit.CELSIUS)])
    rows = [(str(n), f"core {n}", float(n)) for n in range(19)] + [("cold", None, None)]
    (drawn,) = of_table(view(keyed, *rows), {})
    assert [line.label for line in drawn.lines] == [f"core {n} {n}" for n in range(11, 19)]
    assert drawn.left_out == 12
    assert drawn.title == "heat, by k"


def test_a_row_is_called_by_its_name_where_it_has_one() -> None:
    some = view(PROCESS, *processes(1))
    assert called(some, 0) == "worker-1 1"
    assert called(view(NET, ("eth0", "physical", 1)), 0) == "eth0"


def test_why_a_line_is_not_known_is_said() -> None:
    (drawn,) = of_table(view(MEMORY, (1, 1)), {"used_percent": "an old kernel"})[:1]
    assert drawn.lines[0].help == "used as a share of total · not known: an old kernel"


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_hostile_name_is_a_label_and_nothing_else(name: str) -> None:
    some = view(NET, (name[:200], "physical", 1))
    for chart in [*of_row(some.table, some.keys[0], {})[0], *of_table(some, {})]:
        for line in chart.lines:
            assert re.fullmatch(r"[\w%.~/-]+", line.series)
        assert json.loads(chart.plan)["series"] == [line.series for line in chart.lines]


@pytest.fixture
def node(cluster: Cluster) -> Machine:
    made = cluster.machine("node-1", ASKING, CPU, MEMORY)
    for rows in CPU_ROWS:
        made.feed({CPU: rows, MEMORY: [(1, 1)], ASKING: [("x", 1, 2, 3.0)]}, after=5)
    return made


async def page(client: Client, path: str) -> str:
    response = await client.get(path)
    assert response.status_code == 200
    return await response.get_data(as_text=True)


def plans(content: str) -> list[Any]:
    return [json.loads(html.unescape(plan)) for plan in re.findall(r'data-chart="([^"]*)"', content)]


async def test_a_nodes_page_draws_what_its_tables_ask_for(client: Client, node: Machine) -> None:
    content = await page(client, "/nodes/node-1")
    assert [plan["table"] for plan in plans(content)] == ["asking"] * 3
    assert "2 more charts" in content
    assert 'data-node="node-1"' in content


async def test_any_tables_page_has_charts(client: Client, node: Machine) -> None:
    assert {plan["series"][0] for plan in plans(await page(client, "/nodes/node-1/tables/memory"))} == {
        "memory/used_percent",
        "memory/total",
    }


async def test_every_line_of_a_page_can_be_asked_for(client: Client, node: Machine) -> None:
    for path in ("/nodes/node-1", "/nodes/node-1/tables/cpu", "/nodes/node-1/tables/memory"):
        for plan in plans(await page(client, path)):
            query = "&".join(f"series={quote(series, safe='')}" for series in plan["series"])
            assert (await client.get(f"/api/v1/nodes/node-1/chart?{query}")).status_code == 200


@pytest.mark.parametrize(
    ("retention", "query", "names", "shown"),
    [
        (3600, "", ["300", "900", "all"], "900"),
        (3600, "?range=all", ["300", "900", "all"], "3600"),
        (3600, "?range=300", ["300", "900", "all"], "300"),
        (3600, "?range=1e300", ["300", "900", "all"], "900"),
        (3600, "?range=<b>", ["300", "900", "all"], "900"),
        (86400, "", ["300", "900", "3600", "21600", "all"], "900"),
        (60, "", ["all"], "60"),
    ],
)
async def test_as_much_time_can_be_shown_as_is_kept(retention: int, query: str, names: list[str], shown: str) -> None:
    from gobs_server.history import History
    from tests.server.feeding import HeldClock

    clock = HeldClock()
    cluster = Cluster(clock, history=History(clock, retention=retention))
    cluster.machine("n", MEMORY).feed({MEMORY: [(1, 1)]}, after=5)
    content = await page(create_app(cluster.services()).test_client(), f"/nodes/n/tables/memory{query}")
    assert re.findall(r'href="/nodes/n/tables/memory\?range=(\w+)"', content) == names
    assert re.findall(r'data-range="([\d.]+)"[^>]* aria-current', content) == [shown]
