"""Who is recorded: new ones, children and changes at once, all else ever less often, and everybody at the end."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from gobs_collectors.perf.crowd import REST, Crowd
from gobs_core import Proc, ProfileProcesses
from gobs_core.testing import FakeProc

NODE = ProfileProcesses((), whole=True)


class Closer:
    """Counts how often each process is looked at closely."""

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}

    def __call__(self, pids: Iterable[int]) -> None:
        for pid in pids:
            self.counts[pid] = self.counts.get(pid, 0) + 1


class Counted(Proc):
    """Counts what is opened."""

    opened = 0

    def open(self, path: str) -> int:
        self.opened += 1
        return super().open(path)


def put(proc: FakeProc, pid: int, name: str, *threads: str, parent: int = 1) -> None:
    """A process of that name, and of its threads the first is its own."""
    proc.write(f"{pid}/comm", f"{name}\n")
    proc.write(f"{pid}/stat", f"{pid} ({name}) S {parent} {pid} 0\n")
    for place, thread in enumerate(threads or (name,)):
        proc.write(f"{pid}/task/{pid + place}/comm", f"{thread}\n")


def test_processes_and_their_threads_have_their_names(proc: FakeProc) -> None:
    put(proc, 10, "alone")
    put(proc, 20, "many", "many", "worker; 1", "worker\\2")
    crowd = Crowd(proc, NODE, Closer())
    assert sorted(crowd.look()) == [10, 20]
    assert crowd.names == {
        (10, 10): ("alone", "alone"),
        (20, 20): ("many", "many"),
        (20, 21): ("many", "worker; 1"),
        (20, 22): ("many", "worker\\2"),
    }


def test_what_rests_is_looked_at_in_turns_and_what_is_new_again_and_again(proc: FakeProc) -> None:
    for pid in range(100, 100 + REST):
        put(proc, pid, "old")
    crowd = Crowd(proc, NODE, closer := Closer())
    crowd.look()
    put(proc, 500, "sh")
    for look in range(2 * REST):
        crowd.look()
        if look == 0:
            assert crowd.names[500, 500] == ("sh", "sh")
            proc.write("500/comm", "program\n")
    assert crowd.names[500, 500] == ("program", "program"), "it has become another program"
    assert closer.counts.pop(500) == 5, "after 1, 2, 4 and 8 looks"
    assert set(closer.counts.values()) == {3}, "the first look, and every eighth"


def test_new_threads_are_named_at_once_and_at_the_end_everybody_is_looked_at(proc: FakeProc) -> None:
    for pid in (16, 24):
        put(proc, pid, "app", "app", "one")
    crowd = Crowd(proc, NODE, Closer())
    crowd.look()
    crowd.look()
    proc.write("16/task/99/comm", "two\n")
    crowd.look()
    assert crowd.names[16, 99] == ("app", "two")
    proc.write("24/task/25/comm", "renamed\n")
    crowd.look(closely=True)
    assert crowd.names[24, 25] == ("app", "renamed")


def test_a_number_that_is_used_again_is_another_process(proc: FakeProc) -> None:
    put(proc, 16, "first")
    crowd = Crowd(proc, NODE, Closer())
    crowd.look()
    proc.remove("16")
    assert crowd.look() == []
    put(proc, 16, "second")
    crowd.look()
    assert crowd.names[16, 16] == ("second", "second")


def test_children_of_what_is_wanted_are_recorded_though_they_lose_their_parents(proc: FakeProc) -> None:
    put(proc, 10, "wanted")
    put(proc, 11, "child", parent=10)
    put(proc, 50, "stranger")
    crowd = Crowd(proc, ProfileProcesses((10,)), closer := Closer())
    assert crowd.look() == [10, 11]
    put(proc, 9, "grandchild", parent=12)
    put(proc, 12, "child", parent=11)
    assert crowd.look() == [9, 10, 11, 12]
    proc.remove("11")
    proc.remove("12")
    put(proc, 9, "grandchild", parent=1)
    assert crowd.look() == [9, 10]
    put(proc, 11, "stranger", parent=50)
    put(proc, 13, "late", parent=9)
    assert crowd.look() == [9, 10, 13]
    assert closer.counts == {10: 4, 11: 2, 12: 1, 9: 3, 13: 1}


def test_a_process_that_is_wanted_and_gone_is_not_the_next_of_its_number(proc: FakeProc) -> None:
    put(proc, 10, "wanted")
    crowd = Crowd(proc, ProfileProcesses((10,)), Closer())
    assert crowd.look() == [10]
    proc.remove("10")
    assert crowd.look() == []
    put(proc, 10, "stranger", parent=50)
    assert crowd.look() == []


@pytest.mark.parametrize("threads", [1, 20])
def test_a_node_on_which_nothing_changes_costs_few_openings(proc: FakeProc, threads: int) -> None:
    for pid in range(1000, 41_000, 100):
        put(proc, pid, "p", *["p"] * threads)
    counted = Counted(proc.root, proc.sys)
    crowd = Crowd(counted, NODE, Closer())
    crowd.look()
    first, counted.opened = counted.opened, 0
    looks = 10 * REST
    for _ in range(looks):
        crowd.look()
    assert first >= 400 * threads
    assert counted.opened / looks <= first / REST * 1.05


def test_a_process_that_ends_while_it_is_looked_at_is_left_out(proc: FakeProc) -> None:
    put(proc, 10, "app")
    proc.write("11/cgroup", "")
    crowd = Crowd(proc, NODE, Closer())
    assert sorted(crowd.look()) == [10, 11]
    assert set(crowd.names) == {(10, 10)}
