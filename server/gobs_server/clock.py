"""Time: the one place the server takes it from, so that tests can hold it still."""

from __future__ import annotations

import time


class Clock:
    """The server's clocks. `wall` is what people read and may jump; every duration comes from `monotonic`."""

    def wall(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since some moment in the past; never goes back."""
        return time.monotonic()
