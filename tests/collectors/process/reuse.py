"""Run as pid 1 of a pid namespace of its own, with its own /proc: forces one pid to be used again and again.

`unshare -pf --mount-proc python -m tests.collectors.process.reuse TIMES` prints how often two processes were taken for
one, and how often the one before was still there.
"""

from __future__ import annotations

import os
import sys
import time

from gobs_core import Proc
from tests.collectors.process.reading import Ticks

PID = 4000


def sleeper() -> int:
    """Start a process that has the same pid every time."""
    with open("/proc/sys/kernel/ns_last_pid", "w", encoding="ascii") as last:
        last.write(str(PID - 1))
    pid = os.fork()
    if pid == 0:
        time.sleep(1000)
        os._exit(0)
    return pid


def main(times: int) -> None:
    """Start, look, end, start again, look; the CPU time of a pod of all of them must never fall."""
    merged = wrong = 0
    cpu = faults = 0
    with Ticks(Proc()) as ticks:
        ticks.tick()
        first = sleeper()
        before = ticks.tick().processes()[str(first)]
        for _ in range(times):
            os.kill(first, 9)
            os.waitpid(first, 0)
            time.sleep(0.011)  # a start is told in hundredths of a second
            first = sleeper()
            rows = ticks.tick().processes()
            row = rows.get(str(PID))
            wrong += first != PID or row is None
            merged += row is not None and row["start"] == before["start"]
            pod = ticks.pods()["0"]
            wrong += pod["processes"] != len(rows)
            wrong += int(pod["cpu_user"] or 0) < cpu or int(pod["minor_faults"] or 0) < faults
            cpu, faults = int(pod["cpu_user"] or 0), int(pod["minor_faults"] or 0)
            before = row or before
        os.kill(first, 9)
    print(merged, wrong)


if __name__ == "__main__":
    main(int(sys.argv[1]))
