"""Memory that many streams hold together: how much of it there is, and who has to wait or is refused."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Budget:
    """So many bytes for all. Lives as long as the server."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.held = 0
        """Bytes taken now."""

    def take(self, count: int) -> bool:
        """Take so many bytes; False, with nothing taken, where there are not so many."""
        if self.held + count > self.most:
            return False
        self.held += count
        return True

    def give(self, count: int) -> None:
        """Give them back."""
        self.held -= count


class Slots:
    """So many places, and no more than `each` of them for one and the same holder. Lives as long as the server.

    Whoever waits for a first message may be made to hold as much as a message may have: that is done by few at once.
    """

    def __init__(self, most: int, each: int) -> None:
        self._places = asyncio.Semaphore(most)
        self._each = each
        self._held: Counter[str] = Counter()

    @asynccontextmanager
    async def one(self, holder: str) -> AsyncIterator[bool]:
        """Wait for a place; False, without one, where the holder has too many. An empty holder is nobody's."""
        if holder and self._held[holder] >= self._each:
            yield False
            return
        self._held[holder] += 1
        try:
            async with self._places:
                yield True
        finally:
            self._held[holder] -= 1
            if not self._held[holder]:
                del self._held[holder]
