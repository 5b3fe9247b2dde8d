"""A circuit breaker: after some failures in a row nothing is tried for a while, each time for longer."""

from __future__ import annotations

FAILURES = 3
"""Failures in a row that lead to quarantine."""
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 3600.0
_NANO = 1_000_000_000


class Breaker:
    """How often something has failed in a row. Times are nanoseconds of one monotonic clock; asked and told them."""

    def __init__(self, longest: float = LONGEST_PAUSE) -> None:
        self.in_a_row = 0
        self.lifted = False
        """Whether somebody has let it out of quarantine, and it was not tried since."""
        self._longest = longest
        self._pause = 0.0
        self._until = 0

    def ready(self, now: int) -> bool:
        """Whether it may be tried now."""
        return now >= self._until

    def left(self, now: int) -> float:
        """Seconds until it may be tried."""
        return max(self._until - now, 0) / _NANO

    @property
    def open(self) -> bool:
        """Whether it is in quarantine: nothing has worked since it was put there, tried meanwhile or not."""
        return self.in_a_row >= FAILURES

    def failed(self, now: int) -> bool:
        """Note a failure; returns whether it is in quarantine for it."""
        self.in_a_row += 1
        self.lifted = False
        if self.in_a_row < FAILURES:
            return False
        self._pause = min(max(self._pause * 2, FIRST_PAUSE), self._longest)
        self._until = now + int(self._pause * _NANO)
        return True

    def worked(self) -> None:
        """Note that it has not failed."""
        self.in_a_row, self._pause, self.lifted = 0, 0.0, False

    def lift(self) -> bool:
        """Let it be tried at once; returns whether it was in quarantine."""
        before, self._until = self._until, 0
        self.lifted = self.lifted or (before > 0 and self.open)
        return before > 0 and self.open
