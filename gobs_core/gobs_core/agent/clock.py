"""Time as the agent sees it: a value that is passed in, so that a test can turn it."""

from __future__ import annotations

import asyncio
import contextlib
import time

NANO = 1_000_000_000


class Clock:
    """The machine's clocks. Only the monotonic one decides when something is done."""

    def monotonic_ns(self) -> int:
        """Nanoseconds that only grow, from an arbitrary start."""
        return time.monotonic_ns()

    def wall_ns(self) -> int:
        """Nanoseconds since 1970; may jump."""
        return time.time_ns()

    def of(self, name: str) -> Clock:
        """The clock by which the collector of that name tells when it read."""
        return self

    async def sleep_until(self, monotonic_ns: int, stop: asyncio.Event) -> None:
        """Return at that time, or as soon as `stop` is set."""
        delay = (monotonic_ns - self.monotonic_ns()) / NANO
        if delay > 0 and not stop.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await stop.wait()
