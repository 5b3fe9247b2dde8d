"""Prometheus as its users run it: it scrapes an agent and a server, and has the numbers that REST has."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gobs_core import Proc
from gobs_core.agent.loop import Agent
from gobs_core.plugins import load_plugins
from gobs_core.settings import load_settings
from gobs_server.app import Server
from gobs_server.db import sqlite_at
from gobs_server.settings import ServerSettings
from tests.support.prometheus import lint, prometheus, scraping
from tests.support.waiting import until

pytestmark = pytest.mark.root


class Both(NamedTuple):
    """A server and an agent of this machine that sends to it."""

    server: str
    agent: str
    """HOST:PORT of its sink prometheus."""


@asynccontextmanager
async def both(folder: Path, **environ: str) -> AsyncIterator[Both]:
    server = Server(ServerSettings(http="127.0.0.1:0", grpc="127.0.0.1:0"), sqlite_at(folder / "gobs.sqlite3"))
    await server.start()
    given = {
        "GOBS_CONFIG": "/dev/null",
        "GOBS_AGENT__NODE": "this-machine",
        "GOBS_AGENT__INTERVAL": "1s",
        "GOBS_SINKS__GRPC__SERVER": f"127.0.0.1:{server.grpc_port}",
        "GOBS_SINKS__PROMETHEUS__LISTEN": "127.0.0.1:0",
        **environ,
    }
    setup = load_settings(environ=given, plugins=load_plugins(server=False))
    agent, stop = Agent(setup.settings, setup.plugins, Proc()), asyncio.Event()
    running = asyncio.create_task(agent.run(stop))
    try:
        sink: Any = agent.outboxes["prometheus"].sink
        await until(lambda: (node := server.live.node("this-machine")) and node.frames and sink.port, 60)
        yield Both(server.http, f"127.0.0.1:{sink.port}")
    finally:
        stop.set()
        await running
        await server.stop()


def text(path: str) -> str:
    with urllib.request.urlopen(f"http://{path}", timeout=20) as answer:
        return str(answer.read().decode())


async def by_rest(server: str, table: str, column: str) -> float:
    [row] = json.loads(await asyncio.to_thread(text, f"{server}/api/v1/nodes/this-machine/tables/{table}"))["rows"]
    return float(row["values"][column])


async def test_prometheus_scrapes_agent_and_server_and_has_the_numbers_of_rest(tmp_path: Path) -> None:
    async with both(tmp_path) as here:
        jobs = scraping(
            agent=(here.agent, "/metrics"), nodes=(here.server, "/metrics/nodes"), server=(here.server, "/metrics")
        )
        async with prometheus(tmp_path / "prometheus", jobs) as peer:
            for job in ("agent", "nodes", "server"):
                assert await peer.holds(f'up{{job="{job}"}} == 1')
            total = await by_rest(here.server, "memory", "total")
            for job in ("agent", "nodes"):
                [found] = await peer.holds(f'gobs_memory_total_bytes{{job="{job}"}}')
                assert (float(found["value"][1]), found["metric"]["node"]) == (total, "this-machine")
                assert await peer.holds(f'rate(gobs_cpu_user_seconds_total{{job="{job}",cpu="all"}}[10s]) > 0')
            assert await peer.holds("gobs_server_nodes")
            names = {one["metric"]["__name__"] for one in await peer.ask('{job="agent",__name__=~"gobs_.*"}')}
            of_nodes = {one["metric"]["__name__"] for one in await peer.ask('{job="nodes",__name__=~"gobs_.*"}')}
            assert len(names) > 100
            assert names == of_nodes, "an agent and its server call everything the same"


async def test_promtool_has_no_complaint(tmp_path: Path) -> None:
    async with both(tmp_path) as here:
        for path in (f"{here.agent}/metrics", f"{here.server}/metrics/nodes", f"{here.server}/metrics"):
            exposed = await asyncio.to_thread(text, path)
            assert "# TYPE gobs_" in exposed
            assert await asyncio.to_thread(lint, exposed) == "", path


async def test_prometheus_takes_what_an_agent_pushes(tmp_path: Path) -> None:
    receiving = "--web.enable-remote-write-receiver"
    async with prometheus(tmp_path / "prometheus", "{}", receiving) as peer:
        url = f"http://{peer.address}/api/v1/write"
        pushing = {"GOBS_SINKS__REMOTE_WRITE__URL": url, "GOBS_SINKS__REMOTE_WRITE__EVERY": "1s"}
        async with both(tmp_path, **pushing) as here:
            [found] = await peer.holds('gobs_memory_total_bytes{job="gobservability"}')
            assert float(found["value"][1]) == await by_rest(here.server, "memory", "total")
            assert (found["metric"]["node"], found["metric"]["instance"]) == ("this-machine", "this-machine")
            assert await peer.holds('rate(gobs_cpu_user_seconds_total{cpu="all"}[10s]) > 0')
