"""The page of all nodes: its three looks, what can be asked of it, and what a poll is sent."""

from __future__ import annotations

import re

import pytest
from quart.typing import TestClientProtocol as Client

from gobs_core import PluginState
from gobs_server.http import create_app
from tests.server.feeding import Cluster, Machine
from tests.server.tables import CPU, MEMORY, NET

LOOKS = ("cards", "table", "heat")


@pytest.fixture
def machines(cluster: Cluster) -> list[Machine]:
    """Five nodes, the first of them the busiest."""
    made = [cluster.machine(f"n{number}", CPU, MEMORY, NET) for number in (1, 2, 3, 10, 20)]
    for step in (0, 1):
        for at, machine in enumerate(made):
            rows = [("0", step * (500 - 100 * at)), ("all", step * (500 - 100 * at))]
            machine.feed({CPU: rows, MEMORY: [(1000, 1000 - 100 * at)], NET: [("eth0", "physical", step << 20)]})
        cluster.clock.move(5)
    return made


async def answer(client: Client, query: str = "", tag: str = "", have: str = "") -> tuple[str, str]:
    headers = {"If-None-Match": tag, "Gobs-Have": have} if tag else {}
    response = await client.get(f"/fragments/nodes?{query}", headers=headers)
    assert response.status_code == 200
    return await response.get_data(as_text=True), response.headers["ETag"]


def names(fragment: str) -> list[str]:
    return re.findall(r"<bdi>([^<]*)</bdi>", fragment)


def order(fragment: str) -> list[str]:
    found = re.search(r'data-order="([^"]*)"', fragment)
    assert found is not None
    return found[1].split()


@pytest.mark.parametrize("look", LOOKS)
async def test_each_look_shows_every_node_in_the_order_people_count(
    machines: list[Machine], client: Client, look: str
) -> None:
    fragment, _ = await answer(client, f"view={look}")
    assert names(fragment) == ["n1", "n2", "n3", "n10", "n20"]
    assert fragment.count('data-state="fresh"') >= 5


@pytest.mark.parametrize("look", LOOKS)
async def test_only_what_has_changed_is_sent_and_the_order_of_all(
    machines: list[Machine], client: Client, look: str
) -> None:
    whole, tag = await answer(client, f"view={look}")
    machines[2].feed({CPU: [("0", 1000), ("all", 1000)]}, after=5)
    changed, tag = await answer(client, f"view={look}", tag, "*")
    assert names(changed) == ["n3"]
    assert order(changed) == order(whole)
    assert (await client.get(f"/fragments/nodes?view={look}", headers={"If-None-Match": tag})).status_code == 304


async def test_what_comes_into_view_is_sent_though_it_did_not_change(machines: list[Machine], client: Client) -> None:
    first, tag = await answer(client, "count=2")
    assert names(first) == ["n1", "n2"]
    second, tag = await answer(client, "first=1&count=3", tag, " ".join(order(first)))
    assert (names(second), len(order(second))) == (["n3", "n10"], 3)
    assert 'data-first="1" data-total="5"' in second


async def test_what_another_takes_the_place_of_is_sent_though_it_did_not_change(
    machines: list[Machine], client: Client
) -> None:
    top, tag = await answer(client, "sort=-cpu&count=2")
    assert names(top) == ["n1", "n2"]
    machines[0].feed({CPU: [("0", 500), ("all", 500)]}, after=5)
    after, _ = await answer(client, "sort=-cpu&count=2", tag, " ".join(order(top)))
    assert names(after) == ["n3"]
    assert order(after)[0] == order(top)[1]


async def test_other_questions_get_whole_answers(machines: list[Machine], client: Client) -> None:
    _, tag = await answer(client, "sort=-cpu")
    fragment, _ = await answer(client, "sort=cpu", tag, "*")
    assert names(fragment) == ["n20", "n10", "n3", "n2", "n1"]
    assert "<form" in fragment


async def test_what_stands_around_the_items_is_not_sent_again(machines: list[Machine], client: Client) -> None:
    whole, tag = await answer(client, "view=table")
    machines[2].feed({CPU: [("0", 1000), ("all", 1000)]}, after=5)
    changed, _ = await answer(client, "view=table", tag, "*")
    assert "<form" in whole
    assert "<form" not in changed
    assert 'id="nodes-tools"' in changed
    assert changed.count("<th ") == 1
    assert len(changed) < len(whole) / 4


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("filter=n1", ["n1", "n10"]),
        ("filter=cpu>70", ["n1", "n2"]),
        ("filter=memory>=30", ["n10", "n20"]),
        ("filter=state:stale", []),
        ("filter=-n1", ["n2", "n3", "n20"]),
        ("filter=load:unknown", ["n1", "n2", "n3", "n10", "n20"]),
        ("sort=-memory", ["n20", "n10", "n3", "n2", "n1"]),
        ("sort=net_in,-node", ["n20", "n10", "n3", "n2", "n1"]),
        ("sort=nonsense", ["n1", "n2", "n3", "n10", "n20"]),
    ],
)
async def test_nodes_are_filtered_and_ordered(
    machines: list[Machine], client: Client, query: str, found: list[str]
) -> None:
    fragment, _ = await answer(client, query)
    assert names(fragment) == found
    if not found:
        assert "No node matches" in fragment


async def test_what_a_filter_cannot_mean_is_said(machines: list[Machine], client: Client) -> None:
    fragment, _ = await answer(client, "filter=colour:red+cpu>70")
    assert "there is no column &#39;colour&#39; here" in fragment
    assert names(fragment) == ["n1", "n2"]


async def test_problems_come_first_when_asked_for(cluster: Cluster, machines: list[Machine], client: Client) -> None:
    cluster.clock.move(200)
    cluster.live.age()
    for machine in (machines[0], machines[2], machines[4]):
        machine.feed({MEMORY: [(1000, 500)]})
    cluster.clock.move(12)
    machines[0].feed({MEMORY: [(1000, 500)]})
    machines[4].feed({MEMORY: [(1000, 500)]})
    cluster.live.age()
    cluster.live.set_plugins(machines[4].node, (PluginState(kind="collector", name="x", state="failing"),))
    fragment, _ = await answer(client, "sort=problems")
    assert names(fragment) == ["n2", "n10", "n3", "n20", "n1"]
    assert re.findall(r'class="card" id="\w+" data-state="(\w+)"', fragment) == [
        "down", "down", "stale", "fresh", "fresh",
    ]  # fmt: skip


async def test_the_summary_counts_nodes_that_report_and_says_how_many_it_leaves_out(
    cluster: Cluster, machines: list[Machine], client: Client
) -> None:
    fragment, _ = await answer(client)
    summary = fragment[: fragment.index('id="nodes-tools"')]
    assert ">5 fresh<" in summary
    assert "60.0 % of 5" in summary  # 100, 80, 60, 40 and 20 % of a CPU each
    assert "1.0 MiB/s" in summary  # 5 x 1 MiB in 5 s
    assert "without" not in summary
    cluster.clock.move(30)
    machines[0].feed({MEMORY: [(1000, 1000)]})
    cluster.live.age()
    fragment, _ = await answer(client)
    summary = fragment[: fragment.index('id="nodes-tools"')]
    assert (">1 fresh<" in summary, ">4 stale<" in summary) == (True, True)
    assert "no node tells it now" in summary


async def test_a_number_of_the_cluster_that_leaves_nodes_out_says_so(
    cluster: Cluster, machines: list[Machine], client: Client
) -> None:
    cluster.machine("new", CPU)
    fragment, _ = await answer(client)
    assert "1 node does not report or not tell it" in fragment
    assert "without 1" in fragment


async def test_a_node_that_falls_silent_is_sent_again(
    cluster: Cluster, machines: list[Machine], client: Client
) -> None:
    _, tag = await answer(client)
    cluster.clock.move(12)
    for machine in machines[1:]:
        machine.feed({MEMORY: [(1000, 500)]})
    cluster.live.age()
    fragment, tag = await answer(client, "", tag, "*")
    assert 'data-state="stale"' in fragment
    assert len(names(fragment)) == 5
    cluster.clock.move(60)
    for machine in machines[1:]:
        machine.feed({MEMORY: [(1000, 500)]})
    _, tag = await answer(client)
    cluster.live.age()
    fragment, _ = await answer(client, "", tag, "*")
    assert names(fragment) == ["n1"]
    assert 'data-state="down"' in fragment


async def test_the_heat_map_is_coloured_by_what_is_asked_and_says_the_number(
    machines: list[Machine], client: Client
) -> None:
    fragment, _ = await answer(client, "view=heat&by=memory")
    tiles = re.findall(r'data-heat="(-?\d)"><a href="[^"]*" title="([^"]*)"', fragment)
    assert tiles[0] == ("0", "n1: Memory 0 %, fresh")
    assert tiles[4] == ("2", "n20: Memory 40 %, fresh")
    unknown, _ = await answer(client, "view=heat&by=load")
    assert unknown.count('data-heat="-1"') == 6  # and the legend


async def test_the_page_holds_the_first_part_and_a_way_on_without_scripts(cluster: Cluster, client: Client) -> None:
    for number in range(90):
        cluster.machine(f"n{number:02}", CPU)
    page = await (await client.get("/?view=table&sort=-node")).get_data(as_text=True)
    assert names(page)[0] == "n89"
    assert len(names(page)) == 80
    assert 'href="/?view=table&amp;sort=-node&amp;first=80"' in page
    rest = await (await client.get("/?view=table&sort=-node&first=80")).get_data(as_text=True)
    assert (names(rest)[0], len(names(rest))) == ("n09", 10)
    assert "More nodes" not in rest


async def test_many_different_questions_cost_no_memory_without_end(machines: list[Machine], client: Client) -> None:
    for number in range(250):
        await answer(client, f"filter={number}x")
    fragment, _ = await answer(client, "filter=n1")
    assert names(fragment) == ["n1", "n10"]


@pytest.mark.parametrize(
    "query",
    [
        "view=%00&sort=,,,-&filter=%22&by=%FF",
        "view=heat&by=__class__&first=99999999&count=1",
        "sort=" + ",".join(["-cpu"] * 300),
        "filter=" + "(" * 400 + "cpu>1e400",
        "first=-5&count=abc",
        "view=table&view=heat&group=x&columns=y&pins=z&idle=hide",
    ],
)
async def test_an_absurd_query_gives_a_page_all_the_same(machines: list[Machine], client: Client, query: str) -> None:
    for path in ("/", "/fragments/nodes"):
        response = await client.get(f"{path}?{query}")
        assert response.status_code == 200
        assert "5 fresh" in await response.get_data(as_text=True)


async def test_numbers_beyond_belief_keep_the_layout(cluster: Cluster, client: Client) -> None:
    from gobs_core import Table, Unit, gauge

    odd = Table("memory", "Odd", [gauge("used_percent", "x", Unit.PERCENT), gauge("used", "x", Unit.BYTES)])
    for name, row in {"huge": (1e300, 1e300), "less": (-5.0, -1.0), "unknown": (None, None)}.items():
        cluster.machine(name, odd).feed({odd: [row]})
    for look in LOOKS:
        fragment, _ = await answer(client, f"view={look}&by=memory&sort=-memory")
        assert names(fragment) == ["huge", "less", "unknown"]
        assert "1e+300" in fragment
        assert re.search(r'data-heat="5".*data-heat="0".*data-heat="-1"', fragment, re.DOTALL) or look != "heat"


async def test_nothing_of_a_node_is_left_when_it_is_forgotten(cluster: Cluster, machines: list[Machine]) -> None:
    client = create_app(cluster.services()).test_client()
    whole, tag = await answer(client)
    cluster.clock.move(8 * 86400)
    cluster.live.age()
    for machine in machines:
        cluster.live.disconnect(machine.node)
    cluster.live.age()
    cluster.clock.move(8 * 86400)
    machines[0].feed({MEMORY: [(1000, 1000)]})
    cluster.live.expire()
    fragment, _ = await answer(client, "", tag, "*")
    assert order(fragment) == order(whole)[:1]
    assert "1 node: " in fragment
