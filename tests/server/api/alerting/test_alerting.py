"""REST of alerts: what is asked and what is changed, and what is said no to, field by field."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from quart.typing import TestClientProtocol as Client

from tests.server.alerts.living import Living
from tests.server.alerts.rig import Rig, rule
from tests.server.tables import CPU, CPU_ROWS, MEMORY, MEMORY_ROWS, NET

SMALLEST = {
    "name": "node busy",
    "target": "node",
    "node": "*",
    "metric": "cpu",
    "operator": ">",
    "threshold": 80,
    "for_seconds": 60,
}
LARGE = {"name": "large", "target": "row", "metric": "box.size", "threshold": 50}


async def send(client: Client, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    response = await client.open(f"/api/v1{path}", method=method, json=body)
    found = None if response.status_code == 204 else await response.get_json()
    assert response.status_code == status, found
    return found


def faults(problem: Any) -> dict[str, str]:
    return {one["where"]: one["expected"] for one in problem["errors"]}


async def test_the_smallest_rule_is_accepted_as_it_stands(client: Client, living: Living) -> None:
    machine = living.cluster.machine("worker-1", CPU, MEMORY)
    machine.feed({CPU: CPU_ROWS[0], MEMORY: MEMORY_ROWS})
    made = await send(client, "POST", "/rules", SMALLEST, 201)
    assert made["id"]
    assert made["warnings"] == []
    assert {name: made[name] for name in SMALLEST} == SMALLEST
    assert (made["severity"], made["no_data"], made["enabled"], made["by"]) == ("warning", "keep", True, "local")
    [listed] = (await send(client, "GET", "/rules"))["rules"]
    assert listed["id"] == made["id"]
    assert (await send(client, "GET", f"/rules/{made['id']}"))["name"] == "node busy"


async def test_a_rule_before_any_node_was_heard_of_is_accepted_with_a_warning(client: Client) -> None:
    made = await send(client, "POST", "/rules", SMALLEST, 201)
    assert "node: no node's name matches '*' now" in made["warnings"]


@pytest.mark.parametrize(
    ("change", "where", "expected"),
    [
        ({"metric": "box.sise"}, "body.metric", "box.size"),
        ({"metric": "bux"}, "body.metric", "the nearest are"),
        ({"metric": "box.namespace"}, "body.metric", "box.size"),
        ({"threshold": "much"}, "body.threshold", "a number"),
        ({"threshold": "50 GiB"}, "body.threshold", "a number"),
        ({"threshold": None}, "body.threshold", "a number to compare with"),
        ({"clear_threshold": 60}, "body.clear_threshold", "at most the threshold 50"),
        ({"window": "avg"}, "body.window_seconds", "how much of the past"),
        ({"window": "avg", "window_seconds": 7}, "body.window_seconds", "at least two readings, 10s"),
        ({"window": "avg", "window_seconds": 9000}, "body.window_seconds", "<= 3600"),
        ({"window_seconds": 60}, "body.window", "avg, min or max"),
        ({"where": {"nme": "a"}}, "body.where", "did you mean 'name'?"),
        ({"where": {"size": "a"}}, "body.where", "has numbers"),
        ({"condition": "treshold"}, "body.condition", "did you mean 'threshold'?"),
        ({"condition": "change", "threshold": None}, "body.parameters.change", "a number, got nothing"),
        (
            {"condition": "change", "threshold": None, "parameters": {"change": 1, "witin_seconds": 60}},
            "body.parameters.witin_seconds",
            "did you mean 'within_seconds'?",
        ),
        (
            {"condition": "change", "threshold": None, "parameters": {"change": "1MB"}},
            "body.parameters.change",
            "a number, got '1MB'",
        ),
        ({"parameters": {"x": 1}}, "body.parameters", "nothing"),
        ({"channels": ["memry"]}, "body.channels", "did you mean 'memory'?"),
        ({"runbook": "javascript:alert(1)"}, "body.runbook", "http://"),
        ({"repeat_seconds": 10}, "body.repeat_seconds", "at least 300"),
        ({"severity": "dire"}, "body.severity", "Invalid enum value 'dire'"),
        ({"operator": "=="}, "body.operator", "Invalid enum value '=='"),
        ({"name": ""}, "body.name", "length >= 1"),
        ({"pod": "web-*"}, "body.pod", "only the target pod"),
        ({"levels": [{"severity": "warning", "threshold": 90}]}, "body.levels[0].severity", "a severity of its own"),
        ({"levels": [{"severity": "critical"}]}, "body.levels[0].threshold", "a number to compare with"),
        ({"colour": "red"}, "body.colour", "no such field"),
        ({"for_seconds": -1}, "body.for_seconds", ">= 0"),
    ],
)
async def test_what_is_wrong_with_a_rule_is_told_beside_its_field(
    client: Client, living: Living, change: dict[str, Any], where: str, expected: str
) -> None:
    machine = living.machine()
    await living.feed(machine, {"a": 10.0})
    problem = await send(client, "POST", "/rules", {**LARGE, **change}, 422)
    assert expected in faults(problem)[where], problem
    assert (await send(client, "GET", "/rules"))["rules"] == []


@pytest.mark.parametrize(
    ("change", "way"),
    [
        ({"metric": "network_receive", "value": "level"}, "auto or rate: network_receive is a figure per second"),
        ({"metric": "net.receive_bytes", "value": "level"}, "choose the target row, with the metric net.receive_bytes"),
        ({"metric": "memory.available", "value": "rate"}, "the condition change tells how fast"),
    ],
)
async def test_a_level_that_would_be_judged_as_a_rate_is_refused_with_the_way_to_have_it(
    client: Client, living: Living, change: dict[str, Any], way: str
) -> None:
    machine = living.cluster.machine("worker-1", NET, MEMORY)
    machine.feed({NET: [("eth0", "physical", 7)], MEMORY: MEMORY_ROWS})
    body = {"name": "much", "target": "node", "threshold": 5, **change}
    assert way in faults(await send(client, "POST", "/rules", body, 422))["body.value"]
    assert (await send(client, "GET", "/rules"))["rules"] == []


async def test_the_level_of_a_counter_of_a_row_is_judged_as_its_level(client: Client, living: Living) -> None:
    machine = living.cluster.machine("worker-1", NET)
    body = {"name": "much", "target": "row", "metric": "net.receive_bytes", "value": "level", "threshold": 1}
    await send(client, "POST", "/rules", body, 201)
    machine.feed({NET: [("eth0", "physical", 7), ("eth1", "physical", 1)]})
    await living.settled()
    [found] = (await send(client, "GET", "/alerts?state=firing"))["alerts"]
    assert (found["row"], found["value"]) == ("eth0", 7)


async def test_everything_that_is_wrong_is_told_at_once(client: Client, living: Living) -> None:
    await living.feed(living.machine(), {"a": 10.0})
    bad = {**LARGE, "threshold": "much", "runbook": "x", "window_seconds": 5, "condition": "x"}
    assert len(faults(await send(client, "POST", "/rules", bad, 422))) == 3
    bad = {**LARGE, "threshold": "much", "runbook": "x", "window_seconds": 5}
    assert set(faults(await send(client, "POST", "/rules", bad, 422))) == {
        "body.threshold",
        "body.runbook",
        "body.window",
    }


async def test_a_threshold_may_be_written_with_its_unit(client: Client, living: Living) -> None:
    machine = living.cluster.machine("worker-1", MEMORY)
    machine.feed({MEMORY: MEMORY_ROWS})
    body = {"name": "little", "target": "row", "metric": "memory.available", "operator": "<", "threshold": "1.5GiB"}
    assert (await send(client, "POST", "/rules", body, 201))["threshold"] == 1.5 * 2**30
    body = {"name": "used", "target": "node", "metric": "memory", "threshold": "90 %"}
    assert (await send(client, "POST", "/rules", body, 201))["threshold"] == 90


async def test_how_many_rows_rules_mean_is_the_same_of_one_and_of_all_and_soon_told(
    client: Client, living: Living
) -> None:
    names = ["*", "a*", "b1", "none"]
    made = [
        await send(
            client, "POST", "/rules", {**LARGE, "name": f"{at} {name}", "where": {"name": name}, "levels": levels}, 201
        )
        for at, levels in enumerate(([], [{"severity": "critical", "threshold": 70}]))
        for name in names
    ]
    for node, boxes in (("n1", ["a1", "a2", "b1"]), ("n2", ["a1"])):
        await living.feed(living.machine(node), dict.fromkeys(boxes, 60.0))
    found = {one["name"]: (one["rows"], one["firing"]) for one in (await send(client, "GET", "/rules"))["rules"]}
    expected = {"*": 4, "a*": 3, "b1": 1, "none": 0}
    assert found == {one["name"]: (expected[one["name"][2:]],) * 2 for one in made}
    for one in made:
        alone = await send(client, "GET", f"/rules/{one['id']}")
        assert (alone["rows"], alone["firing"]) == found[one["name"]]


def test_rows_of_ten_thousand_rules_over_many_nodes_are_counted_without_a_look_at_each_rule_of_each_node() -> None:
    rules = [rule(str(number), where={"name": "a"}) for number in range(10_000)]
    rig = Rig(*rules)
    for node in range(20):
        rig.feed(rig.machine(f"n{node}"), {"a": 1.0, "b": 1.0})
    calls = 0

    def counted(frame: object, event: str, what: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(counted)
    try:
        found = rig.engine.matched()
    finally:
        sys.setprofile(None)
    assert set(found.values()) == {20}
    assert len(found) == 10_000
    assert calls < 3 * 10_000


async def test_an_alert_is_seen_dismissed_and_found_again(client: Client, living: Living) -> None:
    rule = await send(client, "POST", "/rules", LARGE, 201)
    machine = living.machine()
    await living.feed(machine, {"a": 60.0, "b": 10.0})
    [alert] = (await send(client, "GET", "/alerts?state=firing"))["alerts"]
    assert (alert["row"], alert["value_text"], alert["condition"], alert["rule"]) == ("a", "60", "above 50", rule["id"])
    detail = await send(client, "GET", f"/alerts/{alert['id']}")
    assert [change["what"] for change in detail["changes"]] == ["fired"]
    assert (await send(client, "GET", "/rules"))["rules"][0]["firing"] == 1
    problem = await send(client, "DELETE", f"/rules/{rule['id']}", None, 409)
    assert "dismiss what fires, or switch the rule off first" in problem["detail"]
    await send(client, "PUT", f"/rules/{rule['id']}", {**LARGE, "threshold": 90}, 409)
    over = await send(client, "POST", f"/alerts/{alert['id']}/dismiss", {"comment": "known"})
    assert (over["state"], over["reason_text"]) == ("resolved", "dismissed by local: known")
    await send(client, "POST", f"/alerts/{alert['id']}/dismiss", {}, 404)
    for query in (
        "",
        "state=resolved",
        "node=n1",
        "node=n*",
        "rule=large",
        "severity=warning",
        "since=3600",
        "until=0",
    ):
        found = await send(client, "GET", f"/alerts?{query}")
        assert ([one["id"] for one in found["alerts"]], found["total"]) == ([alert["id"]], 1), query
        assert found["complete"]
    for query in ("state=firing", "node=n2", "rule=other", "severity=critical", "until=3600", "pod=web-*", "offset=1"):
        assert (await send(client, "GET", f"/alerts?{query}"))["alerts"] == [], query
    detail = await send(client, "GET", f"/alerts/{alert['id']}")
    assert [(change["what"], change.get("by", "")) for change in detail["changes"]] == [
        ("fired", ""),
        ("dismissed", "local"),
    ]
    await send(client, "DELETE", f"/rules/{rule['id']}", None, 204)
    await send(client, "GET", "/alerts/nothing", None, 404)


async def test_a_silence_is_tried_made_and_ended(client: Client, living: Living) -> None:
    await send(client, "POST", "/rules", LARGE, 201)
    await living.feed(living.machine(), {"a": 60.0, "b": 70.0})
    body = {"node": "n1", "labels": {"name": "a"}, "comment": "moving"}
    hit = await send(client, "POST", "/silences/preview", body)
    assert ([one["row"] for one in hit["alerts"]], hit["everything"]) == (["a"], False)
    assert (await send(client, "POST", "/silences/preview", {}))["everything"]
    made = await send(client, "POST", "/silences", {**body, "until": living.clock.wall() + 60}, 201)
    assert (made["active"], made["alerts"], made["by"]) == (True, 1, "local")
    ended = await send(client, "DELETE", f"/silences/{made['id']}")
    assert not ended["active"]
    weekly = {"weekly": {"days": ["mon"], "since": "22:00", "until": "06:00", "zone": "Europe/Berlin"}}
    await send(client, "POST", "/silences", weekly, 201)
    assert len((await send(client, "GET", "/silences"))["silences"]) == 2
    weekly["weekly"]["zone"] = "Mars/Olympus"
    assert "a time zone" in faults(await send(client, "POST", "/silences", weekly, 422))["body.weekly"]
    past = faults(await send(client, "POST", "/silences", {"until": 5.0}, 422))
    assert past == {"body.until": "a time in the future, after `since`"}


async def test_a_rule_is_tried_on_the_past(client: Client, living: Living) -> None:
    machine = living.machine()
    for size in (10.0, 60.0, 60.0, 60.0, 10.0, 10.0, 60.0, 10.0, 70.0):
        await living.feed(machine, {"a": size, "b": 5.0})
    tried = await send(client, "POST", "/rules/preview", {"rule": {**LARGE, "for_seconds": 5}, "seconds": 600})
    assert (tried["count"], tried["rows"], tried["nodes"], tried["complete"]) == (1, 1, 1, True)
    assert tried["summary"] == "would have fired once on 1 row, longest 10 s"
    assert tried["firings"][0]["labels"]["name"] == "a"
    assert tried["values"]["most"] == 70
    assert tried["suggested"] is not None
    tried = await send(client, "POST", "/rules/preview", {"rule": {**LARGE, "threshold": 65}})
    assert (tried["count"], tried["firing"]) == (1, 1)
    assert (await send(client, "GET", "/rules"))["rules"] == []
    problem = await send(client, "POST", "/rules/preview", {"rule": {**LARGE, "metric": "box.sise"}}, 422)
    assert "body.rule.metric" in faults(problem)


async def test_channels_are_made_tried_changed_and_deleted(client: Client, living: Living) -> None:
    found = await send(client, "GET", "/channels")
    assert [(one["name"], one["read_only"]) for one in found["channels"]] == [("memory", True)]
    assert "memory" in found["kinds"]
    made = await send(client, "POST", "/channels", {"name": "ops", "kind": "memory", "settings": {"timeout": 3}}, 201)
    tested = await send(client, "POST", f"/channels/{made['id']}/test")
    assert tested == {"taken": True, "said": "200 OK"}
    assert living.sent[-1].event == "test"
    await send(client, "PUT", f"/channels/{made['id']}", {"kind": "memory", "enabled": False})
    assert faults(await send(client, "POST", "/channels", {"name": "ops", "kind": "memory"}, 422)) == {
        "body.name": "a name of its own; another channel is called 'ops'"
    }
    wrong = {"name": "x", "kind": "memory", "settings": {"timeout": 0, "tmeout": 1}}
    assert set(faults(await send(client, "POST", "/channels", wrong, 422))) == {
        "body.settings.timeout",
        "body.settings.tmeout",
    }
    assert "body.kind" in faults(await send(client, "POST", "/channels", {"name": "x", "kind": "memry"}, 422))
    own = found["channels"][0]["id"]
    assert "[notifiers.memory]" in (await send(client, "DELETE", f"/channels/{own}", None, 409))["detail"]
    await send(client, "DELETE", f"/channels/{made['id']}", None, 204)
    await send(client, "POST", f"/channels/{made['id']}/test", None, 404)


async def test_what_was_told_is_listed(client: Client, living: Living) -> None:
    await send(client, "POST", "/rules", LARGE, 201)
    await living.feed(living.machine(), {"a": 60.0})
    await living.told(1)
    listed = await send(client, "GET", "/deliveries?state=sent")
    while not listed["deliveries"]:
        listed = await send(client, "GET", "/deliveries?state=sent")
    [one] = listed["deliveries"]
    assert (one["channel"], one["event"], one["said"], one["attempts"]) == ("memory", "firing", "200 OK", 1)
    assert one["id"] == living.sent[0].key
    detail = await send(client, "GET", f"/deliveries/{one['id']}")
    assert detail["notification"]["alerts"][0]["row"] == "a"
    await send(client, "POST", f"/deliveries/{one['id']}/retry", None, 409)
    await send(client, "POST", "/deliveries/nothing/retry", None, 404)


async def test_what_can_be_judged_is_listed(client: Client, living: Living) -> None:
    await living.feed(living.machine(), {"a": 60.0})
    found = await send(client, "GET", "/rules/metrics")
    names = {one["name"]: one for one in found["metrics"]}
    assert names["cpu"]["unit"] == "percent"
    assert names["box.turns"]["rate"]
    assert "change" in found["conditions"]["change"]["$defs"]["ChangeParameters"]["properties"]
