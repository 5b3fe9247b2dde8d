"""The agent's tick: due collectors read, their rows become one frame, the frame goes to every sink's own queue."""

from __future__ import annotations

import asyncio
import gc
import math
import os
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from gobs_core import __version__
from gobs_core.agent.build import build_inventories, build_outboxes, build_recorders, build_runners
from gobs_core.agent.clock import NANO, Clock
from gobs_core.agent.faring import EVERY
from gobs_core.agent.inspect import Inspections
from gobs_core.agent.inventories import Inventories, Listener
from gobs_core.agent.machine import boot_id
from gobs_core.agent.outbox import Outbox
from gobs_core.agent.own import Own
from gobs_core.agent.recordings import Recordings
from gobs_core.agent.report import report
from gobs_core.agent.runner import Runner
from gobs_core.agent.schedule import Schedule
from gobs_core.agent.selftables import OWN_TABLES, PLUGIN
from gobs_core.agent.weighing import Weighing
from gobs_core.agent.worker import Job, Worker
from gobs_core.apart import Apart
from gobs_core.frame import Frame, Reading
from gobs_core.logs import get_logger
from gobs_core.plugins import Plugins
from gobs_core.plugins.placing import told_in
from gobs_core.proc import Proc
from gobs_core.redact import Redactor
from gobs_core.settings import Settings
from gobs_core.sink import Source
from gobs_core.state import PluginState
from gobs_core.workloads import Workloads

if TYPE_CHECKING:
    from gobs_core.agent.beside import Beside

CLOSE = 2.0
"""Seconds a collector gets to close."""
_SELF = ""
"""The agent's own place in its schedule."""


class TickStats(NamedTuple):
    """What one tick did."""

    frame: Frame | None
    """None when nothing was due, or nothing was read."""
    ran: tuple[str, ...]
    """Collectors that were run, in order."""
    skipped: tuple[str, ...]
    """Collectors that were due, and are stuck or in quarantine."""
    missed: int
    """Ticks that passed unread because the one before took too long."""


class Agent:
    """One node's agent. Lives as long as its process; `run` it, or `open`, `tick` and `close` it step by step.

    Everything it touches is passed in: settings, plugins, the machine as a Proc, the clocks. It owns copies of `proc`,
    one for each collector, so that a stuck one shares no descriptor with the others.
    """

    def __init__(
        self,
        settings: Settings,
        plugins: Plugins,
        proc: Proc,
        *,
        clock: Clock | None = None,
        run: str | None = None,
        version: str = __version__,
        own: Proc | None = None,
    ) -> None:
        self._settings = settings
        self._plugins = plugins
        self._clock = clock or Clock()
        self._redact = Redactor(settings.secrets())
        self._worker = Worker("gobs collectors")
        self._own = Own(own or Proc(), proc)
        workloads = self.workloads = Workloads()
        apart = Apart(settings.plugins.workers, plugins)
        named = build_inventories(settings, plugins, workloads, self._redact, workers=apart, clock=self._clock)
        self.inventories = Inventories(named.running)
        chosen = build_runners(settings, plugins, proc, self._clock, self._redact, workloads, workers=apart)
        self.runners: Mapping[str, Runner] = {runner.name: runner for runner in chosen.running}
        profilers = build_recorders(settings, plugins, proc, self._redact, workers=apart, clock=self._clock)
        recorders = {recorder.name: recorder for recorder in profilers.running}
        self.recordings = Recordings(recorders, proc.clone(), workloads)
        self._inspections = Inspections(self.runners.values(), self._worker, self._left)
        self.source = Source(
            node=settings.agent.node,
            version=version,
            run=run or os.urandom(8).hex(),
            boot_id=boot_id(proc),
            interval=settings.agent.interval,
            tables=(*(table for runner in chosen.running for table in runner.collector.tables), *OWN_TABLES),
            intervals=self._table_intervals(),
            plugins=self.states,
            inspect=self._inspections.ask,
            recordings=self.recordings,
            retry=self._retry,
        )
        sinks = build_outboxes(settings, plugins, self.source, self._redact, apart)
        self.outboxes: Mapping[str, Outbox] = {box.name: box for box in sinks.running}
        self._idle = (*chosen.idle, *named.idle, *profilers.idle, *sinks.idle)
        self._beside = self._make_beside()
        self._weighing = Weighing(settings.agent.budget, self._own.proc, self._interval)
        self._schedule: Schedule | None = None
        self._sequence = 0
        self._late = 0
        self._log = get_logger("gobs.agent")

    def states(self) -> tuple[PluginState, ...]:
        """Every plugin and how it fares now."""
        now = [*self._idle]
        now += [runner.state for runner in self.runners.values()]
        now += self.inventories.states()
        now += self.recordings.states()
        now += [box.state for box in self.outboxes.values()]
        known = {(state.kind, state.name): state for state in now}
        loaded = told_in("agent", self._plugins.states())
        all_of_them = (known.get((state.kind, state.name), state) for state in loaded)
        return tuple(self._weighing.told(all_of_them))

    async def run(self, stop: asyncio.Event) -> None:
        """Tick until `stop` is set, then close everything."""
        await self.open()
        # What start-up made stays for good: the collector of garbage need not go through it ever again.
        gc.collect()
        gc.freeze()
        try:
            while not stop.is_set():
                await self._clock.sleep_until(self.next_ns(), stop)
                if not stop.is_set():
                    await self.tick()
        finally:
            await self.close()

    async def open(self) -> None:
        """Start inventories, sinks and the schedule; the first tick is due at once, named or not."""
        self.inventories.open()
        self.recordings.open()
        for box in self.outboxes.values():
            box.start()
        if self._beside is not None:
            self._beside.open()
        intervals = {name: self._interval(runner) for name, runner in self.runners.items()}
        nanos = {name: int(seconds * NANO) for name, seconds in intervals.items()}
        nanos[_SELF] = int(self._settings.agent.interval * NANO)
        self._schedule = Schedule(nanos, self._clock.monotonic_ns())

    def next_ns(self) -> int:
        """When the next tick is due, on the monotonic clock; only after `open`."""
        assert self._schedule is not None
        return self._schedule.next()

    async def tick(self) -> TickStats:
        """Run what is due now and hand one frame to every sink; only after `open`."""
        assert self._schedule is not None
        wall_ns, now = self._clock.wall_ns(), self._clock.monotonic_ns()
        due, missed = self._schedule.take(now)
        self._late += missed
        named = [self.runners[name] for name in due if name != _SELF]
        far = [runner for runner in named if runner.far and runner.ready(now)]
        wanted = [runner for runner in named if not runner.far]
        if self._beside is not None:
            self._beside.begin({runner.name: self._deadline(runner) for runner in far})
        # Only in its turn: a collector that answers an inspection until then is not stuck.
        async with self._worker.turn:
            ready = [runner for runner in wanted if runner.ready(now)]
            stuck = [runner for runner in wanted if runner.busy and runner not in ready]
            outcomes = await self._worker.run_now([Job(runner.call, self._deadline(runner)) for runner in ready])
        readings: list[Reading] = []
        for runner in stuck:
            before = runner.state.state
            readings += runner.still_stuck(now)
            report(self._log, runner, before, None)
        for runner, outcome in zip(ready, outcomes, strict=True):
            before = runner.state.state
            readings += runner.finish(outcome, self._clock.monotonic_ns())
            report(self._log, runner, before, outcome)
        if self._beside is not None:
            readings += await self._beside.take()
        if _SELF in due:
            told = self._weighing.told(runner.state for runner in self.runners.values())
            now_ns, wall = self._clock.monotonic_ns(), wall_ns / NANO
            readings += self._own.read(now_ns, wall, self._late, told, self.outboxes.values(), self.states())
        self._weighing.weigh(self.runners, self._schedule, now, self.states)
        frame = self._send(wall_ns, now, readings) if readings else None
        ran = tuple(runner.name for runner in named if runner in ready or runner in far)
        return TickStats(frame, ran, tuple(runner.name for runner in named if runner.name not in ran), missed)

    async def close(self) -> None:
        """Close recordings, collectors, inventories, sinks, each in its own try. Safe unopened and twice."""
        await self.recordings.close()
        if self._beside is not None:
            await self._beside.close()
        for runner in reversed(tuple(self.runners.values())):
            if runner.far:
                continue
            if runner.busy:
                self._log.warning("collector is stuck and was left behind", collector=runner.name)
                continue
            await self._close("collector", runner)
        for listener in reversed(self.inventories.listeners):
            if listener.far:
                await listener.end()
            else:
                await self._close("inventory", listener)
        for box in reversed(tuple(self.outboxes.values())):
            await box.close()
        self._worker.close()
        self._own.close()

    async def _close(self, kind: str, one: Runner | Listener) -> None:
        [error] = await self._worker.run([Job(partial(_error_of, one), CLOSE)])
        if error != "":
            reason = f"not within {CLOSE:g} s" if error is None else self._redact(error)
            self._log.warning(f"{kind} did not close", **{kind: one.name}, error=reason)

    def _make_beside(self) -> Beside | None:
        if not any(runner.far for runner in self.runners.values()):
            return None
        from gobs_core.agent.beside import Beside
        from gobs_core.agent.far import FarRunner

        far = [runner for runner in self.runners.values() if isinstance(runner, FarRunner)]
        return Beside(far, self._clock, self._came_late, self._settings.agent.interval)

    def _came_late(self, readings: Sequence[Reading]) -> None:
        self._send(self._clock.wall_ns(), self._clock.monotonic_ns(), list(readings))

    def _retry(self, kind: str, name: str) -> bool:
        if kind == "sink":
            return name in self.outboxes and self.outboxes[name].lift()
        if kind == "profiler":
            return self.recordings.lift(name)
        if kind == "inventory":
            return self.inventories.lift(name)
        return kind == "collector" and name in self.runners and self.runners[name].lift()

    def _left(self) -> float:
        """Seconds to the next tick; less than nothing when it should have begun."""
        return math.inf if self._schedule is None else (self.next_ns() - self._clock.monotonic_ns()) / NANO

    def _send(self, wall_ns: int, now: int, readings: list[Reading]) -> Frame:
        self._sequence += 1
        frame = Frame(self._sequence, wall_ns, now, tuple(readings))
        for box in self.outboxes.values():
            box.put(frame)
        return frame

    def _interval(self, runner: Runner) -> float:
        return runner.collector.config.interval or self._settings.agent.interval

    def _deadline(self, runner: Runner) -> float:
        return runner.collector.config.deadline or self._settings.agent.interval

    def _table_intervals(self) -> dict[str, float]:
        usual = self._settings.agent.interval
        found = {table.name: self._interval(one) for one in self.runners.values() for table in one.collector.tables}
        found[PLUGIN.name] = max(EVERY, usual)
        return {name: seconds for name, seconds in found.items() if seconds != usual}


def _error_of(one: Runner | Listener) -> str:
    """Close it and return what it raised, or nothing."""
    try:
        one.close()
    except Exception as error:  # noqa: BLE001  one plugin's failing close keeps no other from closing
        return f"{type(error).__name__}: {error}"
    return ""
