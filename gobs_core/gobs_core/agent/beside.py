"""The collectors in workers, read beside the tick.

What comes in time is in the tick's own frame, what comes later in a frame by itself: no tick waits for a slow one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from gobs_core.agent.clock import Clock
from gobs_core.agent.far import FarRunner
from gobs_core.agent.report import report
from gobs_core.frame import Reading
from gobs_core.logs import get_logger

PATIENCE = 0.25
"""Seconds a tick waits for what workers read; at most a tenth of the interval."""
WATCH = 5.0
"""Seconds between two looks at what the workers use."""


class Beside:
    """All collectors in workers. Lives as long as the agent: `open`, with every tick `begin` and `take`, `close`."""

    def __init__(
        self, runners: Iterable[FarRunner], clock: Clock, late: Callable[[Sequence[Reading]], None], interval: float
    ) -> None:
        self._runners = {runner.name: runner for runner in runners}
        self._clock = clock
        self._late = late
        """Is given what came between two ticks."""
        self._patience = min(PATIENCE, interval / 10)
        self._tasks: set[asyncio.Task[None]] = set()
        self._begun: set[asyncio.Task[None]] = set()
        """Of them those of this tick; for one that has been at work since an earlier one nothing waits at all."""
        self._watching: asyncio.Task[None] | None = None
        self._ticking = False
        self._arrived: list[Reading] = []
        self._log: Any = get_logger("gobs.agent")

    def open(self) -> None:
        """Begin to look at what the workers use; none is started before it is due."""
        self._watching = asyncio.create_task(self._watch(), name="workers")

    def begin(self, due: Mapping[str, float]) -> None:
        """Let these read, each with its deadline; until `take` nothing is sent by itself."""
        self._ticking = True
        self._begun = set()
        for name, deadline in due.items():
            task = asyncio.create_task(self._read(self._runners[name], deadline), name=f"collector {name}")
            self._tasks.add(task)
            self._begun.add(task)
            task.add_done_callback(self._tasks.discard)

    async def take(self) -> list[Reading]:
        """What has been read by now, or is within a moment."""
        if self._begun:
            await asyncio.wait(self._begun, timeout=self._patience)
        self._ticking = False
        arrived, self._arrived = self._arrived, []
        return arrived

    async def close(self) -> None:
        """End all of them, at once."""
        tasks = [*self._tasks, *([self._watching] if self._watching is not None else [])]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await asyncio.gather(*(runner.end() for runner in self._runners.values()))

    async def _read(self, runner: FarRunner, deadline: float) -> None:
        outcome = await runner.fetch(deadline)
        if outcome is None:
            return
        before = runner.state.state
        readings = runner.finish(outcome, self._clock.monotonic_ns())
        report(self._log, runner, before, outcome)
        if self._ticking:
            self._arrived += readings
        elif readings:
            self._late(readings)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH)
            for runner in self._runners.values():
                runner.watch()
