"""The original's routes for flamegraphs: what its clients sent is understood, and they are answered in its words."""

from __future__ import annotations

import json
import zlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from quart.typing import TestClientProtocol as Client

from gobs_core import PluginState, Profile
from gobs_server.http import create_app
from tests.server import pods
from tests.server.feeding import Cluster
from tests.server.profiles.made import chance
from tests.server.profiles.rig import Rig, packed

PERF = PluginState(kind="profiler", name="perf", targets=("node", "workload", "container", "process"))


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    rig = Rig(tmp_path)
    await rig.start()
    yield rig
    await rig.stop()


@pytest.fixture
def client(rig: Rig) -> Client:
    cluster = Cluster()
    machine = cluster.machine("n", *pods.TABLES, plugins=(PERF,))
    of_pod: dict[str, Any] = {"namespace": "shop", "pod": "web-1", "container": "c1", "container_name": "app"}
    machine.feed(pods.rows([pods.pod("u1", "web-1")], [], [pods.process(7, "u1", **of_pod)]))
    cluster.machine("old", *pods.TABLES)
    return create_app(replace(cluster.services(), profiles=rig.tasks)).test_client()


async def ask(client: Client, method: str, path: str) -> tuple[int, Any]:
    response = await getattr(client, method)(path)
    return response.status_code, json.loads(await response.get_data())


async def test_a_flamegraph_of_a_pod_is_begun_followed_and_downloaded(client: Client, rig: Rig) -> None:
    status, begun = await ask(client, "post", "/api/pods/n/web-1/flamegraph?duration=45")
    assert (status, begun["status"]) == (202, "started")
    node, message = rig.post.sent[-1]
    asked = message.start_profile
    assert (node, asked.kind, asked.workload, asked.duration_ms) == ("n", "workload", "u1", 45_000)
    here = f"/api/flamegraph/{begun['task_id']}"
    status, told = await ask(client, "get", f"{here}/status")
    assert (status, told["status"]) == (200, "processing")
    assert (await ask(client, "get", f"{here}/download"))[0] == 400
    rig.send(begun["task_id"], data := packed())
    task = rig.tasks.get(begun["task_id"])
    assert task is not None
    await rig.done(task)
    status, told = await ask(client, "get", f"{here}/status")
    assert (status, told) == (200, {"status": "completed", "ready": True, "size": len(data)})
    status, tree = await ask(client, "get", f"{here}/download")
    assert (status, tree["name"], tree["value"]) == (200, "all", chance(1).samples)


async def test_a_flamegraph_that_failed_says_why_in_its_words(client: Client, rig: Rig) -> None:
    _, begun = await ask(client, "post", "/api/pods/n/web-1/flamegraph")
    task = rig.tasks.get(begun["task_id"])
    assert task is not None
    assert task.duration == 60
    rig.tasks.cancel(task, "ann")
    for way in ("status", "download"):
        status, told = await ask(client, "get", f"/api/flamegraph/{task.id}/{way}")
        assert status == 500
        assert "cancelled by ann" in told["error"]


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("post", "/api/pods/none/web-1/flamegraph", 404, "Node not found"),
        ("post", "/api/pods/n/none/flamegraph", 404, "there is none of 'none'"),
        ("post", "/api/pods/n/web-1/flamegraph?duration=29", 400, "30-600 seconds"),
        ("post", "/api/pods/n/web-1/flamegraph?duration=601", 400, "30-600 seconds"),
        ("post", "/api/pods/n/web-1/flamegraph?duration=-60", 400, "30-600 seconds"),
        ("post", "/api/pods/n/web-1/flamegraph?duration=" + "9" * 5000, 400, "30-600 seconds"),
        ("get", "/api/flamegraph/none/status", 404, "Task not found"),
        ("get", "/api/flamegraph/none/download", 404, "Task not found"),
    ],
)
async def test_what_is_wrong_is_told_in_its_words(
    client: Client, method: str, path: str, status: int, words: str
) -> None:
    found, told = await ask(client, method, path)
    assert found == status
    assert words in told["error"]


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ({"node": "n", "profiler": "py-spy"}, 422, "body.profiler: one that node 'n' has: perf"),
        ({"node": "old"}, 409, "it is older than this server, or gobs-collectors is not installed"),
        ({"node": "n", "pod": "web-1", "container": "other"}, 422, "body.pod: a pod, workload or container"),
    ],
)
async def test_what_a_node_cannot_record_is_refused_with_what_it_can(
    client: Client, asked: dict[str, str], status: int, words: str
) -> None:
    response = await client.post("/api/v1/profiles", json=asked)
    assert response.status_code == status
    assert words in str(await response.get_data(as_text=True))


async def test_a_profile_is_given_out_as_it_is_kept_to_whoever_decompresses_it(client: Client, rig: Rig) -> None:
    task = rig.begin()
    rig.send(task.id, data := packed())
    await rig.done(task)
    path = f"/api/v1/profiles/{task.id}/download?format=raw"
    response = await client.get(path, headers={"Accept-Encoding": "gzip, deflate"})
    assert (response.headers["Content-Encoding"], await response.get_data()) == ("deflate", data)
    plain = await client.get(path)
    assert "Content-Encoding" not in plain.headers
    assert msgspec.json.decode(zlib.decompress(data), type=Profile) == msgspec.json.decode(
        await plain.get_data(), type=Profile
    )
