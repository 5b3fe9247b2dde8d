"""All nodes as they were, in each look, and what has changed of them between two moments."""

from __future__ import annotations

import html
import json
import re

import pytest
from quart.typing import TestClientProtocol as Client

from tests.server.feeding import START, Cluster, Machine
from tests.server.tables import CPU, CPU_ROWS, MEMORY, PROCESS, processes

FIRST, LAST = START + 5, START + 65
# `machine` has frames at START and five seconds later: half of its CPU was busy, a quarter of its memory in use.


@pytest.fixture
def nodes(cluster: Cluster, machine: Machine) -> Cluster:
    """A minute on: node-1 is busier, `old` fell silent meanwhile, `young` came, `calm` is the same."""
    old, calm = cluster.machine("old", MEMORY), cluster.machine("calm", MEMORY)
    for each in (old, calm):
        each.feed({MEMORY: [(1000, 500)]})
    for _ in range(12):
        machine.feed({CPU: CPU_ROWS[1], MEMORY: [(16_000, 4_000)], PROCESS: processes(3)}, after=5)
        calm.feed({MEMORY: [(1000, 500)]})
    cluster.machine("young", MEMORY).feed({MEMORY: [(1000, 750)]})
    return cluster


async def text(client: Client, path: str) -> str:
    response = await client.get(path)
    assert response.status_code == 200
    return html.unescape(await response.get_data(as_text=True))


def names(fragment: str) -> list[str]:
    return re.findall(r"<bdi>([^<]*)</bdi>", fragment)


@pytest.mark.parametrize("look", ["table", "cards", "heat"])
async def test_each_look_shows_all_nodes_as_they_were_and_leads_to_the_same_moment(
    nodes: Cluster, client: Client, look: str
) -> None:
    page = await text(client, f"/?at={FIRST:.0f}&view={look}")
    main = page[page.index("<main") :]
    assert names(main) == ["calm", "node-1", "old", "young"]
    assert 'href="/nodes/node-1?at=2026-01-01T00:00:05Z"' in main
    assert "gobs:tick" not in main
    assert ">50.0" in main  # percent of node-1's CPU
    assert "nothing kept" in main  # of young
    assert "of 1 nothing is known of that moment" in main
    assert main.count('data-ask="view=') == 3
    found = await text(client, f"/fragments/nodes?at={FIRST:.0f}&view={look}&filter=node-1")
    assert names(found) == ["node-1"]


async def test_the_whole_cluster_is_summed_up_as_it_was(nodes: Cluster, client: Client) -> None:
    page = await text(client, f"/?at={FIRST:.0f}")
    summary = page[page.index('id="nodes-summary"') : page.index('id="nodes-tools"')]
    assert "50.0 % of 1" in summary
    assert "<small" in summary  # three of four nodes tell no CPU


@pytest.mark.parametrize("look", ["table", "cards", "heat"])
async def test_what_has_changed_between_two_moments_is_said_of_each_node(
    nodes: Cluster, client: Client, look: str
) -> None:
    page = await text(client, f"/?at={LAST:.0f}&against={FIRST:.0f}&view={look}&by=memory&sort=node")
    main = page[page.index("<main") :]
    assert names(main) == ["node-1", "old", "young"]
    assert "What changed from" in main
    assert "1 the same, left out" in main
    found = re.findall(r"<(?:tr|li)[^>]* id=\"x[^>]*>.*?</(?:tr|li)>", main, re.DOTALL)
    changed, gone, new = found
    assert "+50.0" in changed  # percent of memory
    assert "gone" in gone
    assert "new" in new
    assert "\N{EN DASH}" in gone
    assert "\N{EN DASH}" in new
    both = "at=2026-01-01T00:01:05Z&against=2026-01-01T00:00:05Z"
    assert f'href="/nodes/node-1?{both}"' in changed
    assert 'href="/nodes/old?at=2026-01-01T00:00:05Z"' in gone, "as it was when it was there"
    if look != "heat":
        assert "25 %, then 75 %" in changed
    only = await text(client, f"/fragments/nodes?at={LAST:.0f}&against={FIRST:.0f}&view={look}&filter=change:gone")
    assert names(only) == ["old"]


async def test_moments_between_which_no_node_changed_and_moments_nobody_knows_say_so(
    nodes: Cluster, client: Client
) -> None:
    same = await text(client, f"/fragments/nodes?at={LAST - 20:.0f}&against={LAST - 30:.0f}")
    assert "Nothing has changed between the two moments" in same
    assert "Nothing is kept of any node" in await text(client, f"/fragments/nodes?at={START - 500:.0f}&against=9000")


async def test_a_poll_that_has_it_all_is_told_that_nothing_is_new(nodes: Cluster, client: Client) -> None:
    path = f"/fragments/nodes?at={LAST:.0f}&against={FIRST:.0f}&view=cards"
    tag = (await client.get(path)).headers["ETag"]
    assert (await client.get(path, headers={"If-None-Match": tag})).status_code == 304
    other = await client.get(path.replace("cards", "heat"), headers={"If-None-Match": tag})
    assert other.status_code == 200


async def test_all_nodes_are_a_file_now_as_they_were_and_as_they_have_changed(nodes: Cluster, client: Client) -> None:
    page = await text(client, f"/?at={FIRST:.0f}&filter=node-1")
    assert 'href="/nodes.csv?view=table&filter=node-1&at=2026-01-01T00:00:05Z" download' in page
    then = (await text(client, f"/nodes.csv?at={FIRST:.0f}&sort=-node")).splitlines()
    assert then[0].startswith("node,state,cpu")
    assert [line.split(",")[:2] for line in then[1:]] == [
        ["young", "nothing kept"],
        ["old", "read"],
        ["node-1", "read"],
        ["calm", "read"],
    ]
    changed = json.loads(await text(client, f"/nodes.json?at={LAST:.0f}&against={FIRST:.0f}&filter=node-1"))
    (row,) = changed["rows"]
    assert (row["node"], row["change"], row["memory"]) == ("node-1", "changed", 50.0)
    now = json.loads(await text(client, "/nodes.json?filter=young&sort=node"))
    assert [one["name"] for one in now["columns"]][:2] == ["node", "state"]
    assert [row["node"] for row in now["rows"]] == ["young"]
    assert 'href="/nodes.json?view=cards" download' in await text(client, "/")


async def test_a_file_of_a_moment_that_is_none_says_so(nodes: Cluster, client: Client) -> None:
    assert (await client.get("/nodes.csv?at=soon")).status_code == 400
    assert (await client.get("/pods.json?at=soon")).status_code == 400
