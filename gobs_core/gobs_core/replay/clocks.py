"""Two clocks of an agent: one that notes what it told, for a recording, and one that tells it again."""

from __future__ import annotations

import asyncio

from gobs_core.agent.clock import NANO, Clock
from gobs_core.replay.layout import Tick


class NotingClock(Clock):
    """The machine's clocks; keeps in mind when the tick began and when each collector read."""

    def __init__(self, real: Clock | None = None) -> None:
        self._real = real or Clock()
        self.wall = self._real.wall_ns()
        self.monotonic = self._real.monotonic_ns()
        """When the tick began, as the agent was told."""
        self.read_ns: dict[str, int] = {}
        self._beginning = False

    def monotonic_ns(self) -> int:
        """The monotonic clock; the first answer after one of the wall clock is when a tick began."""
        now = self._real.monotonic_ns()
        if self._beginning:
            self.monotonic, self._beginning = now, False
        return now

    def wall_ns(self) -> int:
        """The wall clock, which an agent asks once, first of all in a tick."""
        self._beginning = True
        self.read_ns = {}
        self.wall = self._real.wall_ns()
        return self.wall

    async def sleep_until(self, monotonic_ns: int, stop: asyncio.Event) -> None:
        """Sleep as the real one does."""
        await self._real.sleep_until(monotonic_ns, stop)

    def seconds(self) -> float:
        """When the tick began."""
        return self.monotonic / NANO

    def of(self, name: str) -> Clock:
        """The clock of one collector, which notes when it read."""
        return _Noting(self._real, name, self)


class _Noting(Clock):
    def __init__(self, real: Clock, name: str, notes: NotingClock) -> None:
        self._real, self._name, self._notes = real, name, notes

    def monotonic_ns(self) -> int:
        now = self._real.monotonic_ns()
        self._notes.read_ns[self._name] = now
        return now

    def wall_ns(self) -> int:
        return self._real.wall_ns()


class ToldClock(Clock):
    """Stands still at the tick that is replayed. `shift_ns` moves its wall clock."""

    def __init__(self, tick: Tick, shift_ns: int = 0) -> None:
        self.tick = tick
        self.shift_ns = shift_ns

    def monotonic_ns(self) -> int:
        """When the tick began."""
        return self.tick.monotonic_ns

    def wall_ns(self) -> int:
        """The same on the wall clock."""
        return max(0, self.tick.wall_ns + self.shift_ns)

    def of(self, name: str) -> Clock:
        """The clock of one collector: when it read."""
        return _Told(name, self)


class _Told(Clock):
    def __init__(self, name: str, clock: ToldClock) -> None:
        self._name, self._clock = name, clock

    def monotonic_ns(self) -> int:
        return self._clock.tick.read_ns.get(self._name, self._clock.tick.monotonic_ns)

    def wall_ns(self) -> int:
        return self._clock.wall_ns()
