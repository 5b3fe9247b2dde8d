"""A profiler and an inventory of others, in workers of a real agent, as a server sees them: failing, and mended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from gobs_core import PluginState, ProfileTarget
from gobs_core.agent.loop import Agent
from gobs_core.plugins import Plugins
from gobs_core.proc import Proc
from gobs_core.settings import AgentSettings, Settings
from gobs_core.testing import FakeClock, FakeProc
from gobs_server.app import Server
from gobs_server.profiles.task import Task
from gobs_sinks.grpc import GrpcConfig, GrpcSink
from tests.browser.conftest import make_server
from tests.core.fakes import healthy
from tests.core.workers import faulty_inventories, faulty_profilers
from tests.core.workers.test_faults import left
from tests.support.waiting import until

NAME = "leaves"
"""What both are called, and what both do: they end their process."""


class Site:
    """A server and an agent of it that ticks whenever something is waited for."""

    def __init__(self, server: Server, agent: Agent, clock: FakeClock) -> None:
        self.server, self.agent, self.clock = server, agent, clock

    async def until(self, condition: Callable[[], object]) -> None:
        """Tick until it holds."""
        async with asyncio.timeout(60):
            while not condition():
                self.clock.advance(1)
                await self.agent.tick()
                await asyncio.sleep(0.02)

    def state(self, kind: str) -> PluginState:
        """How the plugin of that kind fares, as the server has it."""
        node = self.server.live.node("n1")
        assert node is not None
        return next(one for one in node.plugins if (one.kind, one.name) == (kind, NAME))

    def fares(self, kind: str, state: str) -> bool:
        """Whether it fares so."""
        return self.state(kind).state == state

    async def recorded(self) -> Task:
        """Ask for a recording, and wait for its end."""
        task = self.server.profiles.begin(
            "n1", ProfileTarget(kind="node"), profiler=NAME, duration=1.0, frequency=99, call_graph="fp", by="somebody"
        )

        def over() -> bool:
            now = self.server.profiles.get(task.id)
            return now is not None and now.state in ("done", "failed")

        await self.until(over)
        found = self.server.profiles.get(task.id)
        assert found is not None
        return found


@asynccontextmanager
async def site(folder: Path, proc: FakeProc, **config: Any) -> AsyncIterator[Site]:
    clock, server = FakeClock(), make_server(folder)
    await server.start()
    both: Any = {"profiler": faulty_profilers, "inventory": faulty_inventories}
    classes = {kind: module.CLASSES[NAME] for kind, module in both.items()}
    settings = Settings(
        agent=AgentSettings(node="n1", interval=1.0),
        configs={
            **{(kind, NAME): cls.Config(**config) for kind, cls in classes.items()},
            ("sink", "grpc"): GrpcConfig(server=f"127.0.0.1:{server.grpc_port}"),
        },
        named=frozenset({("sink", "grpc")}),
    )
    plugins = Plugins(
        collectors={"near": healthy("near")},
        sinks={"grpc": GrpcSink},
        profilers={NAME: classes["profiler"]},
        inventories={NAME: classes["inventory"]},
        origins={(kind, NAME): module.THEIRS for kind, module in both.items()},
    )
    agent = Agent(settings, plugins, Proc(proc.root, proc.sys), clock=clock)
    await agent.open()
    try:
        await until(lambda: server.profiles.loaded and (node := server.live.node("n1")) is not None and node.connected)
        yield Site(server, agent, clock)
    finally:
        await agent.close()
        await server.stop()


async def test_both_are_seen_to_fail_in_quarantine_and_are_tried_again_when_somebody_says_so(
    tmp_path: Path, proc: FakeProc
) -> None:
    lasts = tmp_path / "broken"
    lasts.touch()
    async with site(tmp_path, proc, while_there=str(lasts)) as place:
        for _ in range(3):
            failed = await place.recorded()
            assert failed.state == "failed"
            assert "its worker is gone: it ended itself with exit code 3" in failed.reason
        refused = await place.recorded()
        assert refused.reason.startswith("the profiler is in quarantine for another")
        for kind in ("profiler", "inventory"):
            await place.until(partial(place.fares, kind, "quarantined"))
            assert place.state(kind).runs_in == "worker"
            assert "times in a row" in place.state(kind).error
        lasts.unlink()
        for kind in ("profiler", "inventory"):
            assert place.server._retry_plugin("n1", kind, NAME)
        await place.until(partial(place.fares, "inventory", "ok"))
        await place.until(partial(place.fares, "profiler", "starting"))
        done = await place.recorded()
        assert (done.state, done.samples) == ("done", 3)
        assert await place.server.profiles.data(done)
        await place.until(partial(place.fares, "profiler", "ok"))
        assert [one.name for one in place.agent.workloads.known().values()] == ["web-0"]
    assert left() == []
