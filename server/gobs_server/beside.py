"""Work that takes long is done beside the event loop, one piece after another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Beside:
    """A queue of its own for heavy work: who waits in it waits for nobody else. Lives as long as the app."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def run(self, work: Callable[[], T]) -> T:
        """Do it in a thread once it is its turn; raises what it raises."""
        async with self._lock:
            return await asyncio.to_thread(work)
