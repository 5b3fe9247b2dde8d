"""A clock that stands still until the test turns it."""

from __future__ import annotations

import asyncio

from gobs_core.agent.clock import NANO, Clock


class FakeClock(Clock):
    """Begins at 1,000 seconds; `advance` turns it and wakes who sleeps. The wall clock can jump by itself."""

    def __init__(self, seconds: float = 1000.0, wall: float = 1_700_000_000.0) -> None:
        self._monotonic = int(seconds * NANO)
        self._wall = int(wall * NANO)
        self._turned = asyncio.Event()
        self.sleeping_until: int | None = None
        """What somebody sleeps for, on the monotonic clock."""

    def monotonic_ns(self) -> int:
        """The monotonic clock as it was turned."""
        return self._monotonic

    def wall_ns(self) -> int:
        """The wall clock, moved together with the other one and by `jump`."""
        return self._wall

    def advance(self, seconds: float) -> None:
        """Turn both clocks."""
        self._monotonic += int(seconds * NANO)
        self._wall += int(seconds * NANO)
        self._turned.set()

    def jump(self, seconds: float) -> None:
        """Set the wall clock alone, to a later or an earlier time."""
        self._wall += int(seconds * NANO)

    async def sleep_until(self, monotonic_ns: int, stop: asyncio.Event) -> None:
        """Return once the clock was turned that far, or `stop` is set."""
        self.sleeping_until = monotonic_ns
        stopped = asyncio.ensure_future(stop.wait())
        while self._monotonic < monotonic_ns and not stop.is_set():
            self._turned.clear()
            turned = asyncio.ensure_future(self._turned.wait())
            await asyncio.wait({turned, stopped}, return_when=asyncio.FIRST_COMPLETED)
            turned.cancel()
        stopped.cancel()
        self.sleeping_until = None
