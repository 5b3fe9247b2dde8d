"""The pages of alerts: what is shown, what is done from them, and what is said beside a field that is wrong."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from html import unescape
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from quart.typing import TestClientProtocol as Client

from gobs_core import Notification, Receipt, Rejected, Severity, Table, Thresholds, Unit, gauge
from gobs_server.alerts.keeping.journal import Put
from gobs_server.alerts.rules.rule import Level
from tests.server.alerts.living import Living
from tests.support.waiting import until

HOSTILE = "<img src=x onerror=alert(1)>=cmd"
ORIGIN = {"Origin": "http://localhost"}


async def seen(client: Client, path: str, status: int = 200) -> str:
    response = await client.get(path)
    text = await response.get_data(as_text=True)
    assert response.status_code == status, text[-500:]
    return unescape(text)


async def done(client: Client, path: str, form: Mapping[str, str], status: int = 303) -> str:
    response = await client.post(path, form=dict(form), headers=ORIGIN)
    text = await response.get_data(as_text=True)
    assert response.status_code == status, text[-800:]
    return unescape(text)


def form_of(**changed: str) -> dict[str, str]:
    """What the editor sends of a rule about boxes."""
    given = {"name": "large", "enabled": "yes", "target": "row", "metric": "box.size", "operator": ">"}
    return {**given, "threshold": "50", "condition": "threshold", "all_channels": "yes", **changed}


async def test_what_fires_waits_and_is_over_is_shown_and_filtered(client: Client, living: Living) -> None:
    assert "No rule is on" in await seen(client, "/alerts")
    await living.rule(levels=[Level(severity=Severity.CRITICAL, threshold=80.0, for_seconds=60.0)])
    assert "rule watches</a>" in await seen(client, "/alerts")
    machine = living.machine()
    await living.feed(machine, {"a": 90.0, HOSTILE: 60.0, "c": 10.0})
    page = await seen(client, "/alerts")
    assert "2 alerts, 1 pending" in page
    raw = await (await client.get("/alerts")).get_data(as_text=True)
    assert "<img src=x" not in raw
    for query, shown, hidden in (
        ("state=firing", "2 alerts", "What waits to fire"),
        ("state=pending", "What waits to fire", "2 alerts"),
        ("severity=critical", "What waits to fire", "2 alerts"),
        ("q=img", "1 alert", "2 alerts"),
        ("node=other", "No alert is as asked for", "2 alerts"),
        ("state=resolved", "No alert is as asked for", "2 alerts"),
    ):
        text = await seen(client, f"/alerts?{query}")
        assert shown in text, query
        assert hidden not in text, query
    assert 'class="firing"' in await seen(client, "/")
    assert "large" in await seen(client, "/fragments/alerts/strip?node=n1")
    await living.feed(machine, {"a": 10.0, HOSTILE: 10.0, "c": 10.0})
    assert "Nothing fires" in await seen(client, "/alerts")
    assert "the condition does not hold any more" in await seen(client, "/alerts?state=all&rule=large")
    rows = list(csv.DictReader(io.StringIO(await seen(client, "/alerts/history.csv?state=resolved"))))
    assert {(row["rule"], row["node"], row["worst"], row["reason"]) for row in rows} == {
        ("large", "n1", "90.0", "the condition does not hold any more"),
        ("large", "n1", "60.0", "the condition does not hold any more"),
    }


async def test_words_are_looked_for_in_all_of_history_and_the_file_has_what_is_shown(
    client: Client, living: Living
) -> None:
    await living.rule()
    machine = living.machine()
    await living.feed(machine, {"needle 1": 60.0, "needle 2": 60.0})
    for number in range(3):
        await living.feed(machine, {f"hay {number}/{straw}": 60.0 for straw in range(60)}, after=60)
    await living.feed(machine, {"hay": 10.0}, after=60)
    page = await seen(client, "/alerts?state=resolved")
    assert "182 alerts" in page
    assert "page 1 of 2" in page
    assert "needle 1" not in page
    page = await seen(client, "/alerts?state=resolved&q=NEEDLE")
    assert "2 alerts" in page
    [path] = re.findall(r'href="(/alerts/history\.csv[^"]*)"', page)
    rows = list(csv.DictReader(io.StringIO(await seen(client, path))))
    assert {row["row"] for row in rows} == {"needle 1", "needle 2"}
    page = await seen(client, "/fragments/alerts?state=resolved&q=hay&page=2")
    assert "180 alerts" in page
    assert "page 2 of 2" in page
    assert 'href="/alerts?state=resolved&q=hay&page=1"' in page
    found = await (await client.get("/api/v1/alerts?q=needle+2")).get_json()
    assert [one["row"] for one in found["alerts"]] == ["needle 2"]


async def test_a_poll_is_answered_in_a_few_bytes_while_nothing_changes(client: Client, living: Living) -> None:
    await living.rule()
    tag = (await client.get("/fragments/alerts/badge")).headers["ETag"]
    again = await client.get("/fragments/alerts/badge", headers={"If-None-Match": tag})
    assert again.status_code == 304
    await living.feed(living.machine(), {"a": 60.0})
    again = await client.get("/fragments/alerts/badge", headers={"If-None-Match": tag})
    assert again.status_code == 200


async def test_an_alert_is_dismissed_and_silenced_from_its_row(client: Client, living: Living) -> None:
    await living.rule()
    machine = living.machine()
    await living.feed(machine, {"a": 60.0, "b[1]": 70.0})
    by_row = {alert.key[0]: alert for alert in living.alerts.keeper.alerts.values()}
    await done(client, f"/alerts/{by_row['b[1]'].id}/silence", {"for": "over", "comment": "moving"})
    [silence] = living.alerts.book.silences
    assert [one.key for one in living.alerts.book.matched(silence, by_row.values())] == [["b[1]"]]
    assert "moving" in await seen(client, "/alerts/silences")
    await done(client, f"/alerts/{by_row['a'].id}/dismiss", {"comment": "known", "back": "/alerts"})
    page = await seen(client, f"/alerts/{by_row['a'].id}")
    assert "dismissed by local: known" in page
    assert "What happened" in page
    await done(client, f"/alerts/{by_row['a'].id}/dismiss", {"comment": "again"}, 200)
    await done(client, f"/alerts/silences/{silence.id}/end", {})
    assert living.alerts.book.silences[0].ended is not None
    await seen(client, "/alerts/nothing", 404)


async def test_a_rule_is_written_changed_switched_and_deleted(client: Client, living: Living) -> None:
    machine = living.machine()
    await living.feed(machine, {"a": 10.0})
    level = gauge("level", "How full", Unit.PERCENT, thresholds=Thresholds(80, 95))
    tank = Table("tank", "A tank", [level])
    living.cluster.machine("other", tank).feed({tank: [(50.0,)]})
    new = await seen(client, "/alerts/rules/new")
    assert "New rule" in new
    await living.rule(name="full", metric="tank.level", threshold="90 %", enabled=False)
    assert "row tank.level > 90.0 %" in await seen(client, "/alerts/rules")
    [full] = living.alerts.book.rules.values()
    await living.alerts.desk.delete_rule(full.id)
    assert "row: How full; suggested: warning above 80 %, critical above 95 %" in new
    await done(
        client,
        "/alerts/rules",
        form_of(
            where="name=a|b", for_seconds="2m", severity="critical", level="warning", level_threshold="40",
            group_by="node", note="look", repeat_seconds="1h",
        ),
    )  # fmt: skip
    [rule] = living.alerts.book.rules.values()
    assert (rule.where, rule.for_seconds, rule.severity, rule.group_by) == (
        {"name": ["a", "b"]},
        120,
        "critical",
        ["node"],
    )
    assert [(level.severity, level.threshold) for level in rule.levels] == [("warning", 40)]
    assert rule.repeat_seconds == 3600
    page = await seen(client, f"/alerts/rules/{rule.id}")
    for text in ('value="2m"', 'value="name=a|b"', 'value="50"', 'value="1h"'):
        assert text in page, text
    await done(client, f"/alerts/rules/{rule.id}", form_of(threshold="5"))
    [rule] = living.alerts.book.rules.values()
    assert (rule.threshold, rule.levels, rule.where) == (5, [], {})
    await living.feed(machine, {"a": 9.0})
    assert "fire: it can be switched off now" in await seen(client, f"/alerts/rules/{rule.id}")
    assert "dismiss what fires" in await done(client, f"/alerts/rules/{rule.id}/delete", {}, 409)
    assert "dismiss what fires" in await done(client, f"/alerts/rules/{rule.id}", form_of(threshold="7"), 409)
    await done(client, f"/alerts/rules/{rule.id}/switch", {"enabled": ""})
    assert not living.alerts.book.rules[rule.id].enabled
    assert living.states() == {}
    assert 'value="large (copy)"' in await seen(client, f"/alerts/rules/new?like={rule.id}")
    await done(client, f"/alerts/rules/{rule.id}/delete", {})
    assert "There is no rule" in await seen(client, "/alerts/rules")


async def test_the_rules_of_one_node_are_those_that_mean_it(client: Client, living: Living) -> None:
    await living.rule(name="of all")
    await living.rule(name="of web", node="web-*")
    assert "There is no rule" not in await seen(client, "/alerts/rules?node=db-1")
    for node, there, gone in (("web-1", "of web", "nothing"), ("db-1", "of all", "of web")):
        page = await seen(client, f"/alerts/rules?node={node}")
        assert f"<bdi>{there}</bdi></a>" in page
        assert f"<bdi>{gone}</bdi></a>" not in page
        assert f"<b><bdi>{node}</bdi></b>" in page


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"metric": "box.sise"}, "metric", "box.size"),
        ({"threshold": "much"}, "threshold", "a number"),
        ({"name": ""}, "name", "what people are to call it"),
        ({"where": "name"}, "where", "name=glob"),
        ({"parameters": "within"}, "parameters", "lines such as"),
        ({"for_seconds": "long"}, "for_seconds", "a time such as 90s"),
        ({"repeat_seconds": "10s"}, "repeat_seconds", "at least 300"),
        ({"runbook": "javascript:alert(1)"}, "runbook", "http://"),
        ({"target": "node", "metric": "box.turns", "value": "level"}, "value", "choose the target row"),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_saved(
    client: Client, living: Living, change: dict[str, str], field: str, said: str
) -> None:
    await living.feed(living.machine(), {"a": 10.0})
    page = await done(client, "/alerts/rules", form_of(**change), 422)
    beside = re.search(rf'<span id="w-{field}"><span class="fault">(.*?)</span>', page)
    assert beside is not None
    assert said in beside[1]
    assert living.alerts.book.rules == {}


async def test_a_rule_is_tried_while_it_is_written(client: Client, living: Living) -> None:
    machine = living.machine()
    for size in (10.0, 60.0, 60.0, 60.0, 10.0, 10.0, 60.0, 10.0, 70.0):
        await living.feed(machine, {"a": size, "b": 5.0})
    tried = await done(client, "/fragments/alerts/preview", form_of(for_seconds="5s"), 200)
    assert "would have fired once on 1 row, longest 10 s" in tried
    assert tried.count('class="band"') == 1
    assert 'class="threshold"' in tried
    assert 'class="area"' in tried
    tried = await done(client, "/fragments/alerts/preview", form_of(metric="bux"), 200)
    assert "<b>metric</b>" in tried
    assert living.alerts.book.rules == {}


async def test_thresholds_that_are_suggested_are_buttons_and_lines(client: Client, living: Living) -> None:
    level = gauge("level", "How full", Unit.PERCENT, thresholds=Thresholds(80, 95))
    left = gauge("left", "What is left", Unit.BYTES, thresholds=Thresholds(2048, 1024, below=True))
    tank = Table("tank", "A tank", [level, left])
    machine = living.cluster.machine("n1", tank)
    for number in range(9):
        machine.feed({tank: [(10.0 + number, 4096.0)]})
    await living.settled()
    for changed, expected in (
        ({"metric": "tank.level"}, [("80", ">", "warning above 80.0 %"), ("95", ">", "critical above 95.0 %")]),
        ({"metric": "tank.level", "operator": ">="}, [("80", ">=", "warning above 80.0 %")]),
        ({"metric": "tank.left"}, [("2048", "<", "warning below 2.0 KiB"), ("1024", "<", "critical below 1.0 KiB")]),
    ):
        tried = await done(client, "/fragments/alerts/preview", form_of(**changed), 200)
        shown = re.findall(r'data-suggested="(.*?)" data-operator="(.*?)"[^>]*>(.*?)</button>', tried)
        assert set(expected) <= set(shown), shown
        assert shown[-1][2].startswith("rarely above")
        heights = [float(y) for y in re.findall(r'<line class="mark"[^>]* y1="([0-9.]+)"', tried)]
        assert len(heights) == len(shown)
        assert all(0 <= y <= 180 for y in heights)
        numbers = [float(number) for number, _, _ in shown]
        assert sorted(heights) == [y for _, y in sorted(zip(numbers, heights, strict=True), reverse=True)]


async def test_channels_are_made_tested_and_let_go_on_the_page(client: Client, living: Living) -> None:
    page = await seen(client, "/alerts/channels")
    assert "New: memory" in page
    assert "<h1><bdi>New channel</bdi> <small>memory</small></h1>" in await seen(
        client, "/alerts/channels/new?kind=memory"
    )
    await done(client, "/alerts/channels", {"kind": "memory", "name": "ops", "timeout": "3", "resolved": "yes"})
    made = living.alerts.book.channel_named("ops")
    assert made is not None
    assert made.settings == {"timeout": 3.0, "resolved": True}
    assert "ops: 200 OK" in await done(client, f"/alerts/channels/{made.id}/test", {}, 200)
    wrong = await done(client, f"/alerts/channels/{made.id}", {"timeout": "soon", "enabled": "yes"}, 422)
    assert '<span class="fault" id="w-timeout">' in wrong
    await done(client, f"/alerts/channels/{made.id}", {"timeout": "5"})
    changed = living.alerts.book.channel_named("ops")
    assert changed is not None
    assert (changed.enabled, changed.settings) == (False, {"timeout": 5.0, "resolved": False})
    await done(client, f"/alerts/channels/{made.id}/delete", {})
    assert living.alerts.book.channel_named("ops") is None
    await seen(client, "/alerts/channels/nothing", 404)


async def test_a_dead_letter_is_shown_whatever_was_sent_since_and_is_sent_again(client: Client, living: Living) -> None:
    notifier = living.notifiers[0]
    await living.rule(group_by=["name"])
    machine = living.machine()
    assert "No message is so" in await seen(client, "/alerts/channels?state=dead")

    def refused(notification: Notification) -> Receipt:
        raise Rejected("HTTP 400: <b>no</b>")

    answer, notifier.answer = notifier.answer, staticmethod(refused)  # type: ignore[attr-defined]  # one of memory()
    await living.feed(machine, {"a": 60.0})
    await until(lambda: living.alerts.post.counts["memory", "dead"] == 1)
    notifier.answer = staticmethod(answer)  # type: ignore[attr-defined]  # as above
    [dead] = await living.alerts.deliveries("", "dead", 10)
    newer = [
        msgspec.structs.replace(dead, id=str(uuid4()), state="sent", ended=dead.made + number, said="HTTP 200")
        for number in range(1, 1101)
    ]
    await living.alerts.journal.write([Put("delivery", one.id, msgspec.json.encode(one), one.ended) for one in newer])
    page = await seen(client, "/alerts/channels")
    assert "1 message was given up</a>" in page
    assert "HTTP 400" not in page
    page = await seen(client, "/alerts/channels?state=dead")
    assert "HTTP 400: <b>no</b>" in page
    assert page.count("Send again") == 1
    assert "HTTP 400: <b>no</b>" not in await (await client.get("/alerts/channels?state=dead")).get_data(as_text=True)
    await done(client, f"/alerts/deliveries/{dead.id}/retry", {})
    [told] = await living.told(1)
    assert told.key == dead.id
    await until(lambda: living.alerts.post.counts["memory", "sent"] == 1)
    assert "No message is so" in await seen(client, "/alerts/channels?state=dead&x=1")


async def test_a_silence_is_written_with_what_it_would_keep_quiet(client: Client, living: Living) -> None:
    await living.rule()
    await living.feed(living.machine(), {"a": 60.0, "b": 70.0})
    assert "1 of what fires now would be quiet" in await seen(client, "/fragments/alerts/matched?labels=name%3Da")
    assert "it matches everything" in await seen(client, "/fragments/alerts/matched")
    form: dict[str, Any] = {"rule": "large", "node": "n1, n2", "for": "2h", "comment": "moving"}
    await done(client, "/alerts/silences", form)
    [silence] = living.alerts.book.silences
    assert (silence.rule, silence.node, silence.comment) == ("large", ["n1", "n2"], "moving")
    assert silence.until == pytest.approx(living.clock.wall() + 7200, abs=5)
    await done(client, "/alerts/silences", {"from": "22:00", "to": "06:00", "zone": "Europe/Berlin", "day": "mon"})
    weekly = living.alerts.book.silences[0].weekly
    assert weekly is not None
    assert (weekly.days, weekly.zone) == (("mon",), "Europe/Berlin")
    assert "a time zone" in await done(
        client, "/alerts/silences", {"from": "22:00", "to": "06:00", "zone": "Mars"}, 422
    )
