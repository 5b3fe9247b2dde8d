"""Nothing is missed: what is told is what a reader finds that reads and parses everything, on a busy machine."""

from __future__ import annotations

import os
import resource
import signal
import time
from collections import Counter
from collections.abc import Callable

import pytest

from gobs_collectors.process import ProcessCollector, status_file
from gobs_collectors.process.io_file import parse_io
from gobs_collectors.process.stat_file import parse_stat
from gobs_collectors.process.tables import PROCESS, STAT_CELLS
from gobs_core import Cell, Context, ParseError, Proc
from tests.collectors.process.children import children
from tests.collectors.process.reading import Ticks
from tests.collectors.reading import collected
from tests.support.soak import counts

BUSY = ["spin", "write", "fork", "exec", "thread", "write", "thread", *["sleep"] * 10]
FILES = ("stat", "status", "io")
FIRST = tuple(PROCESS.stored.index(PROCESS.column(name)) for name in ("state", "uid", "read_bytes"))
"""Where in a row the cells of each file begin."""
Key = tuple[str, str]


def fresh(pid: str, name: str) -> bytes:
    """Read a file the plain way; empty when the process is gone or the file may not be read."""
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read()
    except OSError:
        return b""


def parsed(name: str, raw: bytes) -> tuple[Cell, ...]:
    """The cells a file stands for, parsed from nothing."""
    try:
        if name == "stat":
            return parse_stat(raw).cells
        if name == "io":
            return parse_io(raw)
        head = status_file.head(raw)
        return status_file.parse_head(head) + status_file.parse_tail(raw[len(head) :])
    except ParseError:
        return ()


def only_scheduled(name: str, cells: tuple[Cell, ...], seen: bytes) -> bool:
    """Whether the cells of stat differ only in what the scheduler sets, state and processor."""
    was = parsed(name, seen)
    columns = [column.name for column in STAT_CELLS]
    return (
        name == "stat"
        and len(was) == len(cells)
        and {column for column, a, b in zip(columns, was, cells, strict=True) if a != b} <= {"state", "processor"}
    )


class Capture:
    """Stands for os.pread, and keeps the last bytes read of every file of every process."""

    def __init__(self) -> None:
        self.seen: dict[Key, bytes] = {}
        self.now: set[Key] = set()
        self._keys: dict[int, Key] = {}

    def __call__(self, fd: int, size: int, offset: int) -> bytes:
        key = self._key(fd)
        if key is not None:
            self.seen[key] = b""  # what a failing read leaves
        raw = os.pread(fd, size, offset)
        if key is not None and key[1] in FILES:
            self.seen[key] = raw
            self.now.add(key)
        return raw

    def _key(self, fd: int) -> Key | None:
        path = os.readlink(f"/proc/self/fd/{fd}")
        parts = path.split("/")
        return (parts[2], parts[3]) if len(parts) == 4 and parts[2].isdigit() else None


def collector(capture: Capture, gate: str) -> ProcessCollector:
    made = ProcessCollector(ProcessCollector.Config(gate=gate), Context())  # type: ignore[arg-type]  # one of its literals
    made.pread = capture
    return made


@pytest.mark.parametrize("gate", ["auto", "none"])
@counts("ticks", reduced=15, full=1000)
def test_every_row_is_what_parsing_the_last_bytes_of_its_files_anew_gives(gate: str, ticks: int) -> None:
    capture, proc = Capture(), Proc()
    reading = collector(capture, gate)
    compared = 0
    with children(*BUSY):
        try:
            for _ in range(ticks):
                rows = collected(reading, proc)[0][1]
                for row in rows:
                    pid = str(row[0])
                    cells = [parsed(name, capture.seen.get((pid, name), b"")) for name in FILES]
                    for found, first in zip(cells, FIRST, strict=True):
                        if found:
                            assert row[first : first + len(found)] == found, (pid, found)
                            compared += len(found)
                time.sleep(0.05)
        finally:
            reading.close()
            proc.close()
    assert compared > ticks * len(BUSY) * 20


@counts("ticks", reduced=25, full=2000)
def test_no_change_is_missed_in_a_process_that_is_passed_over(ticks: int) -> None:
    """A cell the plain reader saw before a tick must be what the collector has at that tick or the next one.

    The next one, because the kernel tells CPU time up to one timer interrupt late: a change may come a tick late, but
    none is missed. Cells are compared and not bytes: `SigQ` in status counts the signals of a whole user.

    Exempt, and tallied apart, are state and processor of a process that was woken but has not run: the scheduler sets
    them (state S to R, another processor) while the process waits for a CPU, without a trace in its CPU clock. They are
    told once it has run, or within `full_every` ticks.
    """
    capture, proc = Capture(), Proc()
    reading = collector(capture, "auto")
    tally: Counter[str] = Counter()
    late: dict[Key, tuple[Cell, ...]] = {}
    with children(*BUSY) as pids:
        try:
            collected(reading, proc)
            for _ in range(ticks):
                before = {(str(pid), name): parsed(name, fresh(str(pid), name)) for pid in pids for name in FILES}
                changed = {
                    key: cells for key, cells in before.items() if cells != parsed(key[1], capture.seen.get(key, b""))
                }
                capture.now.clear()
                collected(reading, proc)
                passed = {key: cells for key, cells in changed.items() if key not in capture.now}
                waiting = {key for key, cells in passed.items() if only_scheduled(key[1], cells, capture.seen[key])}
                passed = {key: cells for key, cells in passed.items() if key not in waiting}
                tally["woken or moved, not run yet"] += len(waiting)
                tally["changes"] += len(changed)
                tally["passed over"] += len(before) - len(before.keys() & capture.now)
                tally["a tick late"] += len(passed)
                tally["missed"] += sum(late.get(key) == cells for key, cells in passed.items())
                late = passed
                time.sleep(0.05)
        finally:
            reading.close()
            proc.close()
    print(dict(tally))
    assert tally["missed"] == 0
    assert tally["changes"] > ticks
    assert tally["passed over"] > ticks * 10, "otherwise nothing is shown"
    assert tally["a tick late"] <= tally["changes"] / 20


def renice(pid: int) -> dict[str, Cell]:
    os.setpriority(os.PRIO_PROCESS, pid, 7)
    return {"nice": 7, "priority": 27}


def limit(pid: int) -> dict[str, Cell]:
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (33, 44))
    return {"max_fds": 33}


def confine(pid: int) -> dict[str, Cell]:
    cpu = max(os.sched_getaffinity(pid))
    os.sched_setaffinity(pid, {cpu})
    return {"cpus_allowed_list": str(cpu)}


def stop(pid: int) -> dict[str, Cell]:
    os.kill(pid, signal.SIGSTOP)
    return {"state": "T"}


def go_on(pid: int) -> dict[str, Cell]:
    stop(pid)
    reach(pid, "T")
    os.kill(pid, signal.SIGCONT)
    return {"state": "S"}


def reach(pid: int, state: Cell) -> None:
    """Wait until a process is in a state."""
    while parsed("stat", fresh(str(pid), "stat"))[0] != state:
        time.sleep(0.001)


EVERY = 3


@pytest.mark.parametrize("change", [renice, limit, confine, stop, go_on])
@pytest.mark.parametrize("gate", ["auto", "clock", "cgroup", "none"])
@pytest.mark.parametrize("later", range(EVERY))
def test_what_is_done_to_an_idle_process_from_outside_is_told_when_its_turn_comes(
    change: Callable[[int], dict[str, Cell]], gate: str, later: int
) -> None:
    """A process that does not run may be changed by others; it is read in its turn, limits in that of the details."""
    with children("sleep") as (pid,), Ticks(Proc(), gate=gate, full_every=EVERY, details_every=EVERY) as ticks:
        reach(pid, "S")
        for _ in range(EVERY + later):
            ticks.tick()
        wanted = change(pid)
        reach(pid, wanted.get("state", "S"))
        before = ticks.processes()[str(pid)]
        for _ in range(EVERY):
            ticks.tick()
        row = ticks.processes()[str(pid)]
    assert {name: row[name] for name in wanted} == wanted, (change, before)


def test_limits_set_from_outside_are_told_at_the_next_tick_when_details_are_read_at_every_tick() -> None:
    with children("sleep") as (pid,), Ticks(Proc(), details_every=1) as ticks:
        reach(pid, "S")
        ticks.tick().tick()
        for most in (44, 33):
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, 44))
            assert ticks.tick().processes()[str(pid)]["max_fds"] == most
