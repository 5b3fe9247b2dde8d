"""What the database said of somebody, kept for a moment, and longer while the database does not answer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from gobs_server.clock import Clock
from gobs_server.db import Unavailable

T = TypeVar("T")
FRESH = 10.0
"""Seconds for which the database is not asked again."""
GRACE = 900.0
"""Seconds for which what it said last holds while it does not work: pages outlive it, and not for ever."""
_MOST = 10_000


@dataclass(slots=True)
class _Entry(Generic[T]):
    value: T
    at: float


class Kept(Generic[T]):
    """By digest of what was shown; the least used go first. Whoever changes what is kept calls `forget`."""

    def __init__(self, clock: Clock, most: int = _MOST) -> None:
        self._clock = clock
        self._most = most
        self._entries: OrderedDict[str, _Entry[T]] = OrderedDict()
        self._changes = 0

    async def get(self, key: str, ask: Callable[[], Awaitable[T | None]]) -> T | None:
        """Return what is kept, or what the database says now; raises Unavailable where neither is to be had."""
        entry, now = self._entries.get(key), self._clock.monotonic()
        if entry is not None and now - entry.at < FRESH:
            self._entries.move_to_end(key)
            return entry.value
        changes = self._changes
        try:
            found = await ask()
        except Unavailable:
            if entry is None or now - entry.at > GRACE:
                raise
            return entry.value
        self._entries.pop(key, None)
        if found is not None and changes == self._changes:
            self._entries[key] = _Entry(found, now)
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)
        return found

    def forget(self) -> None:
        """Ask the database anew about everybody."""
        self._entries.clear()
        self._changes += 1
