"""One simulated node: the real agent on a machine that moves on just before each of its readings."""

from __future__ import annotations

import asyncio
from typing import Protocol

from structlog.contextvars import bind_contextvars

from gobs_core.agent.clock import Clock
from gobs_core.agent.loop import Agent

NANO = 1_000_000_000


class World(Protocol):
    """What an agent reads, as folders."""

    def step(self, now: float) -> None:
        """Move on to `now`, in seconds since 1970."""
        ...


class Node:
    """Runs until it is told to stop. The model lives by the monotonic clock: setting the other one jumps nothing."""

    def __init__(self, agent: Agent, world: World, start: float, clock: Clock | None = None) -> None:
        self._agent = agent
        self._world = world
        self._clock = clock or Clock()
        self._offset = start - self._clock.monotonic_ns() / NANO

    @property
    def name(self) -> str:
        """What it is called on pages."""
        return self._agent.source.node

    @property
    def interval(self) -> float:
        """Seconds between two readings."""
        return self._agent.source.interval

    async def run(self, stop: asyncio.Event, delay: float = 0.0) -> None:
        """Wait `delay` seconds, so that not all nodes read at one moment; read and send until `stop` is set."""
        bind_contextvars(node=self.name)
        await self._clock.sleep_until(self._clock.monotonic_ns() + int(delay * NANO), stop)
        try:
            await self._agent.open()
            while not stop.is_set():
                await self._clock.sleep_until(self._agent.next_ns(), stop)
                if not stop.is_set():
                    self._world.step(self._offset + self._clock.monotonic_ns() / NANO)
                    await self._agent.tick()
        finally:
            await self._agent.close()
