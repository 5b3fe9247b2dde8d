"""What was read of all nodes at a moment of the past, kept for whoever looks at it next."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from gobs_server.history import History, Past

_KEPT = 8
"""Moments of which what was read is kept."""
_Then = TypeVar("_Then")


class ReadMoments(Generic[_Then]):
    """Reads them, each once. Lives as long as the app."""

    def __init__(
        self,
        history: History,
        names: Callable[[], list[str]],
        read: Callable[[Sequence[str], Sequence[Past], float], _Then],
    ) -> None:
        """`names` are the nodes to read; `read` is called in a thread."""
        self._history = history
        self._names = names
        self._read = read
        self._kept: OrderedDict[float, _Then] = OrderedDict()
        self._lock = asyncio.Lock()

    async def at(self, moment: float) -> _Then:
        """Return what was there at a moment."""
        async with self._lock:
            if moment not in self._kept:
                names = self._names()
                pasts = [self._history.past(name) for name in names]
                self._kept[moment] = await asyncio.to_thread(self._read, names, pasts, moment)
            self._kept.move_to_end(moment)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return self._kept[moment]
