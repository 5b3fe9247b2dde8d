"""Giving memory back: what hostile or merely many peers made the server hold, its allocator would keep for good."""

from __future__ import annotations

import asyncio
import ctypes
import sys
from collections.abc import Callable

from gobs_core.logs import get_logger

log = get_logger("gobs.server")
_EVERY = 30.0
_ENDED = 20
"""Streams that ended, in that time, after which it is worth looking."""


class Trim:
    """Asks the allocator to give back what nobody uses, some time after many streams have ended. glibc alone does it.

    `ended` tells how many streams have ended so far, `give` asks the allocator.
    """

    def __init__(
        self, ended: Callable[[], float], *, every: float = _EVERY, give: Callable[[], bool] | None = None
    ) -> None:
        self._ended = ended
        self._every = every
        self._give = give or give_back
        self.done = 0
        """How often it was asked."""

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        before = self._ended()
        while True:
            await asyncio.sleep(self._every)
            now = self._ended()
            if now - before >= _ENDED:
                before = now
                self.done += await asyncio.to_thread(self._give)


def give_back() -> bool:
    """Ask the allocator once; False where there is none that can be asked."""
    if sys.platform != "linux":
        return False
    ask: Callable[[int], object] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if ask is not None:
        ask(0)
    return ask is not None
