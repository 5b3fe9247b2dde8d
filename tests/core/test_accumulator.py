"""Sums that go on when a member is gone, against a reference that adds everything up from the whole history."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from gobs_core.accumulator import Accumulator, Member

Value = int | None


def test_a_member_brings_what_it_has_counted_once() -> None:
    sums: Accumulator[str] = Accumulator(1, 1)
    member = sums.born("pod", (100,), (7,))
    sums.change(member, (110,), (8,))
    found = sums.get("pod")
    assert found is not None
    assert (found.counted(), found.level(), found.members) == ((110,), (8,), 1)


def test_what_a_member_counted_stays_when_it_is_gone() -> None:
    sums: Accumulator[str] = Accumulator(1, 1)
    first = sums.born("pod", (100,), (7,))
    sums.born("pod", (5,), (2,))
    sums.died(first, 1.0)
    found = sums.get("pod")
    assert found is not None
    assert (found.counted(), found.level(), found.members) == ((105,), (2,), 1)


def test_a_member_that_moves_leaves_behind_what_it_counted_there() -> None:
    sums: Accumulator[str] = Accumulator(1, 1)
    member = sums.born("a", (100,), (7,))
    sums.move(member, "b", 1.0)
    sums.change(member, (103,), (7,))
    a, b = sums.get("a"), sums.get("b")
    assert a is not None
    assert b is not None
    assert (a.counted(), a.level(), a.members) == ((100,), (0,), 0)
    assert (b.counted(), b.level(), b.members) == ((3,), (7,), 1)


def test_a_counter_that_falls_adds_nothing_and_is_counted_on_from_there() -> None:
    sums: Accumulator[str] = Accumulator(1, 0)
    member = sums.born("pod", (100,), ())
    sums.change(member, (40,), ())
    sums.change(member, (45,), ())
    found = sums.get("pod")
    assert found is not None
    assert found.counted() == (105,)


def test_a_sum_is_not_known_while_one_member_is_not_and_goes_on_after_it() -> None:
    sums: Accumulator[str] = Accumulator(2, 1)
    known = sums.born("pod", (10, 1), (1,))
    unknown = sums.born("pod", (None, 2), (None,))
    found = sums.get("pod")
    assert found is not None
    assert (found.counted(), found.level()) == ((None, 3), (None,))
    sums.change(known, (12, 1), (1,))
    sums.died(unknown, 1.0)
    assert (found.counted(), found.level()) == ((12, 3), (1,))


def test_a_group_without_members_is_forgotten_after_a_while_and_not_before() -> None:
    sums: Accumulator[str] = Accumulator(1, 0)
    for number in range(3):
        sums.died(sums.born(f"pod{number}", (1,), ()), float(number))
    assert sums.forget(1.0) == ["pod0"]
    assert {found.group for found in sums} == {"pod1", "pod2"}
    sums.born("pod1", (1,), ())
    assert sums.forget(100.0) == ["pod2"]
    assert len(sums) == 1


def test_a_group_that_comes_back_in_time_goes_on() -> None:
    sums: Accumulator[str] = Accumulator(1, 0)
    sums.died(sums.born("pod", (5,), ()), 1.0)
    sums.born("pod", (2,), ())
    found = sums.get("pod")
    assert found is not None
    assert found.counted() == (7,)


def test_of_too_many_groups_without_members_the_longest_empty_are_forgotten() -> None:
    sums: Accumulator[str] = Accumulator(1, 0, capacity=2)
    for number in range(5):
        sums.died(sums.born(f"pod{number}", (1,), ()), 0.0)
    assert sums.forget(-1.0) == ["pod0", "pod1", "pod2"]


def test_a_group_says_whether_it_changed() -> None:
    sums: Accumulator[str] = Accumulator(1, 0)
    member = sums.born("pod", (5,), ())
    found = sums.get("pod")
    assert found is not None
    found.changed = False
    sums.change(member, (5,), ())
    assert not found.changed
    sums.change(member, (6,), ())
    assert found.changed


@dataclass
class Life:
    """A member's history, kept whole by the reference: where it was and what it showed, step by step."""

    steps: list[tuple[str, tuple[Value, ...], tuple[Value, ...]]] = field(default_factory=list)
    alive: bool = True


def reference(lives: list[Life], group: str) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
    """Add up the whole history of every member, anew for every question."""
    counters: list[Value] = []
    levels: list[Value] = []
    for index in range(2):
        total, hidden = 0, False
        for life in lives:
            last = 0
            for where, values, _ in life.steps:
                value = values[index]
                if value is not None:
                    total += max(0, value - last) if where == group else 0
                    last = value
            where, values, _ = life.steps[-1]
            hidden = hidden or (life.alive and where == group and values[index] is None)
        counters.append(None if hidden else total)
    now = [life.steps[-1][2][0] for life in lives if life.alive and life.steps[-1][0] == group]
    levels.append(None if None in now else sum(level or 0 for level in now))
    return tuple(counters), tuple(levels)


PIDS = st.integers(1, 4)
GROUPS = st.sampled_from(["a", "b", "c"])
NUMBERS = st.one_of(st.none(), st.integers(0, 1000))
EVENTS = st.tuples(st.sampled_from(["appear", "change", "move", "die"]), PIDS, GROUPS, NUMBERS, NUMBERS, NUMBERS)


@given(st.lists(EVENTS, max_size=60))
def test_sums_never_fall_and_equal_those_of_the_whole_history(
    events: list[tuple[str, int, str, Value, Value, Value]],
) -> None:
    sums: Accumulator[str] = Accumulator(2, 1)
    members: dict[int, tuple[Member[str], Life]] = {}
    lives: list[Life] = []
    seen: dict[str, list[int]] = {}
    for time, (kind, pid, group, first, second, level) in enumerate(events):
        if pid not in members or kind == "appear":  # a pid that is used again: another process
            if pid in members:
                old, life = members.pop(pid)
                sums.died(old, time)
                life.alive = False
            life = Life([(group, (first, second), (level,))])
            members[pid] = (sums.born(group, (first, second), (level,)), life)
            lives.append(life)
        else:
            member, life = members[pid]
            where, values, levels = life.steps[-1]
            if kind == "die":
                sums.died(member, time)
                life.alive = False
                del members[pid]
            elif kind == "move":
                sums.move(member, group, time)
                life.steps.append((group, values, levels))
            else:
                sums.change(member, (first, second), (level,))
                life.steps.append((where, (first, second), (level,)))
        for found in sums:
            assert (found.counted(), found.level()) == reference(lives, found.group)
            before = seen.get(found.group, [0, 0])
            assert all(now >= was for now, was in zip(found.counters, before, strict=True))
            seen[found.group] = list(found.counters)
