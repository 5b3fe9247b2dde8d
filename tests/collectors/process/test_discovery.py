"""Which processes are looked at, and when: listing only when something can be new, each in its turn."""

from __future__ import annotations

import os
import subprocess
import sys

from gobs_collectors.process.discovery import HIDDEN, Discovery, Rota
from gobs_core import Proc
from gobs_core.testing import FakeProc
from tests.collectors.process.reading import Ticks

SLEEPER = [sys.executable, "-S", "-c", "import time; time.sleep(1000)"]


def test_everyone_has_a_turn_once_in_so_many_ticks() -> None:
    rota: Rota[str] = Rota(5)
    for pid in range(100, 123):
        rota.add(str(pid), str(pid))
    rota.remove("107")
    rota.remove("107")
    turns = [rota.due(tick) for tick in range(10)]
    assert sorted(pid for turn in turns[:5] for pid in turn) == [str(p) for p in range(100, 123) if p != 107]
    assert turns[5:] == turns[:5]


def test_nothing_is_new_only_when_no_pid_was_given_away_for_two_ticks(proc: FakeProc) -> None:
    discovery = Discovery(60, 100)
    said = []
    for last in (7, 7, 7, 7, 8, 8, 8, 9, 9):
        proc.write("loadavg", f"0.0 0.0 0.0 1/9 {last}\n")
        said.append(discovery.quiet(proc))
    assert said == [False, False, True, True, False, False, True, False, False]


def test_without_a_load_average_it_is_never_quiet(proc: FakeProc) -> None:
    discovery = Discovery(60, 100)
    assert not any(discovery.quiet(proc) for _ in range(4))
    proc.write("loadavg", "garbage\n")
    assert not any(discovery.quiet(proc) for _ in range(4))


def test_while_some_are_over_the_limit_it_is_never_quiet(proc: FakeProc) -> None:
    proc.write("loadavg", "0.0 0.0 0.0 1/9 7\n")
    for pid in range(3):
        proc.write(f"{pid + 1}/stat", "")
    discovery = Discovery(60, 2)
    discovery.look(proc, {}.keys(), 1)
    assert discovery.dropped == 1
    assert not any(discovery.quiet(proc) for _ in range(4))


def test_what_is_left_out_is_counted_and_comes_back_in_its_turn(proc: FakeProc) -> None:
    for pid in (8, 9):
        proc.write(f"{pid}/stat", "")
    discovery = Discovery(4, 100)
    discovery.leave_out("8", HIDDEN)
    assert discovery.count(HIDDEN) == 1
    assert [sorted(discovery.look(proc, {}.keys(), tick)[1]) for tick in range(1, 5)] == [
        ["9"],
        ["9"],
        ["9"],
        ["8", "9"],
    ]
    assert discovery.count(HIDDEN) == 0


def test_a_process_started_after_a_long_quiet_time_is_seen_at_the_next_tick() -> None:
    with Ticks(Proc()) as ticks:
        for _ in range(10):
            ticks.tick()
        process = subprocess.Popen(SLEEPER)
        try:
            assert str(process.pid) in ticks.tick().processes()
        finally:
            process.kill()
            process.wait()
        assert str(process.pid) not in ticks.tick().processes()
        assert str(os.getpid()) in ticks.processes()
