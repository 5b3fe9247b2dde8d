"""How busy an app is from moment to moment: a day of ten minutes, slow noise and bursts."""

from __future__ import annotations

import math
import random

DAY = 600.0
"""Seconds of a simulated day: short enough that a visitor sees the tide."""


class Load:
    """A factor around 1 that says how busy an app is now; never negative."""

    def __init__(self, dice: random.Random, *, tide: float = 0.5, burst: float = 0.0, noise: float = 0.15) -> None:
        self._dice = dice
        self._tide = tide
        self._burst = burst
        self._noise = noise
        self._phase = dice.uniform(0, 0.25 * DAY)
        self._drift = 0.0
        self._burst_left = 0.0

    def at(self, now: float, elapsed: float) -> float:
        """Return the factor at `now`, `elapsed` seconds after the last call."""
        keep = math.exp(-elapsed / 20)
        self._drift = keep * self._drift + self._noise * math.sqrt(1 - keep * keep) * self._dice.gauss(0, 1)
        self._burst_left = max(0.0, self._burst_left - elapsed)
        if self._burst and self._dice.random() < elapsed / 90:
            self._burst_left = self._dice.uniform(5, 25)
        tide = 1 + self._tide * math.sin(2 * math.pi * (now + self._phase) / DAY)
        return max(0.0, (tide + self._drift) * (1 + (self._burst if self._burst_left else 0)))
