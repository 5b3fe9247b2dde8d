"""Badges: how many alerts fire of a node, a pod and a row, where these are listed."""

from __future__ import annotations

import re

from quart.typing import TestClientProtocol as Client

from gobs_core import Severity
from tests.server.alerts.living import Living
from tests.server.pods import TABLES, pod, process, rows
from tests.server.web.alerts.test_pages import seen

BADGE = re.compile(r'<a class="firing" data-severity="(\w+)" href="([^"]+)" title="([^"]+)">')


async def test_cards_rows_and_tiles_of_nodes_say_what_fires_until_it_does_not(client: Client, living: Living) -> None:
    await living.rule(severity=Severity.CRITICAL)
    machine, other = living.machine("n1"), living.machine("n2")
    await living.feed(other, {"a": 1.0})
    await living.feed(machine, {"a": 60.0, "b": 60.0})
    expected = [("critical", "/alerts?node=n1", "2 alerts fire, critical")]
    for look in ("cards", "table"):
        assert BADGE.findall(await seen(client, f"/fragments/nodes?view={look}")) == expected
    tiles = await seen(client, "/fragments/nodes?view=heat")
    assert tiles.count('data-alerts="critical"') == 1
    answer = await client.get("/fragments/nodes")
    have = re.search(r'data-order="([^"]+)"', await answer.get_data(as_text=True))
    assert have is not None
    asked = {"If-None-Match": answer.headers["ETag"], "Gobs-Have": have[1]}
    assert (await client.get("/fragments/nodes", headers=asked)).status_code == 304
    for alert in list(living.alerts.keeper.alerts.values()):
        await living.alerts.desk.dismiss(alert.id, "ann", "")
    changed = await client.get("/fragments/nodes", headers=asked)
    assert changed.status_code == 200
    text = await changed.get_data(as_text=True)
    assert BADGE.findall(text) == []
    assert text.count('<li class="card"') == 1


async def test_pods_and_rows_of_tables_have_badges_of_their_own(client: Client, living: Living) -> None:
    await living.rule(target="pod", metric="pod.memory_rss", threshold=1e3, name="pod")
    await living.rule(target="row", metric="process.vm_rss", threshold=1e3, name="process", severity=Severity.INFO)
    machine = living.cluster.machine("n1", *TABLES)
    here = rows(
        [pod("u1", "web-1", memory_rss=5), pod("u2", "web-2", memory_rss=0)],
        [],
        [process(1, "u1", vm_rss=5), process(2, "u2", vm_rss=0)],
    )
    machine.feed(here)
    await living.settled()
    by_rule = {alert.rule_name: f"/alerts/{alert.id}" for alert in living.alerts.keeper.alerts.values()}
    assert by_rule.keys() == {"pod", "process"}
    both = ("warning", "/alerts?node=n1", "2 alerts fire, warning")
    assert BADGE.findall(await seen(client, "/fragments/pods")) == [both]
    assert (await seen(client, "/fragments/pods?view=heat")).count('data-alerts="warning"') == 1
    assert BADGE.findall(await seen(client, "/fragments/nodes/n1/tables/pod")) == [both]
    page = await seen(client, "/nodes/n1/workloads/u1")
    strip = re.search(r'"/fragments/alerts/strip([?][^"]+)"', page)
    assert strip is not None
    assert by_rule["pod"] in await seen(client, f"/fragments/alerts/strip{strip[1]}")
    one = ("info", by_rule["process"], "1 alert fires, info")
    assert BADGE.findall(await seen(client, "/fragments/nodes/n1/tables/process")) == [one]
