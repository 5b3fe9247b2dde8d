"""Replaying a recording through a real agent, at any speed, into whatever sinks it has."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import msgspec

from gobs_core.agent.clock import NANO, Clock
from gobs_core.agent.loop import Agent
from gobs_core.agent.outbox import Outbox
from gobs_core.plugins import Plugins
from gobs_core.replay.clocks import ToldClock
from gobs_core.replay.layout import Tick
from gobs_core.replay.looking import INVENTORY
from gobs_core.replay.proc import Machine, ReplayedProc
from gobs_core.replay.reading import Recording
from gobs_core.settings import Settings
from gobs_core.settings.inside import all_inside
from gobs_core.sink import Sink

PATIENCE = 10.0
"""Seconds for which a sink may take nothing at all before what waits for it is given up at the end."""
_WAIT = 0.01
_FIRST, _SOON = 10, 1.0
"""After each of so many ticks a peer that has not answered yet is waited for, for so many seconds: what is read before
it is connected reaches it only with what is read after."""


class Player:
    """One replay. `speed` is how many recorded seconds pass in one: None is as fast as it goes.

    `now`: whether frames tell the time as if it happened now, for a server; otherwise they tell when it did. Faster
    than it was, it then begins in the past and has caught up when it ends, so that nothing lies in the future.
    """

    def __init__(
        self,
        recording: Recording,
        settings: Settings,
        plugins: Plugins,
        folder: Path,
        *,
        speed: float | None = 1.0,
        now: bool = False,
    ) -> None:
        header = recording.header
        self.recording = recording
        self.speed = speed
        self._now = now
        agent = msgspec.structs.replace(settings.agent, interval=header.interval)
        self._settings = all_inside(replace(settings, agent=agent))
        # What names and profiles this machine here has nothing to say of that one.
        self._plugins = replace(plugins, inventories=MappingProxyType({}), profilers=MappingProxyType({}))
        self._folder = folder
        self.agent: Agent | None = None

    async def play(self, stop: asyncio.Event, told: Callable[[int], object] = lambda _: None) -> int:
        """Replay it once, or until `stop` is set; returns the ticks replayed. Raises UserError."""
        span = self.recording.survey().seconds if self._now else 0.0
        began, machine, clock, count = time.monotonic_ns(), Machine(self._folder), None, 0
        first: Tick | None = None
        last = 0
        try:
            for tick, contents in self.recording.ticks():
                first = first or tick
                await self._pace(began, (tick.monotonic_ns - first.monotonic_ns) / NANO, stop)
                if stop.is_set():
                    break
                machine.apply(tick, contents)
                if clock is None or self.agent is None:
                    opened = tick.monotonic_ns if tick.opened_ns is None else tick.opened_ns
                    before = msgspec.structs.replace(tick, monotonic_ns=opened)
                    clock = ToldClock(before, self._shift(tick, span) if self._now else 0)
                    self.agent = Agent(self._settings, self._plugins, ReplayedProc(machine), clock=clock)
                    await self.agent.open()
                clock.tick = tick
                self._name(self.agent, tick)
                stats = await self.agent.tick()
                last = stats.frame.sequence if stats.frame is not None else last
                count += 1
                told(count)
                if count <= _FIRST:
                    await self._heard(self.agent, stop)
                await self._room(self.agent, stop, 0.5)
            if self.agent is not None:
                await self._room(self.agent, stop, 0.0, last)
        finally:
            if self.agent is not None:
                await self.agent.close()
        return count

    async def _pace(self, began: int, passed: float, stop: asyncio.Event) -> None:
        if self.speed is None:
            await asyncio.sleep(0)
            return
        await Clock().sleep_until(began + int(passed / self.speed * NANO), stop)

    def _shift(self, tick: Tick, span: float) -> int:
        takes = span / self.speed if self.speed is not None else 0.0
        return time.time_ns() - tick.wall_ns + int(min(takes - span, 0.0) * NANO)

    @staticmethod
    def _name(agent: Agent, tick: Tick) -> None:
        if tick.known is not None:
            agent.workloads.told(INVENTORY, tick.known.workloads, tick.known.lacking)

    @staticmethod
    async def _heard(agent: Agent, stop: asyncio.Event) -> None:
        until = time.monotonic() + _SOON
        peers = [box for box in agent.outboxes.values() if _has_peer(box)]
        # No event tells what a sink's peer has taken.
        while not stop.is_set() and time.monotonic() < until and any(box.acknowledged is None for box in peers):  # noqa: ASYNC110
            await asyncio.sleep(_WAIT)

    @staticmethod
    async def _room(agent: Agent, stop: asyncio.Event, share: float, last: int = 0) -> None:
        """Wait until no sink's queue is fuller than that, so that none drops what comes faster than it can take it.

        `last`: and until those with a peer have its word that it took the frame of that number. A sink that gets
        nowhere is waited for no longer than PATIENCE.
        """
        before, since = None, time.monotonic()
        while not stop.is_set():
            boxes = agent.outboxes.values()
            full = [box.queued for box in boxes if box.queued > share * box.sink.config.queue]
            taken = [box.acknowledged or 0 for box in boxes if _has_peer(box) and (box.acknowledged or 0) < last]
            if not full and not taken:
                return
            if (full, taken) != before:
                before, since = (full, taken), time.monotonic()
            if time.monotonic() - since > PATIENCE:
                return
            await asyncio.sleep(_WAIT)


def _has_peer(box: Outbox) -> bool:
    """Whether the sink tells what somebody took."""
    return type(box.sink).acknowledged is not Sink.acknowledged
