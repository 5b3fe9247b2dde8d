"""What of a collector's rows could not be sent, counted by reason, so that it can be said."""

from __future__ import annotations

from collections import Counter


class Tally:
    """Counts of what was left out; lives as long as the run."""

    def __init__(self) -> None:
        self.total: Counter[tuple[str, str]] = Counter()
        """(table, reason) -> how often."""
        self._said: set[tuple[str, str]] = set()

    def add(self, table: str, reason: str, count: int = 1) -> None:
        """Count something left out of a table."""
        self.total[table, reason] += count

    def news(self) -> list[tuple[str, str]]:
        """What has been counted for the first time since this was last asked."""
        if len(self.total) == len(self._said):
            return []
        news = [what for what in self.total if what not in self._said]
        self._said.update(news)
        return news
