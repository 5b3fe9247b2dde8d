"""What a collector costs in a process of its own, beside the same collector in the agent's thread."""

from __future__ import annotations

import asyncio
import math
import statistics
import time
from pathlib import Path
from typing import NamedTuple

from structlog.testing import capture_logs

from benchmarks.report import Report
from benchmarks.worker_plugin import Large, Small
from gobs_core import CollectorConfig, Frame, Proc, Sink
from gobs_core.agent.loop import Agent
from gobs_core.plugins import Origin, Plugins
from gobs_core.settings import AgentSettings, Settings
from gobs_core.settings.sections import PluginsSettings, WorkerSettings
from gobs_core.testing import FakeClock


class _Nowhere(Sink):
    """Takes frames nowhere."""

    name = "nowhere"
    default = True

    async def send(self, frame: Frame) -> None:
        """Drop it."""


class Cost(NamedTuple):
    """Of one tick, in milliseconds; medians of the rounds."""

    agent: float
    """CPU of the agent's process."""
    worker: float
    """CPU of the worker's."""
    wall: float
    memory: float = 0.0
    """MiB resident in the worker, in the end."""
    own: float = 0.0
    """MiB of them that are its own."""
    start: float = 0.0
    """Milliseconds from nothing to the first rows."""


def run(quick: bool = False) -> Report:
    """Measure a small and a large collector, inside and in a worker, in turn."""
    ticks, rounds = (20, 1) if quick else (1000, 5)
    report = Report("Workers: a collector in a process of its own")
    for cls in (Small, Large):
        taken: dict[bool, list[Cost]] = {False: [], True: []}
        for _ in range(rounds):
            for foreign in (False, True):
                with capture_logs():
                    taken[foreign].append(asyncio.run(_measure(cls, ticks, foreign=foreign)))
        inside, apart = (_median(taken[foreign]) for foreign in (False, True))
        rows = f"{cls.rows:,} rows a tick" if cls.rows > 1 else "one row a tick"
        report.figure(f"{cls.name}, in the thread", inside.agent, "ms CPU per tick", rows)
        report.figure(f"{cls.name}, in a worker: the agent", apart.agent, "ms CPU per tick", rows)
        report.figure(f"{cls.name}, in a worker: the worker", apart.worker, "ms CPU per tick", rows)
        report.figure(f"{cls.name}, a tick with a worker", apart.wall, "ms", f"{inside.wall:.3g} with none")
        report.figure(f"{cls.name}, memory of its worker", apart.memory, "MiB RSS", f"{apart.own:.3g} its own")
        report.figure(f"{cls.name}, to its first rows", apart.start, "ms", "process, imports, first reading")
        more = apart.agent + apart.worker - inside.agent
        report.bar(f"{cls.name}: CPU more a tick", more, at_most=0.5 if cls is Small else 5.0, unit="ms")
        if cls is Small:
            report.bar("memory of a worker", apart.memory, at_most=24, unit="MiB")
    return report


async def _measure(cls: type[Small], ticks: int, *, foreign: bool) -> Cost:
    clock = FakeClock()
    settings = Settings(
        agent=AgentSettings(node="here"),
        configs={("collector", cls.name): CollectorConfig(deadline=60)},
        plugins=PluginsSettings(workers=WorkerSettings(foreign=foreign, cpu=64)),
    )
    origins = {("collector", cls.name): Origin("bench", "gobs-plugin-bench", "1.0", Small.__module__)}
    plugins = Plugins(collectors={cls.name: cls}, sinks={"nowhere": _Nowhere}, origins=origins)
    agent = Agent(settings, plugins, Proc(), clock=clock)
    await agent.open()
    try:
        began = time.perf_counter()
        await _tick(agent, cls.name, clock)
        start = 1000 * (time.perf_counter() - began)
        for _ in range(5):
            await _tick(agent, cls.name, clock)
        walls, spent, theirs = [], time.process_time(), 0.0
        for _ in range(ticks):
            began = time.perf_counter()
            await _tick(agent, cls.name, clock)
            walls.append(time.perf_counter() - began)
            theirs += agent.runners[cls.name].state.cpu or math.nan
        spent = time.process_time() - spent
        state = agent.runners[cls.name].state
        memory, own = _memory(state.pid) if state.pid else (0.0, 0.0)
        wall = 1000 * statistics.median(walls)
        return Cost(1000 * spent / ticks, 1000 * theirs / ticks if foreign else 0.0, wall, memory, own, start)
    finally:
        await agent.close()


async def _tick(agent: Agent, name: str, clock: FakeClock) -> None:
    """Tick, and wait for the rows, whose frame may come after the tick's."""
    await agent.tick()
    while agent.runners[name].busy:  # noqa: ASYNC110  its own task ends it
        await asyncio.sleep(0.0005)
    clock.advance(5)


def _memory(pid: int) -> tuple[float, float]:
    """MiB resident, and what of it nobody shares."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    found = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines}
    return found["Rss"] / 2**20, found["Private_Dirty"] / 2**20


def _median(costs: list[Cost]) -> Cost:
    return Cost(*(statistics.median(values) for values in zip(*costs, strict=True)))


if __name__ == "__main__":
    print(run().text())
