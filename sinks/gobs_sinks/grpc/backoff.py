"""How long to wait before the next attempt: capped exponential, with full jitter."""

from __future__ import annotations

from collections.abc import Callable

FIRST = 1.0
LONGEST = 30.0
ASKED_AT_MOST = 3600.0
"""The longest pause a server may ask for, in seconds."""


class Backoff:
    """The pauses between attempts, in seconds. `dice` returns numbers from 0 to 1."""

    def __init__(self, dice: Callable[[], float]) -> None:
        self._dice = dice
        self._failures = 0

    def pause(self) -> float:
        """The next pause: anything up to a bound that doubles each time, so that agents do not come back together."""
        bound: float = min(LONGEST, FIRST * 2 ** min(self._failures, 16))
        self._failures += 1
        return bound * self._dice()

    def asked(self, seconds: float) -> float:
        """The pause a server asked for, and up to a quarter more."""
        return min(seconds, ASKED_AT_MOST) * (1 + self._dice() / 4)

    def reset(self) -> None:
        """Begin anew, after a connection that worked."""
        self._failures = 0
