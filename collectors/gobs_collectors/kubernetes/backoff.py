"""How long to wait before the next attempt: longer each time, never the same for all nodes of a cluster."""

from __future__ import annotations

import random

FIRST, LONGEST = 0.5, 60.0


class Backoff:
    """Pauses that double up to a cap, each taken at random between half and all of it."""

    def __init__(self, dice: random.Random, first: float = FIRST, longest: float = LONGEST) -> None:
        self._dice = dice
        self._first = first
        self._longest = longest
        self._next = first

    def pause(self) -> float:
        """Seconds to wait now."""
        pause, self._next = self._next, min(self._next * 2, self._longest)
        return pause * self._dice.uniform(0.5, 1.0)

    def reset(self) -> None:
        """All is well again."""
        self._next = self._first
