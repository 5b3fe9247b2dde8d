"""Ranges of sequence numbers: which frames there are, as a sorted list of (first, last), both included."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

Range = tuple[int, int]
MAX_RANGES = 1000
"""Ranges of one segment: an agent that leaves out more of its frames is not kept any further."""


def merge(ranges: Iterable[Range]) -> list[Range]:
    """The same numbers in as few ranges as can be."""
    merged: list[Range] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def covers(ranges: list[Range], wanted: Iterable[Range]) -> bool:
    """Whether all numbers of `wanted` are in `ranges`, which is merged."""
    for first, last in wanted:
        at = bisect_right(ranges, first, key=lambda known: known[0])
        if not at or ranges[at - 1][1] < last:
            return False
    return True


def extend(ranges: list[Range], number: int) -> None:
    """Add a number above all there are."""
    if ranges and number == ranges[-1][1] + 1:
        ranges[-1] = (ranges[-1][0], number)
    else:
        ranges.append((number, number))
