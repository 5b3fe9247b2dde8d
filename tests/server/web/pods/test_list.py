"""The page of all pods: what is listed, how it is asked for, what a poll is sent, and groups."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from quart.typing import TestClientProtocol as Client

from gobs_core import RowValues
from gobs_server.http import create_app
from gobs_server.web.format import UNKNOWN
from tests.server.feeding import Cluster, Machine
from tests.server.pods import TABLES, container, pod, row, rows
from tests.support.hostile import HOSTILE_NAMES

WEB: dict[str, Any] = {"owner": "Deployment/web", "labels": "app=web,tier=front,app.kubernetes.io/part-of=shop"}
READY: dict[str, Any] = {"containers_ready": 1, "containers_wanted": 1}


def first(at: int = 1) -> list[RowValues]:
    """The pods of the first node at a reading."""
    return [
        pod("u-1", "web-1", **WEB, **READY, cpu_user=at * 1_000_000, cpu_system=0, cpu_limit=500, cpu_request=200),
        pod("u-2", "web-2", **WEB, reason="CrashLoopBackOff", restarts=7, containers_ready=0, containers_wanted=1),
        pod("u-3", "proxy-x", "kube-system", network="host", owner="DaemonSet/proxy", **READY, labels="app=proxy"),
        pod("u-9", None, None),
        row(TABLES[0], "cron.service", kind="unit"),
    ]


def second() -> list[RowValues]:
    """Those of the second."""
    return [
        pod("v-1", "db-0", "data", owner="StatefulSet/db", labels="app=db", **READY, memory_working_set=90 << 20,
            memory_limit=100 << 20, memory_request=50 << 20, receive_bytes=1000),
        pod("v-2", "web-10", **WEB, **READY, cpu_user=0, cpu_system=0),
        pod("v-3", "job-1", "batch", phase="Succeeded", reason="Completed", containers_ready=0, containers_wanted=1),
    ]  # fmt: skip


def boxes(at: int) -> list[RowValues]:
    """The containers of the first node at a reading: that of web-1 is stopped in half of its periods."""
    return [
        container("u-1", "app", periods=at * 100, throttled_periods=at * 50),
        container("u-1", "side", periods=at * 100, throttled_periods=at * 10),
    ]


@pytest.fixture
def nodes(cluster: Cluster) -> dict[str, Machine]:
    found = {name: cluster.machine(name, *TABLES) for name in ("node-a", "node-b")}
    for at in range(2):
        found["node-a"].feed(rows(first(at), boxes(at), []), after=5)
        found["node-b"].feed(rows(second(), [], []))
    return found


@pytest.fixture
def client(cluster: Cluster, nodes: dict[str, Machine]) -> Client:
    cluster.machine("bare").feed({})
    return create_app(cluster.services()).test_client()


async def answer(client: Client, tag: str = "", have: str = "", **query: str) -> tuple[str, str]:
    headers = {"If-None-Match": tag, "Gobs-Have": have} if tag else {}
    response = await client.get(f"/fragments/pods?{urlencode(query)}", headers=headers)
    assert response.status_code == 200
    return await response.get_data(as_text=True), response.headers["ETag"]


def names(fragment: str) -> list[str]:
    found = re.findall(r'<th scope="row"[^>]*>(?:<a [^>]*>)?<bdi>([^<]*)</bdi>', fragment)
    return [unescape(name) for name in found or re.findall(r"<bdi>([^<]*)</bdi><b>", fragment)]


def cells(fragment: str, name: str) -> list[str]:
    """The texts of a row's cells."""
    (line,) = [line for line in re.findall(r"<tr id=.*?</tr>", fragment, re.DOTALL) if f"<bdi>{name}</bdi>" in line]
    return [unescape(re.sub("<[^>]*>", "", cell)) for cell in re.findall(r"<t[dh][^>]*>.*?</t[dh]>", line)]


async def test_every_pod_of_every_node_is_there_and_nothing_else_that_runs(client: Client) -> None:
    fragment, _ = await answer(client)
    assert names(fragment) == ["proxy-x", "web-1", "web-2", "u-9", "job-1", "db-0", "web-10"]
    assert "7 pods on 2 nodes" in fragment
    assert "1 without a name" in fragment
    assert "1 unhealthy" in fragment


async def test_a_row_says_whose_it_is_how_it_fares_and_what_it_uses_of_its_limits(client: Client) -> None:
    fragment, _ = await answer(client)
    web = cells(fragment, "web-1")
    assert web[:6] == ["web-1", "shop", "node-a", "Deployment/web", "Running", "1/1"]
    assert web[7:11] == ["20.0", "100.0", "40.0", "50.0"], "CPU, of its request and limit, throttled"
    assert cells(fragment, "web-2")[4:7] == ["CrashLoopBackOff", "0/1", "7"]
    assert cells(fragment, "db-0")[11:14] == ["90.0 MiB", "180.0", "90.0"]
    assert set(cells(fragment, "u-9")[6:]) == {UNKNOWN}


async def test_traffic_of_a_pod_in_the_node_s_network_is_marked_as_the_node_s(client: Client) -> None:
    fragment, _ = await answer(client, filter="proxy")
    assert "its traffic is part of the node&#39;s" in fragment
    assert cells(fragment, "proxy-x")[14:16] == [UNKNOWN, UNKNOWN]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ns:shop", ["web-1", "web-2", "web-10"]),
        ("namespace=data", ["db-0"]),
        ("node:node-b", ["job-1", "db-0", "web-10"]),
        ("owner:web", ["web-1", "web-2", "web-10"]),
        ("owner=DaemonSet/proxy", ["proxy-x"]),
        ("app=web", ["web-1", "web-2", "web-10"]),
        ("app=we", []),
        ("-app=web", ["proxy-x", "u-9", "job-1", "db-0"]),
        ("app!=web", ["proxy-x", "u-9", "job-1", "db-0"]),
        ("label:app=db", ["db-0"]),
        ("label=tier=front", ["web-1", "web-2", "web-10"]),
        ("label:tier", ["web-1", "web-2", "web-10"]),
        ("app.kubernetes.io/part-of=shop", ["web-1", "web-2", "web-10"]),
        ("app=web node:node-b", ["web-10"]),
        ("WEB crash", ["web-2"]),
        ("health:unhealthy", ["web-2"]),
        ("restarts>5", ["web-2"]),
        ("memory_of_limit>=90", ["db-0"]),
        ("throttled>40%", ["web-1"]),
        ("pod:unknown", []),
        ("namespace:unknown", ["u-9"]),
        ("v-1", ["db-0"]),
        ('"web-1"', ["web-1", "web-10"]),
        ('pod="web-1"', ["web-1"]),
    ],
)
async def test_pods_are_asked_for_by_place_owner_label_state_number_or_any_word(
    client: Client, query: str, found: list[str]
) -> None:
    fragment, _ = await answer(client, filter=query)
    assert names(fragment) == found
    assert ("No pod matches" in fragment) == (not found)


async def test_what_a_filter_cannot_mean_is_said(client: Client) -> None:
    fragment, _ = await answer(client, filter="colour=red ns:data")
    assert "there is no column &#39;colour&#39; here" in fragment
    assert names(fragment) == ["db-0"]


@pytest.mark.parametrize(
    ("sort", "leads"),
    [
        ("problems", "web-2"),
        ("-restarts", "web-2"),
        ("-cpu", "web-1"),
        ("-memory_of_limit", "db-0"),
        ("-pod", "web-10"),
    ],
)
async def test_they_come_in_the_order_asked_for(client: Client, sort: str, leads: str) -> None:
    assert names((await answer(client, sort=sort))[0])[0] == leads


async def test_a_poll_is_sent_only_what_changed_and_the_order_of_all(client: Client, nodes: dict[str, Machine]) -> None:
    whole, tag = await answer(client)
    assert (await client.get("/fragments/pods", headers={"If-None-Match": tag})).status_code == 304
    nodes["node-b"].feed(rows([*second()[:2], pod("v-4", "job-2", "batch")], [], []), after=5)
    changed, _ = await answer(client, tag, "*")
    assert names(changed) == ["job-2"], "what looks as it did is not sent again"
    assert changed.count("data-order") == whole.count("data-order") == 1
    assert "<form" in whole
    assert "<form" not in changed


async def test_a_pod_that_is_not_ready_in_time_is_unhealthy_and_one_that_has_just_started_is_not(
    cluster: Cluster, nodes: dict[str, Machine], client: Client
) -> None:
    slow = pod("w-1", "slow-1", phase="Pending", reason="ContainerCreating", started="2026-01-01T00:00:10Z")
    nodes["node-a"].feed(rows([slow], [], []), after=1)
    assert names((await answer(client, filter="health:unhealthy"))[0]) == []
    nodes["node-a"].feed(rows([slow], [], []), after=200)
    assert names((await answer(client, filter="health:unhealthy"))[0]) == ["slow-1"]


async def test_the_button_for_the_unhealthy_adds_to_the_filter_and_takes_away_again(client: Client) -> None:
    fragment, _ = await answer(client, filter="app=web")
    assert 'aria-pressed="false"' in fragment
    assert 'data-ask="filter=health%3Aunhealthy+app%3Dweb"' in fragment
    fragment, _ = await answer(client, filter="health:unhealthy app=web")
    assert 'aria-pressed="true"' in fragment
    assert 'data-ask="filter=app%3Dweb"' in fragment


async def test_tiles_are_coloured_by_any_number_and_what_is_not_known_is_hatched(client: Client) -> None:
    fragment, _ = await answer(client, view="heat", by="memory_of_limit")
    heat = dict(re.findall(r'data-heat="(-?\d)"><a [^>]*><bdi>([^<]*)', fragment))
    by_name = {name: level for level, name in re.findall(r'data-heat="(-?\d)"><a [^>]*><bdi>([^<]*)', fragment)}
    assert by_name["db-0"] == "5"
    assert by_name["web-1"] == "-1"
    assert heat
    assert "below 5.0 %" in fragment


async def test_groups_are_sums_of_what_is_known_and_shares_of_those_that_have_a_limit(client: Client) -> None:
    fragment, _ = await answer(client, group="namespace")
    assert set(names(fragment)) == {"shop", "kube-system", "data", "batch", "not known"}
    shop = cells(fragment, "shop")
    assert shop[:6] == ["shop", "3", "1", "2", "3", "7"], "pods, unhealthy, ready, containers, restarts"
    assert shop[6:9] == ["20.0", "100.0", "40.0"], "the pod without a request is not held against the others"
    assert cells(fragment, "batch")[6] == UNKNOWN
    by_label, _ = await answer(client, group="app")
    assert set(names(by_label)) == {"web", "proxy", "db", "not known"}
    assert 'href="/pods?filter=app%3Dweb"' in by_label
    wrong, _ = await answer(client, group="cpu")
    assert "pods cannot be grouped by &#39;cpu&#39;" in wrong
    assert len(names(wrong)) == 7


async def test_a_silent_node_s_pods_are_shown_as_old(cluster: Cluster, client: Client) -> None:
    cluster.clock.move(30)
    cluster.live.age()
    fragment, _ = await answer(client)
    assert re.findall(r'<tr id="\w+" data-state="(\w+)"', fragment) == ["stale"] * 7


@pytest.mark.parametrize("name", HOSTILE_NAMES)
async def test_hostile_names_are_shown_as_text_alone(cluster: Cluster, client: Client, name: str) -> None:
    machine = cluster.machine("evil", *TABLES)
    machine.feed(rows([pod("x", name, name, owner=f"Deployment/{name}", reason=name, labels=f"a={name}")], [], []))
    for query in ({}, {"view": "heat"}, {"group": "namespace"}, {"group": "a"}, {"filter": name[:150]}):
        fragment, _ = await answer(client, **query)
        assert "<script" not in fragment.lower()
        assert "<img" not in fragment.lower()


async def test_a_pod_s_name_leads_to_its_page(client: Client) -> None:
    found = await client.get("/nodes/node-a/pods/shop/web-2")
    assert (found.status_code, found.headers["Location"]) == (302, "/nodes/node-a/workloads/u-2")
    missing = await client.get("/nodes/node-a/pods/shop/web-3")
    assert missing.status_code == 404
    assert "/pods?filter=web-3" in await missing.get_data(as_text=True)
    assert (await client.get("/nodes/nowhere/pods/shop/web-3")).status_code == 404


async def test_without_any_pod_it_says_what_brings_some(cluster: Cluster) -> None:
    cluster.machine("bare").feed({})
    client = create_app(cluster.services()).test_client()
    page = await (await client.get("/pods")).get_data(as_text=True)
    assert "No pod is known yet" in page
