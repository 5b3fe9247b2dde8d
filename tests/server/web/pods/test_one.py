"""The page of one pod: how it fares, its containers, its processes as a tree, its labels, and what happened to it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from quart.typing import TestClientProtocol as Client

from gobs_collectors.cgroup.tables import CONTAINER
from gobs_core import RowValues
from gobs_server.http import create_app
from tests.server.feeding import Cluster, Machine
from tests.server.pods import TABLES, container, device, pod, process, row, rows
from tests.support.hostile import HOSTILE_NAMES

PAGE = "/nodes/node-a/workloads/u-1"
CHANGES = f"/fragments{PAGE}/changes"


def told(**cells: Any) -> RowValues:
    usual = {"containers_ready": 2, "containers_wanted": 2, "restarts": 0, "owner": "Deployment/web"}
    return pod("u-1", "web-1", **{**usual, **cells})


@pytest.fixture
def node(cluster: Cluster) -> Machine:
    made = cluster.machine("node-a", *TABLES)
    for at in range(2):
        made.feed(reading(at), after=5)
    return made


@pytest.fixture
def client(cluster: Cluster, node: Machine) -> Client:
    return create_app(cluster.services()).test_client()


def reading(at: int, **cells: Any) -> Any:
    web = told(
        labels="app=web,tier=front", cpu_user=at * 1_500_000, cpu_system=0, cpu_request=250, cpu_limit=500,
        memory_working_set=95 << 20, memory_limit=100 << 20, network="host", **cells,
    )  # fmt: skip
    boxes = [
        row(CONTAINER, "u-1", "c-pause", type="unlisted", nested="no"),
        container("u-1", "app", image="shop/web:1", resources="cpu=250m/500m memory=-/100Mi", periods=at * 100,
                  throttled_periods=at * 25, working_set=90 << 20, memory_limit=100 << 20),
        container("u-1", "migrate", type="init", state="terminated", reason="Completed", ready="yes"),
        container("u-1", "side", state="waiting", reason="CrashLoopBackOff", ready="no", restarts=3,
                  last_reason="OOMKilled", last_exit_code=137),
    ]  # fmt: skip
    processes = [
        process(30, "u-1", 10, comm="worker-b", container_name="app"),
        process(10, "u-1", 9, comm="main", container_name="app", utime=at * 50),
        process(20, "u-1", 10, comm="worker-a", container_name="app"),
        process(40, "u-1", 20, comm="child", container_name="app"),
        process(11, "other", 1),
    ]
    return rows([web], boxes, processes, [device("u-1", "app", "vda", read_bytes=at * 4096)])


async def get(client: Client, path: str = PAGE) -> str:
    response = await client.get(path)
    assert response.status_code == 200
    return await response.get_data(as_text=True)


def words(content: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", content)))


def table(content: str, name: str) -> list[list[str]]:
    body = content[content.index(f'id="{name}"') :]
    body = body[body.index("<tbody>") : body.index("</tbody>")]
    lines = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [[words(cell).strip() for cell in re.findall(r"<t[dh][^>]*>.*?</t[dh]>", line)] for line in lines]


async def test_it_says_what_it_is_and_leads_to_all_that_have_the_same(client: Client) -> None:
    content = await get(client)
    assert "Running 2 of 2 containers are ready" in words(content)
    for query, shown in (
        ("ns%3Dshop", "shop"),
        ("owner%3DDeployment%2Fweb", "Deployment/web"),
        ("label%3Dapp%3Dweb", "app=web"),
    ):
        assert f'<a href="/pods?filter={query}"><bdi>{shown}</bdi></a>' in content
    assert "its traffic is part of the node" in content


async def test_what_it_uses_stands_beside_what_it_is_promised_and_may_use(client: Client) -> None:
    content = await get(client)
    assert "0.30 cores 0.25 cores promised, 0.50 cores at most" in words(content)
    assert "95.0 MiB nothing promised, 100.0 MiB at most" in words(content)
    cpu, memory = re.findall(r'<rect width="([\d.]+)"[^>]*/>(?=<rect class)', content)
    assert (cpu, memory) == ("60.0", "95.0")
    assert content.count("meter over") == 1, "memory alone is near its limit"


async def test_its_containers_come_with_their_states_and_how_they_ended(client: Client) -> None:
    found = table(await get(client), "containers")
    assert [line[0] for line in found] == ["app", "side", "migrate", "its sandbox, or one the pod does not list"]
    app, side, migrate, _ = found
    assert app[1:3] == ["container", "running"]
    assert app[5] == "cpu=250m/500m memory=-/100Mi"
    assert app[8:11] == ["25.0", "90.0 MiB", "90.0"]
    assert app[-1] == "shop/web:1"
    assert side[2:5] == ["waiting: CrashLoopBackOff", "3", "OOMKilled, exit code 137"]
    assert migrate[2] == "terminated: Completed"


async def test_it_leads_to_what_its_containers_read_and_write_of_each_device(client: Client, node: Machine) -> None:
    [path] = re.findall(r'href="([^"]+)">What they read and write of each disk', await get(client))
    assert path == "/nodes/node-a/tables/container_io?filter=workload%3Au-1"
    listed = await get(client, path)
    assert "vda" in listed
    node.feed(rows([told()], [container("u-1", "app")], []), after=5)
    assert "of each disk" not in await get(client), "none has been used"


async def test_its_processes_are_a_tree(client: Client) -> None:
    content = await get(client)
    assert [line[1] for line in table(content, "members")] == ["main", "worker-a", "child", "worker-b"]
    assert re.findall(r'data-depth="(\d)"', content) == ["0", "1", "2", "1"]
    assert "4 in this pod now" in words(content)
    assert 'href="/nodes/node-a/processes/40/77"' in content


async def test_processes_that_name_each_other_as_parents_are_shown_once(client: Client, node: Machine) -> None:
    loop = [process(10, "u-1", 20), process(20, "u-1", 10), process(30, "u-1", 30)]
    node.feed(rows([told()], [], loop), after=5)
    assert sorted(line[0] for line in table(await get(client), "members")) == ["10", "20", "30"]


async def test_what_happened_is_told_with_its_reasons_and_marked_in_the_charts(client: Client, node: Machine) -> None:
    assert "Nothing in the time that is kept" in await get(client, CHANGES)
    node.feed(reading(2, containers_ready=1), after=5)
    killed = container("u-1", "app", restarts=1, last_reason="OOMKilled", last_exit_code=137)
    node.feed(rows([told(restarts=1, containers_ready=1)], [killed], []), after=5)
    node.feed(rows([told(restarts=1)], [killed], []), after=5)
    content = await get(client, CHANGES)
    found = [words(line).strip() for line in re.findall(r"<span>(.*?)</span>", content)]
    assert found == [
        "ready again: 2 of 2 containers are",
        "restarted: app OOMKilled, exit code 137",
        "not ready: 1 of 2 containers are",
    ]
    (marks,) = re.findall(r'data-marks="([^"]*)"', content)
    assert len(marks.split()) == 2
    assert f'hx-get="{CHANGES}"' in await get(client)


async def test_the_past_is_not_read_again_while_nothing_happens(client: Client, node: Machine) -> None:
    tag = {"If-None-Match": (await client.get(CHANGES)).headers["ETag"]}
    node.feed(reading(2), after=5)
    assert (await client.get(CHANGES, headers=tag)).status_code == 304
    node.feed(reading(3, restarts=1), after=5)
    assert (await client.get(CHANGES, headers=tag)).status_code == 200


async def test_a_pod_that_has_gone_is_shown_as_it_was(client: Client, node: Machine) -> None:
    node.feed(rows([pod("u-2", "web-2")], [], []), after=5)
    content = await get(client)
    assert "It is not in the table any more" in words(content)
    assert "0.30 cores" in words(content)
    assert 'id="containers"' not in content
    assert (await client.get(CHANGES)).status_code == 200


async def test_a_pod_is_shown_as_it_was_with_the_containers_and_processes_it_had(client: Client, node: Machine) -> None:
    then = int(node.cluster.clock.now)
    web = told(restarts=7, cpu_request=250, cpu_limit=500, memory_limit=100 << 20)
    node.feed(rows([web], [container("u-1", "new", restarts=7)], [process(77, "u-1")]), after=30)
    content = await get(client, f"{PAGE}?at={then}")
    assert [line[0] for line in table(content, "members")] == ["10", "20", "40", "30"]
    assert [line[0] for line in table(content, "containers")][:3] == ["app", "side", "migrate"]
    assert "4 in this pod then" in words(content)
    assert "7 restarts" not in words(content)
    past = re.findall(r'href="(/nodes/node-a/(?:processes|tables/container)[^"]*)"', content)
    assert len(past) >= 8
    assert all("at=2026" in unescape(path) for path in past)
    assert f'hx-get="{CHANGES}" hx-trigger="load"' in content
    now = await get(client)
    assert [line[0] for line in table(now, "members")] == ["77"]
    assert "7 restarts" in words(now)


async def test_a_pod_without_a_name_has_a_page_too(client: Client, node: Machine) -> None:
    node.feed(rows([pod("u-9", None, None)], [], [process(10, "u-9")]), after=5)
    content = await get(client, "/nodes/node-a/workloads/u-9")
    assert "not told: no name is known of it" in content
    assert [line[0] for line in table(content, "members")] == ["10"]


async def test_changes_of_what_never_was_are_none(client: Client) -> None:
    assert "Nothing in the time" in await get(client, "/fragments/nodes/node-a/workloads/never/changes")
    assert (await client.get("/fragments/nodes/nowhere/workloads/never/changes")).status_code == 200


@pytest.mark.parametrize("name", HOSTILE_NAMES)
async def test_hostile_names_are_shown_as_text_alone(cluster: Cluster, client: Client, name: str) -> None:
    machine = cluster.machine("evil", *TABLES)
    hostile = dict.fromkeys(("owner", "controller", "phase", "reason", "qos", "ips", "runtime", "started"), name)
    for at in range(2):
        box = container("x", "a", image=name, last_reason=name, state=name, reason=name, resources=name, restarts=at)
        one = pod("x", name, name, **hostile, labels=f"a={name}", restarts=at)
        machine.feed(rows([one], [box], [process(1, "x", comm=name, cmdline=name, container_name=name)]), after=5)
    for path in ("/nodes/evil/workloads/x", "/fragments/nodes/evil/workloads/x/changes"):
        content = (await get(client, path)).lower()
        assert "<script>" not in content
        assert "<img" not in content.replace('<img src="/static', "")
