"""A recording asked for over REST, made by real perf on a real agent, and read back in every form."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gobs_collectors.perf import PerfProfiler
from gobs_server.app import Server
from gobs_server.profiles.patience import GONE
from tests.browser.conftest import agent, make_server
from tests.server.ingest.rig import MovableClock
from tests.support.ports import free_port
from tests.support.waiting import until

pytestmark = pytest.mark.root

BUSY = "def busy_with_sums():\n    while True: sum(range(1000))\nbusy_with_sums()"


@asynccontextmanager
async def served(
    folder: Path, port: int = 0, clock: MovableClock | None = None
) -> AsyncIterator[tuple[Server, aiohttp.ClientSession]]:
    server = make_server(folder, grpc=f"127.0.0.1:{port}", clock=clock)
    await server.start()
    try:
        async with aiohttp.ClientSession(f"http://{server.http}") as client:
            yield server, client
    finally:
        await server.stop()


@contextmanager
def busy() -> Iterator[int]:
    """A program that works, by its pid."""
    process = subprocess.Popen([sys.executable, "-c", BUSY])
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


async def ask(client: aiohttp.ClientSession, method: str, path: str, **more: Any) -> tuple[int, Any]:
    async with client.request(method, f"/api/v1/{path}", **more) as answer:
        return answer.status, json.loads(await answer.read())


async def follow(client: aiohttp.ClientSession, id: str) -> tuple[dict[str, Any], list[str]]:  # noqa: A002
    """The recording once it is over, and the states it went through."""
    states: list[str] = []
    async with asyncio.timeout(60):
        while True:
            status, found = await ask(client, "GET", f"profiles/{id}")
            if status == 503:  # a server that has just begun
                continue
            if not states or states[-1] != found["state"]:
                states.append(found["state"])
            if found["state"] not in {"queued", "recording", "processing"}:
                return found, states
            await asyncio.sleep(0.1)


async def connected(client: aiohttp.ClientSession, pid: int) -> None:
    """Wait until the node tells of a process."""
    async with asyncio.timeout(60):
        while True:
            status, found = await ask(client, "GET", "nodes/n/tables/process")
            if status == 200 and any(row["keys"]["pid"] == str(pid) for row in found["rows"]):
                return
            await asyncio.sleep(0.2)


async def test_a_process_is_recorded_followed_and_read_back(tmp_path: Path) -> None:
    async with served(tmp_path) as (server, client), agent(server, "n"):
        with busy() as pid:
            await connected(client, pid)
            node = server.live.node("n")
            assert node is not None
            [perf] = [plugin for plugin in node.plugins if plugin.kind == "profiler"]
            assert (perf.name, perf.title, perf.targets) == ("perf", PerfProfiler.title, PerfProfiler.kinds)
            order = {"node": "n", "pid": pid, "duration_seconds": 2}
            status, begun = await ask(client, "POST", "profiles", json=order)
            assert (status, begun["state"]) == (202, "queued")
            done, states = await follow(client, begun["id"])
            assert done["state"] == "done", done
            assert done["seconds_left"] is None
            assert states[-1] == "done"
            assert "recording" in states
            assert done["samples"] > 5
            assert done["target"]["pid"] == pid
            status, tree = await ask(client, "GET", f"profiles/{begun['id']}/download?format=json")
            assert (status, tree["value"]) == (200, done["samples"])
            async with client.get(f"/api/v1/profiles/{begun['id']}/download?format=folded") as answer:
                lines = (await answer.text()).splitlines()
                assert sum(int(line.rpartition(" ")[2]) for line in lines) == done["samples"]
                assert "attachment" in answer.headers["Content-Disposition"]
            for form in ("speedscope", "pprof", "svg", "raw"):
                async with client.get(f"/api/v1/profiles/{begun['id']}/download?format={form}") as answer:
                    assert answer.status == 200
                    assert await answer.read()
            _, listed = await ask(client, "GET", "profiles?node=n")
            assert [one["id"] for one in listed["profiles"]] == [begun["id"]]


async def test_a_recording_can_be_cancelled_and_an_agent_that_dies_ends_it_in_words(tmp_path: Path) -> None:
    async with served(tmp_path) as (server, client), agent(server, "n") as process:
        with busy() as pid:
            await connected(client, pid)
            order = {"node": "n", "pid": pid, "duration_seconds": 60}
            _, first = await ask(client, "POST", "profiles", json=order)
            _, gone = await ask(client, "POST", f"profiles/{first['id']}/cancel")
            assert gone["state"] == "cancelled"
            _, second = await ask(client, "POST", "profiles", json=order)
            perfs = await recorders(process.pid)
            process.kill()
            await process.wait()
            await until(lambda: not any(map(alive, perfs)))
            async with agent(server, "n"):
                failed, _ = await follow(client, second["id"])
                assert failed["state"] == "failed"
                assert "restarted" in failed["reason"]


async def recorders(agent: int) -> set[int]:
    """The processes that record for an agent, once there are any."""
    found: set[int] = set()

    def look() -> bool:
        children = Path(f"/proc/{agent}/task/{agent}/children").read_text(encoding="ascii").split()
        found.update(int(pid) for pid in children if b"perf\0record" in command(int(pid)))
        return bool(found)

    await until(look)
    return found


def command(pid: int) -> bytes:
    """The command line of a process; empty once it has ended."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def alive(pid: int) -> bool:
    """Whether it still records: what has ended has no command line, however long it waits to be noticed."""
    return b"perf" in command(pid)


class Road:
    """What an agent's connections to a server go through, and where they can be cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listening: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.port = free_port()
        self.connections = 0

    async def mend(self) -> None:
        """Let connections through."""
        self._listening = await asyncio.start_server(self._through, "127.0.0.1", self.port)

    def cut(self) -> None:
        """End all connections and let no other through."""
        assert self._listening is not None
        self._listening.close()
        for writer in self._open:
            writer.transport.abort()

    async def _through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._open |= {writer, far_writer}
        await asyncio.gather(self._pass_on(reader, far_writer), self._pass_on(far_reader, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while part := await reader.read(65536):
                writer.write(part)
                await writer.drain()
        self._open.discard(writer)
        writer.transport.abort()


async def test_an_agent_that_is_killed_ends_its_recordings_within_seconds_though_none_takes_its_place(
    tmp_path: Path,
) -> None:
    clock = MovableClock()
    async with served(tmp_path, clock=clock) as (server, client), agent(server, "n") as process:
        with busy() as pid:
            await connected(client, pid)
            order = {"node": "n", "pid": pid, "duration_seconds": 600}
            _, first = await ask(client, "POST", "profiles", json=order)
            _, second = await ask(client, "POST", "profiles", json=order)
            await until(lambda: server.profiles.all()[1].state == "recording")
            process.kill()
            await process.wait()
            node = server.live.node("n")
            assert node is not None
            await until(lambda: not node.connected, 2)
            clock.ahead += GONE
            for begun in (first, second):
                async with asyncio.timeout(3):
                    failed, _ = await follow(client, begun["id"])
                assert failed["state"] == "failed"
                assert "the agent is gone" in failed["reason"]


async def test_a_short_break_of_the_network_fails_no_recording(tmp_path: Path) -> None:
    async with served(tmp_path) as (server, client):
        road = Road(server.grpc_port)
        await road.mend()
        async with agent(server, "n", "--server", f"127.0.0.1:{road.port}"):
            with busy() as pid:
                await connected(client, pid)
                _, begun = await ask(client, "POST", "profiles", json={"node": "n", "pid": pid, "duration_seconds": 5})
                await until(lambda: server.profiles.all()[0].state == "recording")
                road.cut()
                node = server.live.node("n")
                assert node is not None
                await until(lambda: not node.connected, 2)
                await road.mend()
                done, states = await follow(client, begun["id"])
                assert done["state"] == "done", done
                assert road.connections > 1
                assert "failed" not in states
                assert done["samples"] > 5
        road.cut()


async def test_a_server_that_restarts_while_something_is_recorded_has_the_profile_in_the_end(tmp_path: Path) -> None:
    port = free_port()
    async with served(tmp_path, port) as (server, client), agent(server, "n"):
        with busy() as pid:
            await connected(client, pid)
            _, begun = await ask(client, "POST", "profiles", json={"node": "n", "pid": pid, "duration_seconds": 4})
            await until(lambda: server.profiles.all()[0].state == "recording")
            await server.stop()
            async with served(tmp_path, port) as (_, again):
                done, _ = await follow(again, begun["id"])
                assert done["state"] == "done", done
                assert done["samples"] > 5
                status, tree = await ask(again, "GET", f"profiles/{begun['id']}/download?format=json")
                assert (status, tree["value"]) == (200, done["samples"])


@pytest.mark.parametrize(
    ("order", "status", "where"),
    [
        ({"node": "nobody"}, 404, "nobody"),
        ({"node": "n", "duration_seconds": 0.1}, 422, "duration_seconds"),
        ({"node": "n", "frequency": 0}, 422, "frequency"),
        ({"node": "n", "pid": 2**31 - 1}, 422, "pid"),
        ({"node": "n", "pod": "no such pod"}, 422, "pod"),
        ({"node": "n", "nonsense": 1}, 422, "nonsense"),
        ({}, 422, "node"),
    ],
)
async def test_what_cannot_be_recorded_is_refused_naming_the_field(
    tmp_path: Path, order: dict[str, Any], status: int, where: str
) -> None:
    async with served(tmp_path) as (server, client):
        server.live.connect("n", agent_version="1", protocol=1, boot_id="", run="r", interval=5, skew=0)
        found, problem = await ask(client, "POST", "profiles", json=order)
        assert found == status
        assert where in json.dumps(problem)
