"""When what is due: every interval counts from one start, so that nothing drifts and intervals stay aligned."""

from __future__ import annotations

from collections.abc import Mapping


class Schedule:
    """Due times of named things with an interval each, in nanoseconds. Pure arithmetic; asked and told the time."""

    def __init__(self, intervals: Mapping[str, int], start: int) -> None:
        self._start = start
        self._intervals = dict(intervals)
        self._next = dict.fromkeys(intervals, start)
        self._slowed: dict[str, int] = {}

    def slow(self, factors: Mapping[str, int]) -> None:
        """Let these wait so many times their interval from now on, and all others as they were set."""
        self._slowed = dict(factors)

    def next(self) -> int:
        """The time of the next tick."""
        return min(self._next.values())

    def take(self, now: int) -> tuple[list[str], int]:
        """What is due by now, in the order given; and how many ticks of theirs were missed, at most, by any of them."""
        due = [name for name, at in self._next.items() if at <= now]
        missed = 0
        for name in due:
            interval = self._intervals[name] * self._slowed.get(name, 1)
            passed = (now - self._start) // interval
            missed = max(missed, passed - (self._next[name] - self._start) // interval)
            self._next[name] = self._start + (passed + 1) * interval
        return due, missed
