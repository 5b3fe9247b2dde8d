"""What became of the agents of one process or of several: their attempts, and when each was back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec


class Found(msgspec.Struct, kw_only=True):
    """Times are of the machine's monotonic clock, in seconds, which all processes share."""

    connected: int = 0
    """Agents that have been welcomed and not been lost since."""
    acknowledged: int = 0
    """Agents of which the server has acknowledged a frame since they were welcomed."""
    back: list[float] = []
    """When each agent was welcomed, once for each time."""
    failed: list[tuple[float, float]] = []
    """When each attempt that was not welcomed began, and when it was given up."""
    said: dict[str, int] = {}
    """What the agents logged of it, and how often."""

    def failed_since(self, moment: float) -> int:
        """Return how many attempts failed that began then or later."""
        return sum(began >= moment for began, _ in self.failed)

    def last_back(self, moment: float) -> float:
        """Return seconds from that moment until the last one was back; NaN where none was."""
        return max((when - moment for when in self.back if when >= moment), default=float("nan"))


def together(parts: Iterable[Found]) -> Found:
    """Return what became of all of them."""
    whole = Found()
    said: Counter[str] = Counter()
    for part in parts:
        whole.connected += part.connected
        whole.acknowledged += part.acknowledged
        whole.back += part.back
        whole.failed += part.failed
        said.update(part.said)
    whole.said = dict(said)
    return whole
