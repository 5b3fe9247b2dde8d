"""Which processes cannot have changed, because they have used no CPU time at all since the last tick.

The kernel keeps a CPU clock for every process, in nanoseconds, over all its threads, those that have ended included.
Reading it takes no descriptor, no capability and a thirtieth of what reading stat, status and io takes. It is read
before the files: when it is what it was at the last tick, the process has not run, and what a process does itself
cannot have changed. What others do to it (reclaim its memory, renice it, move it to another group, wake it without
letting it run yet) is found by the full reading that comes every few ticks all the same; that its parent has ended, at
once.

A clock is found by pid, in the pid namespace of the agent: with another namespace's /proc there are none.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from time import clock_gettime_ns

from gobs_core import NoData, Proc

_BY_SCHEDULER = 2
"""CPUCLOCK_SCHED of <linux/posix-timers.h>: what the scheduler counts, to the nanosecond."""
GONE = -1


def clock_of(pid: int) -> int:
    """The id of a process's CPU clock, as clock_getcpuclockid(3) makes it."""
    return (~pid << 3) | _BY_SCHEDULER


def used(clocks: list[int]) -> list[int]:
    """Nanoseconds of CPU time by each clock; GONE where there is no such process any more."""
    found: list[int] = []
    rest: Iterator[int] = iter(clocks)
    while True:
        try:
            found.extend(map(clock_gettime_ns, rest))
            return found
        except OSError:  # what was read is in the list, and the iterator behind the clock that failed
            found.append(GONE)


def clocks_match(proc: Proc) -> bool:
    """Whether the pids of this /proc are those of our own pid namespace."""
    pid = str(os.getpid())
    try:
        if not proc.live or proc.link("self") != pid:
            return False
        lines = proc.read_once("self/status").split(b"\n")
    except NoData:
        return False
    return b"NSpid:\t" + pid.encode() in lines and used([clock_of(os.getpid())]) != [GONE]
