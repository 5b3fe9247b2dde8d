"""Windows: the recent values of a column, kept in at most sixty parts of its time, for averages and for conditions."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from gobs_server.tables.values import Numbers

MOST_PARTS = 60
_SLACK = 1.5
"""Intervals by which what is kept may be shorter than the window: readings come when they come."""
_KNOWN = 0.5
"""The share of a window that must be known."""

Keys = Sequence[tuple[str, ...]]


class _Part:
    """What was read in one part of the time."""

    def __init__(self, begin: float, values: Numbers) -> None:
        self.begin = self.end = begin
        known = ~np.isnan(values)
        self.count = known.astype(np.float64)
        self.total = np.where(known, values, 0.0)
        self.least = values.copy()
        self.most = values.copy()

    def add(self, now: float, values: Numbers) -> None:
        known = ~np.isnan(values)
        self.end = now
        self.count += known
        self.total += np.where(known, values, 0.0)
        self.least = np.fmin(self.least, values)
        self.most = np.fmax(self.most, values)

    def move(self, places: np.ndarray) -> None:
        """Follow the rows to where they are now; -1 stands for one that is new."""
        fresh = places < 0
        for name, empty in (("count", 0.0), ("total", 0.0), ("least", np.nan), ("most", np.nan)):
            old = getattr(self, name)
            moved = old[places] if len(old) else np.full(len(places), empty)
            moved[fresh] = empty
            setattr(self, name, moved)


class Window:
    """The last `seconds` of one column of one node. Rows are followed by key."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._keys: Keys = ()
        self._first: Numbers = np.zeros(0)
        self._parts: deque[_Part] = deque()

    @property
    def cells(self) -> int:
        """How many numbers it keeps, about."""
        return 4 * len(self._keys) * len(self._parts)

    def push(self, now: float, keys: Keys, values: Numbers) -> None:
        """Take a reading."""
        self._follow(now, keys)
        while self._parts and self._parts[0].end <= now - self.seconds:
            self._parts.popleft()
        last = self._parts[-1] if self._parts else None
        if last is not None and now - last.begin < self.seconds / MOST_PARTS:
            last.add(now, values)
        else:
            self._parts.append(_Part(now, values))

    def result(self, function: str, now: float, interval: float) -> Numbers:
        """`avg`, `min` or `max` of what is known in the window; NaN where too little is."""
        if not self._parts:
            return np.full(len(self._keys), np.nan)
        count = np.sum([part.count for part in self._parts], axis=0)
        enough = (now - self._first >= self.seconds - _SLACK * interval) & (
            count * interval >= _KNOWN * (self.seconds - interval)
        )
        enough &= count > 0
        if function == "avg":
            total = np.sum([part.total for part in self._parts], axis=0)
            found = total / np.maximum(count, 1)
        elif function == "min":
            found = np.fmin.reduce([part.least for part in self._parts])
        else:
            found = np.fmax.reduce([part.most for part in self._parts])
        return np.where(enough, found, np.nan)

    def past(self, now: float) -> tuple[list[float], list[Numbers]]:
        """The ages of its parts, oldest first, and the average of each; without the part that has just been read."""
        parts = list(self._parts)[:-1]
        averages = [np.where(part.count > 0, part.total / np.maximum(part.count, 1), np.nan) for part in parts]
        return [now - part.begin for part in parts], averages

    def _follow(self, now: float, keys: Keys) -> None:
        if keys is self._keys:
            return
        if keys != self._keys:
            before = {key: place for place, key in enumerate(self._keys)}
            places = np.array([before.get(key, -1) for key in keys], dtype=np.intp)
            for part in self._parts:
                part.move(places)
            first = self._first[places] if len(self._first) else np.full(len(places), now)
            first[places < 0] = now
            self._first = first
        self._keys = keys
