"""Pods over REST: of all nodes, of one, and one with its containers and processes, whatever they are called."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import pytest
from quart.typing import TestClientProtocol as Client

from gobs_core import PluginState, RowValues
from gobs_server.http import create_app
from tests.server.api.test_tables import get
from tests.server.feeding import Cluster, Machine
from tests.server.pods import TABLES, container, device, pod, process, row, rows
from tests.support.hostile import HOSTILE_NAMES

WEB = {"owner": "Deployment/web", "controller": "ReplicaSet/web-5d4f8c7b9", "labels": "app=web,tier=front"}
FIRST = [
    pod("u-2", "web-2", **WEB, ips="10.0.0.7"),
    pod("u-1", "web-1", **WEB, reason="CrashLoopBackOff", restarts=7),
    pod("u-9", None, None),
    row(TABLES[0], "cron.service", kind="unit"),
]
SECOND = [
    pod("v-1", "db-0", "data", owner="StatefulSet/db", controller="StatefulSet/db", labels="app=db"),
    pod("v-2", "web-3", **WEB),
]


@pytest.fixture
def nodes(cluster: Cluster) -> dict[str, Machine]:
    found = {name: cluster.machine(name, *TABLES) for name in ("node-a", "node-b")}
    for at in range(2):
        containers = [
            container("u-1", "app", cpu_usage=at * 1_000_000),
            container("u-2", "app"),
            container("v-1", "db"),
        ]
        disks = [device("u-1", "app", "vda", read_bytes=at * 8192), device("u-2", "app", "vda")]
        processes = [process(10, "u-1", utime=at * 50), process(11, "u-1", 10), process(12, "cron.service")]
        found["node-a"].feed(rows(FIRST, containers, processes, disks), after=5)
        found["node-b"].feed(rows(SECOND, [], []))
    return found


@pytest.fixture
def client(cluster: Cluster, nodes: dict[str, Machine]) -> Client:
    cluster.machine("bare").feed({})
    return create_app(cluster.services()).test_client()


async def names(client: Client, **query: str | int) -> list[str]:
    answer = await get(client, f"/pods?{urlencode(query)}")
    return [one["infos"]["name"] or one["keys"]["workload"] for one in answer["pods"]]


async def test_pods_of_all_nodes_come_by_node_namespace_and_name_and_nothing_else_that_runs_there(
    client: Client,
) -> None:
    answer = await get(client, "/pods")
    assert [(one["node"], one["infos"]["name"]) for one in answer["pods"]] == [
        ("node-a", None),
        ("node-a", "web-1"),
        ("node-a", "web-2"),
        ("node-b", "db-0"),
        ("node-b", "web-3"),
    ]
    assert answer["count"] == 5


async def test_a_pod_is_its_row(client: Client) -> None:
    found = (await get(client, "/pods?q=web-1"))["pods"][0]
    assert found["keys"] == {"workload": "u-1"}
    assert (found["infos"]["reason"], found["values"]["restarts"]) == ("CrashLoopBackOff", 7)
    assert found["values"]["cpu_limit"] is None, "not known"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"namespace": "data"}, ["db-0"]),
        ({"namespace": "dat"}, []),
        ({"node": "node-b"}, ["db-0", "web-3"]),
        ({"node": "node-c"}, []),
        ({"owner": "web"}, ["web-1", "web-2", "web-3"]),
        ({"owner": "Deployment/web"}, ["web-1", "web-2", "web-3"]),
        ({"owner": "ReplicaSet/web-5d4f8c7b9"}, ["web-1", "web-2", "web-3"]),
        ({"owner": "DaemonSet/web"}, []),
        ({"owner": "we"}, []),
        ({"q": "WEB crash"}, ["web-1"]),
        ({"q": "ns:shop node:node-b"}, ["web-3"]),
        ({"q": "owner:statefulset"}, ["db-0"]),
        ({"q": "app=web tier=front"}, ["web-1", "web-2", "web-3"]),
        ({"q": "label=app=db"}, ["db-0"]),
        ({"q": "label:app=db"}, ["db-0"]),
        ({"q": "app=we"}, []),
        ({"q": "10.0.0.7"}, ["web-2"]),
        ({"q": "u-9"}, ["u-9"]),
        ({"q": "node-b web"}, ["web-3"]),
        ({"q": "nothing at all"}, []),
        ({"namespace": "shop", "node": "node-a", "owner": "web", "q": "web-2"}, ["web-2"]),
    ],
)
async def test_what_is_asked_for_must_all_hold(client: Client, query: dict[str, str], expected: list[str]) -> None:
    assert await names(client, **query) == expected


async def test_they_come_in_parts_and_the_count_is_of_all(client: Client) -> None:
    assert await names(client, limit=2) == ["u-9", "web-1"]
    assert await names(client, limit=2, offset=2) == ["web-2", "db-0"]
    assert await names(client, limit=2, offset=4) == ["web-3"]
    assert await names(client, offset=5) == []
    assert (await get(client, "/pods?limit=2&offset=2"))["count"] == 5
    for wrong in ("limit=0", "limit=20001", "offset=-1", "offset=x", "name=web", "q=" + "x" * 501):
        await get(client, f"/pods?{wrong}", 422)


async def test_pods_of_one_node(client: Client) -> None:
    answer = await get(client, "/nodes/node-b/pods?owner=web")
    assert [(one["node"], one["infos"]["name"]) for one in answer["pods"]] == [("node-b", "web-3")]
    await get(client, "/nodes/node-b/pods?node=node-b", 422)
    await get(client, "/nodes/nothing/pods", 404)
    assert "no table 'pod'" in (await get(client, "/nodes/bare/pods", 404))["detail"]


async def test_a_pod_comes_with_its_containers_and_its_processes(client: Client) -> None:
    answer = await get(client, "/nodes/node-a/pods/shop/web-1")
    assert answer["pod"]["keys"] == {"workload": "u-1"}
    assert [(one["infos"]["name"], one["values"]["cpu"]) for one in answer["containers"]] == [("app", 20.0)]
    assert [(one["keys"]["device"], one["values"]["read_bytes"]) for one in answer["devices"]] == [("vda", 8192.0)]
    assert [(one["keys"]["pid"], one["infos"]["ppid"]) for one in answer["processes"]] == [("10", "1"), ("11", "10")]
    assert answer["processes"][0]["values"]["cpu"] == 10.0


async def test_a_pod_without_a_process_and_one_without_a_name_are_found(client: Client) -> None:
    assert (await get(client, "/nodes/node-b/pods/data/db-0"))["processes"] == []
    assert (await get(client, "/nodes/node-a/pods/-/u-9"))["pod"]["infos"]["name"] is None
    assert (await get(client, "/nodes/node-a/pods/-/u-1"))["pod"]["infos"]["name"] == "web-1"


async def test_why_a_value_is_not_known_is_told(cluster: Cluster, client: Client) -> None:
    reasons = {"pod.memory_limit": "the Kubernetes API refuses the token"}
    cluster.live.set_plugins(cluster.live.nodes()[1], (PluginState(kind="collector", name="process", unknown=reasons),))
    answer = await get(client, "/nodes/node-a/pods/shop/web-1")
    assert answer["unknown"]["memory_limit"] == "the Kubernetes API refuses the token"


async def test_what_is_not_there_says_where_to_look(client: Client) -> None:
    for path in ("shop/web-3", "data/web-1", "-/web-1", "-/cron.service"):
        problem = await get(client, f"/nodes/node-a/pods/{path}", 404)
        assert problem["detail"].endswith("GET /api/v1/nodes/node-a/pods lists them")


async def test_of_two_pods_of_one_name_the_one_that_is_there_is_meant(
    nodes: dict[str, Machine], client: Client
) -> None:
    def named(uid: str, **cells: Any) -> RowValues:
        return pod(uid, "db-0", "data", **cells)

    old, new = (
        named("old", reason="Deleted", started="2026-01-01T00:00:09Z"),
        named("new", started="2026-01-01T00:00:05Z"),
    )
    for both in ([old, new], [new, old]):
        nodes["node-b"].feed(rows(both, [], []), after=5)
        assert (await get(client, "/nodes/node-b/pods/data/db-0"))["pod"]["keys"]["workload"] == "new"
    nodes["node-b"].feed(rows([named("a", started="2026-01-01T00:00:02Z"), new], [], []), after=5)
    assert (await get(client, "/nodes/node-b/pods/data/db-0"))["pod"]["keys"]["workload"] == "new"


async def test_hostile_names_are_looked_up_and_nothing_else(nodes: dict[str, Machine], client: Client) -> None:
    hostile = [name for name in HOSTILE_NAMES if len(name) < 500]
    pods = [pod(f"h-{n}", name, name, labels=f"{name}={name}", owner=name) for n, name in enumerate(hostile)]
    nodes["node-a"].feed(rows(pods, [container(f"h-{n}", name) for n, name in enumerate(hostile)], []), after=5)
    for n, name in enumerate(hostile):
        path = f"/nodes/node-a/pods/{quote(name, safe='')}/{quote(name, safe='')}"
        answer = await get(client, path)
        assert answer["pod"]["keys"]["workload"] == f"h-{n}"
        assert [one["infos"]["name"] for one in answer["containers"]] == [name]
        assert f"h-{n}" in [
            one["keys"]["workload"] for one in (await get(client, f"/pods?{urlencode({'namespace': name})}"))["pods"]
        ]
        await get(client, f"/pods?{urlencode({'q': name})}")


async def test_an_answer_that_has_not_changed_is_not_sent_again(nodes: dict[str, Machine], client: Client) -> None:
    for path in ("/api/v1/pods", "/api/v1/nodes/node-a/pods", "/api/v1/nodes/node-a/pods/shop/web-1"):
        tag = (await client.get(path)).headers["ETag"]
        assert (await client.get(path, headers={"If-None-Match": tag})).status_code == 304
        nodes["node-a"].feed(rows(FIRST, [], []), after=5)
        assert (await client.get(path, headers={"If-None-Match": tag})).status_code == 200
