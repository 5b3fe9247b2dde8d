"""REST: lines of a chart, thinned, going on where they ended, and refused in words."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from quart.typing import TestClientProtocol as Client

from gobs_server.api.chart import MAX_VALUES
from gobs_server.http import create_app
from tests.server.feeding import START, Cluster, Machine
from tests.server.tables import CPU, MEMORY, NET, PROCESS
from tests.support.hostile import HOSTILE_NAMES

BUSY = "series=cpu/busy/all"


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def machine(cluster: Cluster) -> Machine:
    made = cluster.machine("node-1", CPU, MEMORY, NET, PROCESS)
    for at in range(120):
        made.feed(rows(at), after=1)
    return made


def rows(at: int) -> Any:
    return {
        CPU: [("0", at * 10), ("all", at * at)],
        MEMORY: [(1000, 1000 - at)],
        NET: [("eth0", "physical", at * 1000), ("lo", "loopback", at * 5)],
        PROCESS: [("1", "7", "init", at, at)],
    }


@pytest.fixture
def client(cluster: Cluster, machine: Machine) -> Client:
    return create_app(cluster.services()).test_client()


async def get(client: Client, query: str, status: int = 200) -> Any:
    response = await client.get(f"/api/v1/nodes/node-1/chart?{query}")
    assert response.status_code == status, await response.get_data()
    return await response.get_json(force=True)


async def test_lines_come_by_table_with_the_times_they_share(client: Client) -> None:
    answer = await get(client, f"{BUSY}&series=memory/total&series=cpu/user/0&series=net/receive_bytes&step=0&since=10")
    cpu, memory, net = answer["tables"]
    assert (cpu["table"], memory["table"], net["table"]) == ("cpu", "memory", "net")
    assert [(line["column"], line["key"], line["rate"]) for line in cpu["lines"]] == [
        ("busy", ["all"], False),
        ("user", ["0"], True),
    ]
    assert memory["lines"][0] == {"column": "total", "key": [], "rate": False, "values": [1_024_000.0] * 11}
    assert net["lines"][0] == {"column": "receive_bytes", "key": None, "rate": True, "values": [1000.0] * 11}
    assert cpu["times"] == [START + at for at in range(110, 121)]
    assert cpu["lines"][1]["values"] == pytest.approx([0.1] * 11)
    assert answer["history"] == pytest.approx([START + 1, START + 120])


async def test_what_is_not_known_is_null(client: Client) -> None:
    answer = await get(client, f"{BUSY}&step=0&since=3600")
    assert answer["tables"][0]["lines"][0]["values"][:2] == [None, 1.0]


async def test_a_chart_has_no_more_steps_than_pixels_and_says_how_long_they_are(client: Client) -> None:
    answer = await get(client, f"{BUSY}&series=cpu/user/0&since=119&points=20")
    assert answer["step"] == 10
    assert answer["since"] == START
    times = answer["tables"][0]["times"]
    assert len(times) <= 26
    values = answer["tables"][0]["lines"][0]["values"]
    assert max(value for value in values if value is not None) == pytest.approx(237)
    stacked = await get(client, f"{BUSY}&series=cpu/user/0&since=119&points=20&stacked=cpu")
    for time, busy in zip(
        stacked["tables"][0]["times"][1:], stacked["tables"][0]["lines"][0]["values"][1:], strict=True
    ):
        assert busy == pytest.approx(2 * (time - START) - 3)


async def test_a_chart_goes_on_where_it_ended(client: Client, machine: Machine) -> None:
    query = f"{BUSY}&series=net/receive_bytes&step=10"
    shown = await get(client, f"{query}&since={START + 1}")
    for at in range(120, 134):
        machine.feed(rows(at), after=1)
    last = shown["tables"][0]["times"][-1] // 10 * 10
    more = await get(client, f"{query}&since={last}")
    whole = await get(client, f"{query}&since={START + 1}")
    for before, news, after in zip(shown["tables"], more["tables"], whole["tables"], strict=True):
        kept = sum(time < more["since"] for time in before["times"])
        assert before["times"][:kept] + news["times"] == after["times"]
        for old, new, all_of_it in zip(before["lines"], news["lines"], after["lines"], strict=True):
            assert old["values"][:kept] + new["values"] == all_of_it["values"]


async def test_nothing_new_costs_a_304(client: Client, machine: Machine) -> None:
    path = f"/api/v1/nodes/node-1/chart?{BUSY}&step=10&since={START}"
    tag = (await client.get(path)).headers["ETag"]
    assert (await client.get(path, headers={"If-None-Match": tag})).status_code == 304
    machine.feed({MEMORY: [(1, 1)]}, after=1)
    assert (await client.get(path, headers={"If-None-Match": tag})).status_code == 304
    machine.feed(rows(125), after=1)
    assert (await client.get(path, headers={"If-None-Match": tag})).status_code == 200
    assert (await client.get(f"{path}1", headers={"If-None-Match": tag})).status_code == 200


@pytest.mark.parametrize("name", HOSTILE_NAMES)
async def test_any_name_of_a_row_can_be_asked_for(cluster: Cluster, name: str) -> None:
    machine = cluster.machine("n", NET)
    for at in range(2):
        machine.feed({NET: [(name[:256], "physical", at * 5)]}, after=5)
    client = create_app(cluster.services()).test_client()
    series = quote(f"net/receive_bytes/{quote(name[:256], safe='')}", safe="")
    answer = await (await client.get(f"/api/v1/nodes/n/chart?series={series}&step=0")).get_json()
    assert answer["tables"][0]["lines"][0]["values"] == [None, 1.0]


@pytest.mark.parametrize(
    ("query", "where", "status"),
    [
        ("", "query.series", 422),
        ("series=", "query.series", 422),
        ("series=cpu", "query.series", 422),
        ("series=cpu/busy/all/more", "query.series", 422),
        ("series=memory/total/x", "query.series", 422),
        ("series=process/rss/1", "query.series", 422),
        ("&".join([BUSY] * 65), "query.series", 422),
        (f"{BUSY}&since=10&until=20", "query.since", 422),
        (f"{BUSY}&since=yesterday", "query.since", 422),
        (f"{BUSY}&since=1e300", "query.since", 422),
        (f"{BUSY}&points=1000000", "query.points", 422),
        (f"{BUSY}&points=-1", "query.points", 422),
        (f"{BUSY}&step=-1", "query.step", 422),
        (f"{BUSY}&step=nan", "query.step", 422),
        (f"{BUSY}&step=0.1&since=3600", "query.step", 422),
        (f"{BUSY}&nonsense=1", "query.nonsense", 422),
        ("series=nothing/busy", None, 404),
        ("series=%2e%2e/busy", None, 404),
        ("series=cpu/nothing", None, 404),
        ("series=process/comm/1/7", None, 404),
    ],
)
async def test_a_bad_question_is_refused_in_words(client: Client, query: str, where: str | None, status: int) -> None:
    problem = await get(client, query, status)
    assert problem["detail"]
    assert [fault["where"] for fault in problem["errors"]] == ([where] if where else [])


async def test_a_time_of_which_nothing_is_kept_is_empty_and_says_what_there_is(client: Client) -> None:
    answer = await get(client, f"{BUSY}&since={START - 9000}&until={START - 5000}")
    assert answer["tables"][0]["times"] == []
    assert answer["history"] == pytest.approx([START + 1, START + 120])


async def test_a_row_that_never_was_is_unknown_and_not_refused(client: Client) -> None:
    answer = await get(client, "series=process/rss/9/9&step=0")
    assert answer["tables"][0]["lines"][0]["values"] == []


async def test_an_answer_has_only_so_many_values(cluster: Cluster, client: Client, machine: Machine) -> None:
    many = "&".join(f"series=net/receive_bytes/{number}" for number in range(60))
    for at in range(MAX_VALUES // 60 + 10):
        machine.feed({NET: [("0", "physical", at)]}, after=1)
    problem = await get(client, f"{many}&step=0&since=3600", 422)
    assert problem["errors"][0]["where"] == "query.step"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1 / 3, 0.3333333), (123456789.123, 123456800.0), (1e300, 1e300), (5e-324, 5e-324), (0.0, 0.0), (-2.5, -2.5)],
)
async def test_numbers_have_seven_digits_whatever_their_size(value: float, shown: float) -> None:
    from gobs_core import Table, gauge

    table = Table("t", "", [gauge("v", "")])
    cluster = Cluster()
    cluster.machine("n", table).feed({table: [(value,)]}, after=1)
    client = create_app(cluster.services()).test_client()
    answer = await (await client.get("/api/v1/nodes/n/chart?series=t/v&step=0")).get_json()
    assert answer["tables"][0]["lines"][0]["values"] == [shown]
