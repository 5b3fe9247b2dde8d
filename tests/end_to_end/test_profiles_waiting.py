"""A recording that waits its turn for longer than a silent one is waited for: server and agent by their own words.

The server's clock is moved; the agent is its real sink and its real queue, with a profiler that waits for the test.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gobs_core import Frame, PluginState, ProfilerConfig, ProfileTarget, Reading, Source, Table, Workloads, counter, key
from gobs_core.agent.recordings import Recorder, Recordings
from gobs_core.testing import FakeProc
from gobs_server.app import Server
from gobs_server.profiles.patience import GONE, SILENT
from gobs_server.profiles.task import Task
from gobs_sinks.grpc import GrpcConfig, GrpcSink
from tests.browser.conftest import make_server
from tests.core.test_recordings import Fake
from tests.server.ingest.rig import MovableClock
from tests.support.sinks import connected
from tests.support.waiting import until

TABLE = Table("t", "A table.", (key("k", ""), counter("c", "")))
STEP = SILENT / 3
STEPS = round(2 * GONE / STEP)


class Site:
    """A server, an agent of it that records one after the other, and the server's clock."""

    def __init__(self, server: Server, clock: MovableClock, sink: GrpcSink, fake: Fake) -> None:
        self.server = server
        self.clock = clock
        self.profiler = fake
        self._sink = sink
        self._sent = 0

    async def step(self) -> None:
        """Let time go by, as the server has it, and the agent send a frame."""
        self.clock.ahead += STEP
        self._sent += 1
        now = self._sent * 10**9
        await self._sink.send(Frame(self._sent, 10**18 + now, now, (Reading(TABLE, [("a", self._sent)], now),)))
        heard = self.server.live.node("n")
        assert heard is not None
        await until(lambda: heard.frames == self._sent)

    def ask(self) -> Task:
        """Ask for a recording of the whole node."""
        target = ProfileTarget(kind="node")
        return self.server.profiles.begin(
            "n", target, profiler="fake", duration=600.0, frequency=99, call_graph="fp", by="somebody"
        )


@asynccontextmanager
async def site(folder: Path, proc: FakeProc, word: float) -> AsyncIterator[Site]:
    clock = MovableClock()
    fake = Fake(ProfilerConfig(at_once=1), proc)
    recorder = Recorder(fake, PluginState(kind="profiler", name="fake"), str)
    recordings = Recordings({"fake": recorder}, proc, Workloads(), word=word)
    server = make_server(folder, clock=clock)
    await server.start()
    source = Source(node="n", run="r", boot_id="b", tables=(TABLE,), recordings=recordings)
    sink = GrpcSink(GrpcConfig(server=f"127.0.0.1:{server.grpc_port}"), source)
    await sink.open()
    try:
        await until(lambda: server.profiles.loaded and connected(sink))
        yield Site(server, clock, sink, fake)
    finally:
        await sink.close()
        await recordings.close()
        await server.stop()


@pytest.fixture
def whole(proc: FakeProc) -> FakeProc:
    proc.write("1/stat", f"1 (init) S {' '.join(['0'] * 18)} 1 0\n")
    return proc


async def test_it_is_kept_while_it_says_that_it_waits_and_is_recorded_in_the_end(
    tmp_path: Path, whole: FakeProc
) -> None:
    async with site(tmp_path, whole, word=0.02) as place:
        first = place.ask()
        await until(lambda: first.state == "recording")
        second = place.ask()
        for _ in range(STEPS):
            await place.step()
            said = second.version
            await until(lambda: second.version > said)  # noqa: B023  waited for within the turn
            place.server.profiles.watch()
            assert (first.state, second.state) == ("recording", "queued")
        place.profiler.go.set()
        ids = (first.id, second.id)
        await until(lambda: all((task := place.server.profiles.get(id_)) and task.state == "done" for id_ in ids))
        kept = place.server.profiles.get(second.id)
        assert kept is not None
        assert kept.samples == 3
        assert await place.server.profiles.data(kept)


async def test_one_that_says_nothing_is_given_up_though_its_agent_is_connected(tmp_path: Path, whole: FakeProc) -> None:
    """What the first would come to without its words."""
    async with site(tmp_path, whole, word=3600.0) as place:
        first = place.ask()
        await until(lambda: first.state == "recording")
        second = place.ask()
        await asyncio.sleep(0)
        for _ in range(4):
            await place.step()
            place.server.profiles.watch()
        assert (first.state, second.state) == ("recording", "failed")
        assert "not heard of in time" in second.reason
