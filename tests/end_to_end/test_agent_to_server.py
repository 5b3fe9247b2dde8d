"""The real agent over a /proc made of files, the real sink, a real port, the real server."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from gobs_core.agent.loop import Agent
from gobs_core.plugins import load_plugins
from gobs_core.settings import load_settings
from gobs_core.testing import FakeClock, FakeProc
from gobs_server.app import Server
from gobs_server.db import sqlite_at
from gobs_server.settings import ServerSettings
from tests.support.ports import free_port
from tests.support.server import ServerProcess, gobs_server
from tests.support.sinks import connected
from tests.support.soak import counts
from tests.support.waiting import until


class Machine:
    """A machine whose load average counts the ticks, and its agent."""

    def __init__(self, folder: Path) -> None:
        self.proc = FakeProc(folder)
        self.clock = FakeClock()
        self.ticks: list[float] = []
        self._write(0)

    @asynccontextmanager
    async def agent(self, grpc: str) -> AsyncIterator[Agent]:
        environ = {"GOBS_AGENT__NODE": "n1", "GOBS_AGENT__INTERVAL": "1s", "GOBS_SINKS__GRPC__SERVER": grpc}
        plugins = load_plugins(allow=["load", "grpc"])
        setup = load_settings(environ={**environ, "GOBS_CONFIG": "/dev/null"}, plugins=plugins)
        agent = Agent(setup.settings, setup.plugins, self.proc, clock=self.clock)
        await agent.open()
        try:
            yield agent
        finally:
            await agent.close()

    async def tick(self, agent: Agent) -> None:
        """Read once more, a second later by the agent's clock."""
        self.clock.advance(1)
        self._write(len(self.ticks) + 1)
        self.ticks.append(len(self.ticks) + 1.0)
        await agent.tick()
        await asyncio.sleep(0.02)

    def _write(self, number: int) -> None:
        self.proc.write("loadavg", f"{number}.00 0.25 0.10 1/100 {number}\n")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


async def test_what_the_agent_reads_is_live_and_kept(machine: Machine, tmp_path: Path) -> None:
    server = Server(ServerSettings(http="127.0.0.1:0", grpc="127.0.0.1:0"), sqlite_at(tmp_path / "gobs.sqlite3"))
    await server.start()
    try:
        async with machine.agent(f"127.0.0.1:{server.grpc_port}") as agent:
            await until(lambda: connected(agent.outboxes["grpc"].sink))
            for _ in range(5):
                await machine.tick(agent)
            node = server.live.node("n1")
            assert node is not None
            await until(lambda: node.frames >= 5)
            load = node.tables["load"].view()
            assert load.values["load1"].tolist() == [5.0]
            assert {"load", "agent", "collector", "plugin", "sight", "sink"} == set(node.tables)
            assert {("load", "ok"), ("grpc", "ok"), ("cpu", "off")} <= {(p.name, p.state) for p in node.plugins}
            now = server.clock.wall()
            _, values = server.history.series("n1", "load", "load1", load.keys[0], now - 60, now + 1, rate=False)
            assert values.tolist() == [1, 2, 3, 4, 5]
        await until(lambda: not node.connected)
    finally:
        await server.stop()


async def kept(server: ServerProcess) -> list[float]:
    """Every point of the load average the server keeps, over REST, by its value, which is the number of its tick.

    Not by its time: the agent's clock is turned a second at each tick and runs ahead of the server's.
    """
    path = "/api/v1/nodes/n1/history?table=load&column=load1&since=3600"
    try:
        found: Any = await asyncio.to_thread(server.get, path)
    except OSError:
        return []
    return sorted(float("nan") if value is None else value for _, value in found["points"])


async def state(server: ServerProcess) -> str:
    try:
        found: Any = await asyncio.to_thread(server.get, "/api/v1/nodes/n1")
    except OSError:
        return ""
    return str(found["node"]["state"])


@counts("kills", reduced=2, full=50, seconds=180)
async def test_a_server_killed_mid_stream_has_no_hole_and_no_double_when_it_is_back(
    kills: int, machine: Machine, tmp_path: Path
) -> None:
    """The agent's ring is the safety copy: all the dead server had, and all it never got, is filled in."""
    grpc = f"127.0.0.1:{free_port()}"
    with gobs_server(tmp_path / "data", grpc=grpc) as first:
        async with machine.agent(grpc) as agent:
            await _until_connected(machine, agent, first)
            await until(lambda: _written(tmp_path / "data"))
            first.kill()
            for kill in range(kills):
                for _ in range(5):
                    await machine.tick(agent)
                before = _acknowledged(agent)
                with gobs_server(tmp_path / "data", grpc=grpc) as server:
                    assert await _remembered(server)
                    await _until_connected(machine, agent, server)
                    points: list[float] = []
                    for _ in range(100):
                        await machine.tick(agent)
                        points = await kept(server)
                        if points and points == machine.ticks[: len(points)] and len(points) >= len(machine.ticks) - 1:
                            break
                        await asyncio.sleep(0.1)
                    assert points == machine.ticks[: len(points)], kill
                    assert len(points) >= len(machine.ticks) - 1
                    await _acknowledged_since(agent, before)  # else the next pause is a longer one
                    server.kill()


def _written(data: Path) -> bool:
    """Whether the node is in the server's database."""
    with closing(sqlite3.connect(f"file:{data / 'gobs.sqlite3'}?mode=ro", uri=True)) as database:
        return bool(database.execute("SELECT count(*) FROM node").fetchone()[0])


def _acknowledged(agent: Agent) -> int:
    return max(outbox.acknowledged or 0 for outbox in agent.outboxes.values())


async def _acknowledged_since(agent: Agent, sequence: int) -> None:
    await until(lambda: _acknowledged(agent) > sequence)


async def _remembered(server: ServerProcess) -> bool:
    """Whether the server knows the node from its database before the agent is back."""
    for _ in range(400):
        if await state(server) in ("down", "fresh"):
            return True
        await asyncio.sleep(0.05)
    return False


async def _until_connected(machine: Machine, agent: Agent, server: ServerProcess) -> None:
    for _ in range(200):
        await machine.tick(agent)
        if len(await kept(server)) >= 3 and await state(server) == "fresh":
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the agent never came back")


async def test_two_agents_with_one_name_are_told_apart(machine: Machine, tmp_path: Path) -> None:
    """Two starts of an agent on this very machine: the second is taken for a restart until the first comes back."""
    server = Server(ServerSettings(http="127.0.0.1:0", grpc="127.0.0.1:0"), sqlite_at(tmp_path / "gobs.sqlite3"))
    await server.start()
    try:
        grpc = f"127.0.0.1:{server.grpc_port}"
        async with machine.agent(grpc) as first:
            await until(lambda: server.live.node("n1"))
            async with Machine(tmp_path / "other").agent(grpc) as second:
                node = server.live.node("n1")
                assert node is not None
                await until(lambda: node.notes[:1] == ("two agents claim this name",))
                assert node.run in (first.source.run, second.source.run)
    finally:
        await server.stop()
