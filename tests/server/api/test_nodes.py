"""Nodes, plugins, history and inspection over REST."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec
import pytest
from quart.typing import TestClientProtocol as Client

from gobs_core import PluginState, Table, Thresholds, Unit, gauge
from gobs_server.http import create_app
from gobs_server.services import InspectError, NoAnswer, NotConnected, Refused, TooManyRequests
from tests.server.api.test_tables import get
from tests.server.feeding import START, Cluster, Machine
from tests.server.tables import PROCESS, processes


async def test_a_node_is_told_with_its_state(client: Client) -> None:
    (node,) = (await get(client, "/nodes"))["nodes"]
    assert node["name"] == "node-1"
    assert node["state"] == "fresh"
    assert node["last_seen"] == START + 5
    assert node["tables"] == ["cpu", "memory", "process"]


async def test_a_silent_node_is_stale_then_down(cluster: Cluster, client: Client) -> None:
    for seconds, state in ((15, "stale"), (120, "down")):
        cluster.clock.now += seconds
        cluster.live.age()
        assert (await get(client, "/nodes"))["nodes"][0]["state"] == state


async def test_one_node_is_told_with_plugins_and_the_past_that_is_kept(client: Client) -> None:
    answer = await get(client, "/nodes/node-1")
    assert answer["plugins"][0]["name"] == "process"
    assert answer["history"] == [START, START + 5]


async def test_the_tables_of_a_node_are_told_with_their_columns(client: Client) -> None:
    tables = (await get(client, "/nodes/node-1/tables"))["tables"]
    assert [(table["name"], table["rows"]) for table in tables] == [("cpu", 2), ("memory", 1), ("process", 3)]


async def test_an_unknown_node_is_a_problem_that_says_where_to_look(client: Client) -> None:
    problem = await get(client, "/nodes/elsewhere", 404)
    assert problem["detail"] == "no node is named 'elsewhere'; GET /api/v1/nodes lists them"


async def test_a_cell_over_time_is_a_rate_for_a_counter_and_a_level_for_the_rest(client: Client) -> None:
    series = await get(client, "/nodes/node-1/history?table=cpu&column=user&key=all")
    assert series["rate"] is True
    assert series["points"][-1] == [START + 5, 0.5]
    assert series["points"][0][1] is None
    levels = await get(client, "/nodes/node-1/history?table=cpu&column=user&key=all&rate=false&since=60")
    assert levels["points"] == [[START, 1.5], [START + 5, 4.0]]
    gauge = await get(client, "/nodes/node-1/history?table=memory&column=total")
    assert (gauge["rate"], gauge["points"][0][1]) == (False, 16_000 * 1024)


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("", "query.table"),
        ("table=cpu&column=user", "query.key"),
        ("table=process&column=rss&key=1", "query.key"),
        ("table=memory&column=total&rate=true", "query.rate"),
        ("table=memory&column=total&rate=perhaps", "query.rate"),
        ("table=memory&column=total&since=10&until=20", "query.since"),
        ("table=memory&column=total&until=soon", "query.until"),
    ],
)
async def test_a_wrong_history_query_names_the_parameter(client: Client, query: str, where: str) -> None:
    problem = await get(client, f"/nodes/node-1/history?{query}", 422)
    assert where in {fault["where"] for fault in problem["errors"]}


async def test_a_column_that_is_not_there_or_has_no_numbers_is_not_found(client: Client) -> None:
    problem = await get(client, "/nodes/node-1/history?table=process&column=comm&key=1&key=77", 404)
    assert problem["detail"].endswith("it has rss, read_bytes, cpu")


async def test_a_process_is_inspected_by_its_pid(cluster: Cluster, client: Client) -> None:
    cluster.answering.answer = {"threads": [{"tid": 2}], "smaps": {"unknown": "needs CAP_SYS_PTRACE"}}
    answer = await get(client, "/nodes/node-1/processes/2/inspect?sections=threads,smaps,threads&timeout=2")
    assert answer == {
        "node": "node-1",
        "pid": 2,
        "key": {"pid": "2", "start": "77"},
        "sections": cluster.answering.answer,
    }
    assert cluster.answering.asked == [("node-1", "process", ("2", "77"), ("threads", "smaps"), 2.0)]


async def test_of_a_reused_pid_the_newest_process_is_inspected(
    cluster: Cluster, machine: Machine, client: Client
) -> None:
    machine.feed({PROCESS: [("2", "99", "old", 1, 1), ("2", "100", "new", 1, 1)]}, after=5)
    await get(client, "/nodes/node-1/processes/2/inspect")
    assert cluster.answering.asked[0][2] == ("2", "100")


@pytest.mark.parametrize(
    ("error", "status"),
    [(NotConnected("no agent"), 503), (NoAnswer("late"), 504), (TooManyRequests("busy"), 429), (Refused("gone"), 502)],
)
async def test_why_an_agent_did_not_answer_is_passed_on(
    cluster: Cluster, client: Client, error: InspectError, status: int
) -> None:
    cluster.answering.answer = error
    problem = await get(client, "/nodes/node-1/processes/2/inspect", status)
    assert problem["detail"] == str(error)


@pytest.mark.parametrize("pid", ["0", "-1", "abc", "99999999999", "1.5"])
async def test_a_pid_is_a_number(client: Client, pid: str) -> None:
    problem = await get(client, f"/nodes/node-1/processes/{pid}/inspect", 422)
    assert problem["errors"][0]["where"] == "path.pid"


async def test_a_process_that_is_not_there_is_not_found(client: Client) -> None:
    await get(client, "/nodes/node-1/processes/4242/inspect", 404)


async def test_plugins_are_told_by_where_they_are_loaded(cluster: Cluster, client: Client) -> None:
    cluster.own = (PluginState(kind="plugin", name="broken", state="broken", error="ImportError: no"),)
    answer: Any = await get(client, "/plugins")
    assert [plugin["name"] for plugin in answer["server"]] == ["broken"]
    assert [plugin["name"] for plugin in answer["nodes"]["node-1"]] == ["process"]


async def test_of_a_plugin_all_is_told_what_it_needs_and_printed_too(cluster: Cluster, client: Client) -> None:
    plugin = PluginState(
        kind="collector", name="entropy", distribution="gobs-plugin-entropy", version="1.2", api=1, state="failing",
        error="OSError: no", trace="Traceback", runs=7, failures=3, rows=12, duration=0.25, cpu=0.125,
        memory=30 << 20, runs_in="worker", pid=4242, restarts=2, succeeded=1.7e9, printed="warming up\ndone",
        needs={"CAP_SYS_PTRACE": False, "Linux 5.2": True}, unknown={"entropy.bits": "an old kernel"},
    )  # fmt: skip
    cluster.live.set_plugins(cluster.live.nodes()[0], (plugin,))
    answer: Any = await get(client, "/plugins")
    assert answer["nodes"]["node-1"] == [msgspec.json.decode(msgspec.json.encode(plugin))]
    assert answer["nodes"]["node-1"][0]["needs"] == {"CAP_SYS_PTRACE": False, "Linux 5.2": True}
    assert answer["nodes"]["node-1"][0]["printed"] == "warming up\ndone"


async def test_an_answer_that_did_not_change_costs_a_304(machine: Machine, client: Client) -> None:
    for path in ("/nodes", "/nodes/node-1", "/nodes/node-1/tables", "/nodes/node-1/tables/process", "/plugins"):
        first = await client.get(f"/api/v1{path}")
        tag = first.headers["ETag"]
        again = await client.get(f"/api/v1{path}", headers={"If-None-Match": f'"other", W/{tag}'})
        assert (again.status_code, await again.get_data()) == (304, b"")
        assert again.headers["ETag"] == tag
        machine.feed({PROCESS: processes(3)}, after=5)
        if path == "/plugins":
            same = await client.get(f"/api/v1{path}", headers={"If-None-Match": tag})
            assert same.status_code == 304
            machine.cluster.live.set_plugins(machine.node, ())
        changed = await client.get(f"/api/v1{path}", headers={"If-None-Match": tag})
        assert changed.status_code == 200, path


async def test_what_was_asked_is_part_of_the_tag(client: Client) -> None:
    one = await client.get("/api/v1/nodes/node-1/tables/cpu?limit=1")
    two = await client.get("/api/v1/nodes/node-1/tables/cpu?limit=2", headers={"If-None-Match": one.headers["ETag"]})
    assert two.status_code == 200


async def test_what_a_rival_would_need_to_take_a_node_over_is_not_told(machine: Machine, client: Client) -> None:
    for path in ("/nodes", "/nodes/node-1"):
        assert machine.node.run.encode() not in await (await client.get(f"/api/v1{path}")).get_data()


async def test_a_table_that_is_read_no_more_is_said_to_be_stale(machine: Machine, client: Client) -> None:
    for _ in range(4):
        machine.feed({PROCESS: processes(3)}, after=5)
    tables: Any = await get(client, "/nodes/node-1/tables")
    assert {table["name"]: table["stale"] for table in tables["tables"]} == {
        "cpu": True,
        "memory": True,
        "process": False,
    }
    for name, stale in (("cpu", True), ("process", False)):
        table: Any = await get(client, f"/nodes/node-1/tables/{name}")
        assert table["stale"] == stale


async def test_a_plugin_in_quarantine_is_tried_again_when_somebody_says_so(cluster: Cluster, client: Client) -> None:
    asked: list[tuple[str, str, str]] = []

    def retry(node: str, kind: str, name: str) -> bool:
        asked.append((node, kind, name))
        return len(asked) == 1

    client = create_app(dataclasses.replace(cluster.services(), retry_plugin=retry)).test_client()
    wanted = {"node": "node-1", "kind": "collector", "name": "process"}
    answer = await client.post("/api/v1/plugins/retry", json=wanted)
    told = await answer.get_json()
    assert (answer.status_code, told["name"], told["state"]) == (202, "process", "starting")
    assert asked == [("node-1", "collector", "process")]
    for body, status in (
        (wanted, 409),
        ({**wanted, "name": "nobody"}, 404),
        ({**wanted, "node": "nowhere"}, 404),
        ({**wanted, "node": ""}, 404),
        ({"kind": "collector"}, 422),
    ):
        assert (await client.post("/api/v1/plugins/retry", json=body)).status_code == status, body


async def test_why_a_plugin_is_not_tried_again_is_one_reason_and_not_two(cluster: Cluster, client: Client) -> None:
    own = (PluginState(kind="notifier", name="line", state="failing"),)
    services = dataclasses.replace(cluster.services(), retry_plugin=lambda *which: False, plugins=lambda: own)
    client = create_app(services).test_client()
    for body, why in (
        ({"kind": "notifier", "name": "line"}, "it is in no quarantine: it is failing, and is asked at its next turn"),
        ({"node": "node-1", "kind": "collector", "name": "process"}, "the agent of node-1 is not connected"),
    ):
        answer = await client.post("/api/v1/plugins/retry", json=body)
        assert answer.status_code == 409
        assert why in (await answer.get_json())["detail"]


async def test_what_an_author_suggests_for_a_rule_is_told(cluster: Cluster, client: Client) -> None:
    level = gauge("level", "How full", Unit.PERCENT, thresholds=Thresholds(80, 95))
    machine = cluster.machine("new", table := Table("tank", "A tank", [level, gauge("plain", "Plain")]))
    machine.feed({table: [(50.0, 1.0)]})
    [table] = (await get(client, "/nodes/new/tables"))["tables"]
    assert [column["thresholds"] for column in table["columns"]] == [
        {"warning": 80, "critical": 95, "below": False},
        None,
    ]
