"""How long to wait before the next attempt: capped exponential, with full jitter."""

from __future__ import annotations

from collections.abc import Callable

FIRST = 1.0
LONGEST = 30.0
AWAITED = 5.0
"""The longest pause of an agent that somebody waits for; few are, so they need not be spread."""
SPREAD_AT_MOST = 300.0
"""The longest time over which a server may spread its agents, in seconds."""
ASKED_AT_MOST = 3600.0
"""The longest pause a server may ask for, in seconds."""


class Backoff:
    """The pauses between attempts, in seconds. `dice` returns numbers from 0 to 1."""

    def __init__(self, dice: Callable[[], float]) -> None:
        self._dice = dice
        self._failures = 0
        self._spread = 0.0

    def spread(self, seconds: float) -> None:
        """Spread coming back over no less than that: a server knows how many agents it has, and an agent does not."""
        self._spread = min(seconds, SPREAD_AT_MOST)

    def pause(self, *, awaited: bool = False) -> float:
        """The next pause: anything up to a bound that doubles each time, so that agents do not come back together."""
        first, longest = (FIRST, AWAITED) if awaited else (max(FIRST, self._spread), max(LONGEST, self._spread))
        bound: float = min(longest, first * 2 ** min(self._failures, 16))
        self._failures += 1
        return bound * self._dice()

    def asked(self, seconds: float, *, awaited: bool = False) -> float:
        """The pause a server asked for, and up to a quarter or all of the spread more."""
        asked = min(seconds, ASKED_AT_MOST)
        return asked + max(asked / 4, 0.0 if awaited else self._spread) * self._dice()

    def reset(self) -> None:
        """Begin anew, after a connection that worked."""
        self._failures = 0
