"""Sets of sequence numbers, kept as ranges."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator


class Ranges:
    """A set of whole numbers, small as long as its members lie together."""

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._ranges: list[tuple[int, int]] = []
        for first, last in ranges:
            self.add(first, last)

    def add(self, first: int, last: int | None = None) -> None:
        """Add every number from `first` to `last`, both included; one number when `last` is left out."""
        last = first if last is None else last
        if last < first:
            return
        low = bisect_left(self._ranges, first - 1, key=_last)
        high = low
        while high < len(self._ranges) and self._ranges[high][0] <= last + 1:
            first, last = min(first, self._ranges[high][0]), max(last, self._ranges[high][1])
            high += 1
        self._ranges[low:high] = [(first, last)]

    def covers(self, other: Ranges) -> bool:
        """Whether every number of `other` is here."""
        return all(self._holds(first, last) for first, last in other)

    def lacks(self, first: int, last: int) -> list[tuple[int, int]]:
        """The ranges from `first` to `last`, both included, of which nothing is here."""
        found = []
        for low, high in self._ranges[bisect_left(self._ranges, first, key=_last) :]:
            if low > last:
                break
            if low > first:
                found.append((first, low - 1))
            first = high + 1
        if first <= last:
            found.append((first, last))
        return found

    def touches(self, first: int, last: int) -> bool:
        """Whether any number from `first` to `last`, both included, is here."""
        return first <= last and self.lacks(first, last) != [(first, last)]

    def _holds(self, first: int, last: int) -> bool:
        at = bisect_left(self._ranges, first, key=_last)
        return at < len(self._ranges) and self._ranges[at][0] <= first and last <= self._ranges[at][1]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self._ranges)

    def __len__(self) -> int:
        """How many ranges it takes."""
        return len(self._ranges)


def _last(pair: tuple[int, int]) -> int:
    return pair[1]
