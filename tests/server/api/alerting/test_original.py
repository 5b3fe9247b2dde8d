"""The original's routes for alerts: what its clients sent is understood, and they are answered in its words."""

from __future__ import annotations

from typing import Any

import pytest
from quart.typing import TestClientProtocol as Client

from tests.server.alerts.living import Living
from tests.server.pods import TABLES, pod, rows
from tests.server.tables import MEMORY

RULE = {
    "target": "pod:web-1",
    "metric": "memory",
    "operator": ">",
    "threshold": 80,
    "resolve_threshold": 70,
    "duration_seconds": 0,
    "discord_frequency_minutes": 10,
    "discord_mentions": "@here",
}


async def ask(client: Client, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    response = await client.open(f"/api/alerts/{path}", method=method, json=body)
    found = await response.get_json()
    assert response.status_code == status, found
    return found


async def feed(living: Living, machine: Any, used: int) -> None:
    here = rows([pod("u1", "web-1", memory_working_set=used, memory_limit=100)], [], [])
    machine.feed({**here, MEMORY: [(16 << 20, 1 << 20)]}, after=5)
    await living.settled()


async def test_a_rule_of_theirs_lives_its_whole_life(client: Client, living: Living) -> None:
    machine = living.cluster.machine("n1", *TABLES, MEMORY)
    await feed(living, machine, 10)
    made = await ask(client, "POST", "n1", RULE, 201)
    assert {name: made[name] for name in RULE} == RULE
    assert (made["node_name"], made["enabled"]) == ("n1", True)
    again = await ask(client, "POST", "n1", RULE, 201)
    assert again["id"] != made["id"]
    await ask(client, "DELETE", f"n1/{again['id']}")
    changed = await ask(client, "PUT", f"n1/{made['id']}", {**RULE, "threshold": 90})
    assert (changed["id"], changed["threshold"], changed["created_at"]) == (made["id"], 90, made["created_at"])
    await feed(living, machine, 95)
    found = await ask(client, "GET", "n1")
    assert [rule["id"] for rule in found["rules"]] == [made["id"]]
    [alert] = found["active_alerts"]
    assert (alert["target"], alert["status"], alert["current_value"], alert["threshold_value"]) == (
        "pod:web-1", "firing", 95, 90,
    )  # fmt: skip
    for method, body in (("PUT", RULE), ("DELETE", None)):
        refused = await ask(client, method, f"n1/{made['id']}", body, 409)
        assert "dismiss what fires" in refused["error"]
    assert await ask(client, "PUT", f"dismiss/{alert['id']}") == {"message": "Alert dismissed successfully"}
    assert await ask(client, "PUT", f"dismiss/{alert['id']}", None, 404) == {"error": "Active alert not found"}
    [past] = (await ask(client, "GET", "n1/history?days=1"))["alerts"]
    assert (past["id"], past["status"]) == (alert["id"], "resolved")
    assert await ask(client, "DELETE", f"n1/{made['id']}") == {"message": "Rule deleted successfully"}
    assert await ask(client, "GET", "n1") == {"rules": [], "active_alerts": []}


@pytest.mark.parametrize(
    ("change", "said"),
    [({"metric": "load"}, "metric"), ({"operator": "=="}, "operator"), ({"target": "pod"}, "target"),
     ({"resolve_threshold": 90}, "clear_threshold")],
)  # fmt: skip
async def test_what_is_wrong_with_a_rule_is_said_and_nothing_saved(
    client: Client, living: Living, change: dict[str, Any], said: str
) -> None:
    refused = await ask(client, "POST", "n1", {**RULE, **change}, 400)
    assert said in refused["error"]
    assert living.alerts.book.rules == {}


async def test_rules_they_could_not_have_had_are_not_theirs(client: Client, living: Living) -> None:
    rule = await living.rule()
    assert (await ask(client, "GET", "n1"))["rules"] == []
    assert await ask(client, "DELETE", f"n1/{rule.id}", None, 404) == {"error": "Rule not found"}
    hostile = await ask(client, "POST", "n1", {**RULE, "target": "pod:!a*[b]?"}, 201)
    assert hostile["target"] == "pod:!a*[b]?"
    assert [one["target"] for one in (await ask(client, "GET", "n1"))["rules"]] == ["pod:!a*[b]?"]


async def test_the_address_of_a_nodes_alerts_leads_to_them(client: Client, living: Living) -> None:
    living.machine("n1")
    response = await client.get("/alerts/n1")
    assert (response.status_code, response.headers["Location"]) == (303, "/alerts?node=n1")
