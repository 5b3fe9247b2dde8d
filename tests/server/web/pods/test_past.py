"""All pods as they were, in each look, and what has changed of them between two moments."""

from __future__ import annotations

import html
import json
import re

import pytest
from quart.typing import TestClientProtocol as Client

from gobs_server.http import create_app
from tests.server.feeding import START, Cluster
from tests.server.pods import TABLES, container, pod, rows
from tests.support.hostile import HOSTILE_NAMES

FIRST, LAST = START + 5, START + 65


@pytest.fixture
def client(cluster: Cluster) -> Client:
    """A minute on: web has restarted, job has gone, db has come, cache is the same."""
    machine = cluster.machine("n1", *TABLES)
    for step in range(14):
        late = step >= 7
        passing = pod("u-3", "job", "batch", phase="Pending", reason="ImagePullBackOff")
        pods = [
            pod("u-1", "web", owner="Deployment/web", labels="app=web", restarts=3 if late else 1,
                memory_working_set=(20 if late else 10) << 20),
            pod("u-2", "cache", restarts=0),
            pod("u-4", "db", "data") if late else passing,
        ]  # fmt: skip
        boxes = [container("u-1", "app", periods=step * 100, throttled_periods=step * 50)]
        machine.feed(rows(pods, boxes, []), after=5 if step else 0)
    cluster.machine("n2", *TABLES).feed(rows([], [], []))
    return create_app(cluster.services()).test_client()


async def text(client: Client, path: str, status: int = 200) -> str:
    response = await client.get(path)
    assert response.status_code == status
    return html.unescape(await response.get_data(as_text=True))


def names(fragment: str) -> list[str]:
    return re.findall(r"(?:<th[^>]*><a[^>]*>|<li[^>]*><a[^>]*>|<th scope=\"row\">)<bdi>([^<]*)</bdi>", fragment)


@pytest.mark.parametrize("look", ["view=table", "view=heat&by=memory"])
async def test_each_look_shows_all_pods_as_they_were_and_leads_to_the_same_moment(client: Client, look: str) -> None:
    page = await text(client, f"/pods?at={FIRST:.0f}&{look}")
    main = page[page.index("<main") :]
    assert "As it was at" in main
    assert names(main) == ["job", "cache", "web"]
    assert 'href="/nodes/n1/workloads/u-1?at=2026-01-01T00:00:05Z"' in main
    assert "10.0 MiB" in main
    assert "20.0 MiB" not in main
    assert "gobs:tick" not in main
    assert "data-age" not in main, "an age counts from now, and would be wrong"
    assert "of 1 node nothing is kept of that moment" in main
    assert ">1 unhealthy<" in main
    assert "50" in re.findall(r"<tr id=.*?</tr>", await text(client, f"/fragments/pods?at={LAST:.0f}"))[-1]


async def test_what_is_asked_of_pods_now_is_asked_of_those_then(client: Client) -> None:
    path = f"/fragments/pods?at={FIRST:.0f}"
    assert names(await text(client, f"{path}&filter=app=web")) == ["web"]
    assert names(await text(client, f"{path}&sort=-restarts"))[0] == "web"
    assert names(await text(client, f"{path}&group=namespace&sort=group")) == ["batch", "shop"]
    assert "/pods?at=2026-01-01T00:00:05Z&filter=ns=shop" in (await text(client, f"{path}&sort=pod")).replace(
        "%3A", ":"
    ).replace("%3D", "=")
    tag = (await client.get(path)).headers["ETag"]
    assert (await client.get(path, headers={"If-None-Match": tag})).status_code == 304


async def test_what_has_changed_between_two_moments_is_said_of_each_pod(client: Client) -> None:
    page = await text(client, f"/pods?at={LAST:.0f}&against={FIRST:.0f}&sort=pod")
    main = page[page.index("<main") :]
    assert "What changed from" in main
    assert names(main) == ["db", "job", "web"]
    new, gone, changed = re.findall(r"<tr id=.*?</tr>", main, re.DOTALL)
    assert ">new<" in new
    assert ">gone<" in gone
    assert ">changed<" in changed
    assert 'title="1, then 3">+2<' in changed
    assert 'title="10.0 MiB, then 20.0 MiB">+10.0 MiB<' in changed
    assert 'href="/nodes/n1/workloads/u-3?at=2026-01-01T00:00:05Z"' in gone
    assert 'href="/nodes/n1/workloads/u-1?at=2026-01-01T00:01:05Z&against=2026-01-01T00:00:05Z"' in changed
    assert "1 the same, left out" in main
    path = f"/fragments/pods?at={LAST:.0f}&against={FIRST:.0f}"
    assert names(await text(client, f"{path}&filter=change:gone")) == ["job"]
    assert "not taken together" in await text(client, f"{path}&group=namespace")
    assert "No pod that has changed matches" in await text(client, f"{path}&filter=nowhere")


async def test_moments_nothing_is_known_of_and_what_is_no_moment_say_so(client: Client) -> None:
    assert "No pod is known of that moment: of 2 nodes" in await text(client, f"/pods?at={START - 100:.0f}")
    assert "No pod is known of either moment" in await text(client, f"/pods?at={START - 100:.0f}&against=9000")
    assert "Nothing has changed" in await text(client, f"/pods?at={FIRST + 2:.0f}&against={FIRST:.0f}")
    assert "<h1>Not a moment</h1>" in await text(client, "/pods?at=soon", 400)
    assert "Look back" in await text(client, "/pods")


async def test_a_hostile_name_is_text_in_what_has_changed(cluster: Cluster) -> None:
    machine = cluster.machine("n1", *TABLES)
    machine.feed(rows([], [], []))
    machine.feed(rows([pod(name, name, name, owner=name, reason=name) for name in HOSTILE_NAMES], [], []), after=5)
    client = create_app(cluster.services()).test_client()
    for path in (f"/pods?at={START + 5:.0f}&against={START:.0f}", f"/pods?at={START + 5:.0f}"):
        page = await (await client.get(path)).get_data(as_text=True)
        assert page.count("<tr id=") == len(set(HOSTILE_NAMES))
        assert "<img" not in page[page.index("<main") :]
        assert "<script" not in page[page.index("<main") :]


async def test_all_pods_are_a_file_now_as_they_were_and_as_they_have_changed(client: Client) -> None:
    assert 'href="/pods.csv?' in await text(client, "/pods")
    page = await text(client, f"/pods?at={FIRST:.0f}&sort=-restarts")
    assert re.search(r'href="/pods\.csv\?[^"]*sort=-restarts&at=2026-01-01T00:00:05Z" download', page)
    then = json.loads(await text(client, f"/pods.json?at={FIRST:.0f}&sort=-restarts"))["rows"]
    assert [(row["pod"], row["restarts"]) for row in then][:2] == [("web", 1), ("cache", 0)]
    assert then[0]["memory"] == 10 << 20
    groups = (await text(client, f"/pods.csv?at={FIRST:.0f}&group=namespace&sort=group")).splitlines()
    assert [line.split(",")[0] for line in groups] == ["group", "batch", "shop"]
    changes = json.loads(await text(client, f"/pods.json?at={LAST:.0f}&against={FIRST:.0f}"))["rows"]
    assert {row["pod"]: row["change"] for row in changes} == {"web": "changed", "job": "gone", "db": "new"}
    assert {row["pod"]: row["restarts"] for row in changes}["web"] == 2
    now = json.loads(await text(client, "/pods.json?filter=db"))["rows"]
    assert [row["pod"] for row in now] == ["db"]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
async def test_a_name_begins_no_formula_in_a_file(cluster: Cluster, name: str) -> None:
    cluster.machine("n1", *TABLES).feed(rows([pod("u-1", f"={name}")], [], []))
    client = create_app(cluster.services()).test_client()
    said = await (await client.get("/pods.csv")).get_data(as_text=True)
    assert ",=" not in said
    assert "\n=" not in said
