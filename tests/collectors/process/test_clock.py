"""CPU clocks of processes: what they count, when they say that a process is gone, and when there are none."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from gobs_collectors.process.clock import GONE, clock_of, clocks_match, used
from gobs_core import Proc
from gobs_core.testing import FakeProc
from tests.collectors.process.children import children


def test_the_clock_of_a_process_is_its_cpu_time() -> None:
    found = used([clock_of(os.getpid())])[0]
    assert abs(found - time.process_time_ns()) < 50_000_000


def test_the_clock_of_a_process_stands_still_exactly_while_it_does_not_run() -> None:
    with children("sleep", "spin") as (sleeping, spinning):
        clocks = [clock_of(sleeping), clock_of(spinning)]
        deadline = time.monotonic() + 30
        wait_until_asleep(sleeping, deadline)
        first = used(clocks)
        while (second := used(clocks))[1] == first[1] and time.monotonic() < deadline:
            time.sleep(0.01)
        assert second[0] == first[0]
        assert second[1] > first[1]


def wait_until_asleep(pid: int, deadline: float) -> None:
    """Return once a process that has just begun has gone to sleep."""
    switches = b""
    while time.monotonic() < deadline:
        with open(f"/proc/{pid}/stat", "rb") as file:
            state = file.read().rpartition(b")")[2].split()[0]
        before, switches = switches, first_thread_of(pid)
        if state == b"S" and switches == before:
            return
        time.sleep(0.1)


def test_the_clock_counts_all_threads_where_switches_are_those_of_the_first_alone() -> None:
    with children("thread") as (pid,):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            first_thread, before = first_thread_of(pid), used([clock_of(pid)])
            time.sleep(0.05)
            if first_thread_of(pid) == first_thread and used([clock_of(pid)]) > before:
                return
    raise AssertionError("the second thread alone never ran")


def first_thread_of(pid: int) -> bytes:
    with open(f"/proc/{pid}/schedstat", "rb") as file:
        return file.read()


def test_a_process_that_is_gone_has_no_clock_and_the_others_theirs() -> None:
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    own = clock_of(os.getpid())
    found = used([own, clock_of(process.pid), own])
    assert found[1] == GONE
    assert found[0] != GONE
    assert found[2] != GONE


def test_there_are_clocks_for_the_proc_of_ones_own_pid_namespace_alone(proc: FakeProc) -> None:
    assert clocks_match(Proc())
    assert not clocks_match(proc)
    proc.symlink("self", str(os.getpid()))
    proc.write(f"{os.getpid()}/status", f"NSpid:\t4711\t{os.getpid()}\n")
    assert not clocks_match(proc)
