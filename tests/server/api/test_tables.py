"""The rows of a table over REST, now and as they were."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from quart.typing import TestClientProtocol as Client

from tests.server.feeding import START, Cluster, Machine
from tests.server.tables import CPU, CPU_ROWS, PROCESS, processes


async def get(client: Client, path: str, status: int = 200) -> Any:
    raw = f"/api/v1{path}".partition("?")[0].encode()  # as a web server hands it over: still encoded
    response = await client.get(f"/api/v1{path}", scope_base={"raw_path": raw})
    assert response.status_code == status, await response.get_data(as_text=True)
    return await response.get_json(force=True)


async def test_a_row_has_its_keys_values_and_rates(client: Client) -> None:
    answer = await get(client, "/nodes/node-1/tables/cpu")
    assert answer["rows"][0] == {
        "keys": {"cpu": "0"},
        "infos": {},
        "values": {"user": 3.5, "busy": 50.0},
        "rates": {"user": 0.5},
    }
    assert answer["at"] == START + 5
    assert answer["totals"] == {"user": 0.5, "busy": 50.0}


async def test_what_is_not_known_is_null(cluster: Cluster, machine: Machine, client: Client) -> None:
    machine.feed({PROCESS: [("9", "1", None, None, None)]}, after=5)
    row = (await get(client, "/nodes/node-1/tables/process"))["rows"][0]
    assert row["infos"] == {"comm": None}
    assert row["values"] == {"rss": None, "read_bytes": None, "cpu": None}
    assert row["rates"] == {"read_bytes": None}


async def test_a_column_is_told_with_unit_kind_help_and_why_it_is_not_known(client: Client) -> None:
    columns = {column["name"]: column for column in (await get(client, "/nodes/node-1/tables/process"))["columns"]}
    assert columns["read_bytes"] == {
        "name": "read_bytes",
        "kind": "counter",
        "help": "Bytes read",
        "unit": "bytes",
        "rate_unit": "bytes/s",
        "expression": None,
        "needs": "CAP_SYS_PTRACE",
        "source": "/proc/PID/io",
        "private": False,
        "thresholds": None,
        "unknown": "needs CAP_SYS_PTRACE, which the agent lacks",
    }
    assert columns["cpu"]["expression"] == "100 * rate(read_bytes)"


async def test_at_looks_back(client: Client) -> None:
    then = await get(client, f"/nodes/node-1/tables/cpu?at={START + 2}")
    assert then["at"] == START
    assert [row["values"]["user"] for row in then["rows"]] == [1.0, 1.5]
    assert (await get(client, "/nodes/node-1/tables/cpu?at=2026-01-01T00:00:02Z"))["at"] == START
    assert (await get(client, "/nodes/node-1/tables/cpu?at=3"))["at"] == START


async def test_before_anything_was_kept_there_is_nothing(client: Client) -> None:
    problem = await get(client, f"/nodes/node-1/tables/cpu?at={START - 100}", 404)
    assert "history reaches from" in problem["detail"]


async def test_limit_shortens_the_rows_but_not_the_count(client: Client) -> None:
    answer = await get(client, "/nodes/node-1/tables/process?limit=2")
    assert (answer["count"], len(answer["rows"])) == (3, 2)


async def test_every_wrong_parameter_is_named_at_once(client: Client) -> None:
    problem = await get(client, "/nodes/node-1/tables/cpu?limit=0&at=&colour=red", 422)
    wrong = {fault["where"]: fault["expected"] for fault in problem["errors"]}
    assert wrong["query.limit"].startswith("Expected `int` >= 1")
    assert "at, limit" in wrong["query.colour"]
    problem = await get(client, "/nodes/node-1/tables/cpu?at=yesterday", 422)
    assert problem["errors"][0]["where"] == "query.at"
    for text in ("nan", "inf", "-1", "2026-01-01T00:00:00", "9e18", "2026-01-01T00:00:00.0Z%20", "99999999999"):
        await get(client, f"/nodes/node-1/tables/cpu?at={text}", 422)
    await get(client, "/nodes/node-1/tables/cpu?limit=1&limit=2", 422)


async def test_a_name_is_looked_up_whatever_it_holds(cluster: Cluster, client: Client) -> None:
    for name in ("a/b", "../..", "100%", "%2F", "a b", "é", "\u2028", "\x1b[31m", "<script>", "x" * 2000, "?#"):
        cluster.machine(name, CPU).feed({CPU: CPU_ROWS[0]})
        answer = await get(client, f"/nodes/{quote(name, safe='')}/tables/cpu")
        assert answer["node"] == name


async def test_an_unknown_table_says_which_there_are(client: Client) -> None:
    problem = await get(client, "/nodes/node-1/tables/disk", 404)
    assert problem["detail"] == "node 'node-1' has no table 'disk'; it has cpu, memory, process"


async def test_a_table_of_ten_thousand_rows_is_answered_whole(
    cluster: Cluster, machine: Machine, client: Client
) -> None:
    machine.feed({PROCESS: processes(10_000)}, after=5)
    answer = await get(client, "/nodes/node-1/tables/process")
    assert len(answer["rows"]) == answer["count"] == 10_000
    assert answer["rows"][-1]["values"]["rss"] == (1000 + 10_000) * 1024


async def test_a_large_answer_is_made_beside_the_event_loop(machine: Machine, client: Client) -> None:
    machine.feed({PROCESS: processes(2500)}, after=5)
    answer = await get(client, "/nodes/node-1/tables/process?limit=2500")
    assert (answer["count"], len(answer["rows"]), answer["stale"]) == (2500, 2500, False)
    assert len((await get(client, "/nodes/node-1/tables/process?limit=2400"))["rows"]) == 2400
    await get(client, "/nodes/node-1/tables/process?limit=20001", 422)
