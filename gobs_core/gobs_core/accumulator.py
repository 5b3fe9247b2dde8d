"""The one place that remembers: sums over all members of a group that go on when a member is gone.

A member is a process or a network namespace, a group is a workload. Counters of a group never fall: what a member
counted stays with the group after the member has died or moved on, and a member whose own counter falls adds nothing
and is counted on from there. Levels are sums over the members of now. Only changes are fed in, so that a quiet machine
costs nothing.

What a member had counted before it was first seen is counted once, when it is first seen: the sums of two runs of an
agent do not continue each other, which is what an epoch is. Time of waited-for children is not to be fed in: a child
is a member itself and is carried on when it is gone, so it would be counted twice. The price is that a child which
lives and dies between two readings is not counted.

Nothing is counted for a value that is not known, and as long as one member's value is not known, neither is the sum.
"""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterator
from typing import Generic, TypeVar

Group = TypeVar("Group", bound=Hashable)
Value = int | None


class Sums(Generic[Group]):
    """The sums of one group. Lives from its first member until it is forgotten."""

    __slots__ = ("changed", "counters", "emptied", "group", "levels", "members", "unknown_counters", "unknown_levels")

    def __init__(self, group: Group, counters: int, levels: int) -> None:
        self.group = group
        self.members = 0
        self.emptied = 0.0
        """When its last member went; of no meaning while it has one."""
        self.changed = True
        """Whether anything changed since whoever shows the sums last set it to False."""
        self.counters = [0] * counters
        self.levels = [0] * levels
        self.unknown_counters = [0] * counters
        self.unknown_levels = [0] * levels

    def counted(self) -> tuple[Value, ...]:
        """The counters; None where a member's is not known."""
        return _known(self.counters, self.unknown_counters)

    def level(self) -> tuple[Value, ...]:
        """The levels; None where a member's is not known."""
        return _known(self.levels, self.unknown_levels)


class Member(Generic[Group]):
    """One member as last fed in; the handle for all that happens to it. Not to be changed by anybody else."""

    __slots__ = ("counters", "known", "levels", "sums")

    def __init__(self, sums: Sums[Group], counters: int, levels: int) -> None:
        self.sums = sums
        self.counters: tuple[Value, ...] = (0,) * counters
        self.levels: tuple[Value, ...] = (0,) * levels
        self.known = [0] * counters
        """The last known value of each counter, from which it is counted on."""


class Accumulator(Generic[Group]):
    """Sums by group over members that are born, change, move and die.

    All calls are cheap: they touch what changed. `capacity` bounds the groups without members that are remembered.
    """

    def __init__(self, counters: int, levels: int, *, capacity: int = 10_000) -> None:
        self._shape = (counters, levels)
        self._capacity = capacity
        self._groups: dict[Group, Sums[Group]] = {}
        self._empty: dict[Group, Sums[Group]] = {}

    def __iter__(self) -> Iterator[Sums[Group]]:
        """The groups, those without members that are still remembered included."""
        return iter(self._groups.values())

    def __len__(self) -> int:
        return len(self._groups)

    def get(self, group: Group) -> Sums[Group] | None:
        """The sums of a group; None when it never had a member or is forgotten."""
        return self._groups.get(group)

    def born(self, group: Group, counters: tuple[Value, ...], levels: tuple[Value, ...]) -> Member[Group]:
        """A member seen for the first time; all it has counted so far is the group's."""
        member = Member(self._joined(group), *self._shape)
        self.change(member, counters, levels)
        return member

    def change(self, member: Member[Group], counters: tuple[Value, ...], levels: tuple[Value, ...]) -> None:
        """New values of a member."""
        sums = member.sums
        old = member.counters
        if old != counters:
            known = member.known
            for index, now in enumerate(counters):
                was = old[index]
                if now != was:
                    if now is not None:
                        if now > known[index]:
                            sums.counters[index] += now - known[index]
                        known[index] = now
                    _mark(sums.unknown_counters, index, was, now)
            member.counters = counters
            sums.changed = True
        old = member.levels
        if old != levels:
            for index, now in enumerate(levels):
                was = old[index]
                if now != was:
                    sums.levels[index] += (now or 0) - (was or 0)
                    _mark(sums.unknown_levels, index, was, now)
            member.levels = levels
            sums.changed = True

    def move(self, member: Member[Group], group: Group, now: float) -> None:
        """A member goes on in another group: what it has counted stays, what it counts from now on goes there."""
        if member.sums.group == group:
            return
        self.died(member, now)
        member.sums = sums = self._joined(group)
        for index, value in enumerate(member.counters):
            sums.unknown_counters[index] += value is None
        for index, value in enumerate(member.levels):
            sums.levels[index] += value or 0
            sums.unknown_levels[index] += value is None

    def died(self, member: Member[Group], now: float) -> None:
        """A member is gone: what it counted stays, its levels go. `now` is on any clock that only goes on."""
        sums = member.sums
        for index, value in enumerate(member.counters):
            sums.unknown_counters[index] -= value is None
        for index, value in enumerate(member.levels):
            sums.levels[index] -= value or 0
            sums.unknown_levels[index] -= value is None
        sums.members -= 1
        sums.changed = True
        if not sums.members:
            sums.emptied = now
            self._empty[sums.group] = sums

    def forget(self, before: float, keep: Container[Group] = ()) -> list[Group]:
        """Forget the groups that had their last member before that time, and the longest empty ones over `capacity`.

        None of those to `keep`.
        """
        over = len(self._empty) - self._capacity
        gone: list[Group] = []
        for group, sums in self._empty.items():
            if len(gone) >= over and sums.emptied >= before:
                break
            if group not in keep:
                gone.append(group)
        for group in gone:
            del self._empty[group], self._groups[group]
        return gone

    def drop(self, group: Group) -> bool:
        """Forget this group now, unless it has members; returns whether it is gone."""
        if self._empty.pop(group, None) is not None:
            del self._groups[group]
        return group not in self._groups

    def _joined(self, group: Group) -> Sums[Group]:
        sums = self._groups.get(group)
        if sums is None:
            sums = self._groups[group] = Sums(group, *self._shape)
        sums.members += 1
        sums.changed = True
        self._empty.pop(group, None)
        return sums


def _mark(unknown: list[int], index: int, was: Value, now: Value) -> None:
    unknown[index] += (now is None) - (was is None)


def _known(sums: list[int], unknown: list[int]) -> tuple[Value, ...]:
    if any(unknown):
        return tuple(None if hidden else value for value, hidden in zip(sums, unknown, strict=True))
    return tuple(sums)
