"""Which processes are a worker's: itself, its children, and what they left behind, however far that has gone from it.

A worker leads a session of its own and has a mark in its environment, which all that it starts inherits. What leaves
both its session and its environment behind is not found here.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple

MARK = "GOBS_WORKER"
"""The variable; its value begins with the program's process id and start, so that its orphans can be told."""
_TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_ROUNDS = 60
_CLEAN, _MOMENT = 3, 0.03
"""So often in a row nothing must be found, with so many seconds between."""
_OWN = "/proc"
_scanning = threading.Lock()


class Figures(NamedTuple):
    """What a worker and its children use."""

    cpu: float
    """Seconds of CPU time so far, of children that have ended too."""
    memory: int
    """Bytes resident."""
    processes: int


class Stat(NamedTuple):
    """What is read of /proc/PID/stat."""

    state: str
    parent: int
    session: int
    cpu: float
    start: int
    """Clock ticks from the machine's start to its own."""


def mark_of(program: int, number: int) -> str:
    """The mark of a program's worker."""
    stat = stat_of(program)
    return f"{program}-{stat.start if stat else 0}-{number}"


def figures(pid: int) -> Figures | None:
    """What a worker and its living children use; None: it is gone."""
    cpu, memory, count = 0.0, 0, 0
    for one in _with_children(pid):
        stat = stat_of(one)
        if stat is not None and stat.state != "Z":
            cpu, memory, count = cpu + stat.cpu, memory + _resident(one), count + 1
    return Figures(cpu, memory, count) if count else None


def end_all(session: int, mark: str, since: int = 0) -> int:
    """Kill what a worker has left behind, and see to it that it is gone; returns how many there were.

    `since` is when the worker was started, as `Stat.start`. Takes some scans of all processes: not for an event loop.
    """
    found: set[int] = set()
    clean = 0
    for _ in range(_ROUNDS):
        with _scanning:  # several at once would only keep the event loop from its turn
            left = [pid for pid in _belonging(session, mark, since) if pid != os.getpid()]
        clean = 0 if left else clean + 1
        if clean == _CLEAN:
            break
        if not left:  # one that forked and ended while it was looked for has left another, which was not seen
            time.sleep(_MOMENT)
            continue
        found.update(left)
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)
        _reap(left)
    return len(found)


def end_orphans() -> int:
    """Kill what the workers of programs that were killed have left behind; returns how many there were."""
    own, found = _namespace("self"), 0
    for pid in _pids():
        mark = _mark(pid)
        if mark and own is not None and _namespace(str(pid)) == own and made_by_one_that_is_gone(mark):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
                found += 1
    return found


def made_by_one_that_is_gone(mark: str) -> bool:
    """Whether it is the mark of a worker whose program has ended; what is no mark is nobody's."""
    program, _, rest = mark.partition("-")
    start = rest.partition("-")[0]
    if not (program.isdecimal() and start.isdecimal()):
        return False
    stat = stat_of(int(program))
    return stat is None or str(stat.start) != start


def stat_of(pid: int) -> Stat | None:
    """What the kernel says of a process; None: it is gone."""
    try:
        fields = _read(f"{_OWN}/{pid}/stat").rpartition(b")")[2].split()
        spent = sum(map(int, fields[11:15])) / _TICK
        return Stat(fields[0].decode(), int(fields[1]), int(fields[3]), spent, int(fields[19]))
    except (OSError, ValueError, IndexError):
        return None


def _belonging(session: int, mark: str, since: int) -> Iterator[int]:
    for pid in _pids():
        stat = stat_of(pid)
        if stat is None or stat.state in "ZX" or stat.start < since:
            continue
        if stat.session == session or _mark(pid) == mark:
            yield pid


def _with_children(pid: int) -> Iterator[int]:
    """A process and all below it, where the kernel keeps lists of children; else that process alone."""
    yield pid
    try:
        threads = os.listdir(f"{_OWN}/{pid}/task")
    except OSError:
        return
    for thread in threads:
        with contextlib.suppress(OSError):
            for child in _read(f"{_OWN}/{pid}/task/{thread}/children").split():
                yield from _with_children(int(child))


def _pids() -> Iterator[int]:
    return (int(name) for name in os.listdir(_OWN) if name.isdigit())


def _mark(pid: int) -> str:
    """The mark in its environment; empty for none, or one that may not be read."""
    with contextlib.suppress(OSError):
        for entry in _read(f"{_OWN}/{pid}/environ").split(b"\0"):
            if entry.startswith(f"{MARK}=".encode()):
                return entry.partition(b"=")[2].decode("ascii", "replace")
    return ""


def _namespace(pid: str) -> str | None:
    try:
        return os.readlink(f"{_OWN}/{pid}/ns/pid")
    except OSError:
        return None


def _resident(pid: int) -> int:
    try:
        return int(_read(f"{_OWN}/{pid}/statm").split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0


def _reap(pids: Iterable[int]) -> None:
    """Take leave of those whose parent we have become: orphans of the first process of a container are its own."""
    for pid in pids:
        stat = stat_of(pid)
        if stat is not None and stat.parent == os.getpid():
            with contextlib.suppress(OSError):
                os.waitpid(pid, os.WNOHANG)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
