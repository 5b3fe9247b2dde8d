"""How /proc/PID/stat is written: one line, the name in parentheses, which may hold anything, parentheses included."""

from __future__ import annotations

from operator import itemgetter
from typing import NamedTuple

from gobs_core.parse import garbage

LIMIT = 1 << 63
"""What does not fit into a cell is not known: a kernel's miscounted difference, below 0 as an unsigned number."""
_KERNEL_THREAD = 0x00200000
_PICK = itemgetter(7, 9, 11, 12, 13, 14, 15, 16, 17, 19, 36, 37, 6, 20)
"""Places after the name, state being 0, of the numbers in `tables.STAT_CELLS`, of the flags and the memory's size."""
Value = int | None


class Stat(NamedTuple):
    """One parsed stat file."""

    pid: bytes
    comm: bytes
    start: bytes
    kernel: bool
    """Whether it is a thread of the kernel's own."""
    zombie: bool
    """Whether it has ended and only waits to be waited for: it has no memory any more."""
    cells: tuple[str | Value, ...]
    """The cells of `tables.STAT_CELLS`, in that order."""


def parse_stat(raw: bytes) -> Stat:
    """Parse the file of a process or thread; raises ParseError."""
    opened, closed = raw.find(b" ("), raw.rfind(b") ")
    fields = raw[closed + 2 :].split()
    if opened < 1 or closed < opened or len(fields) < 38 or raw[-1:] != b"\n":
        raise garbage("stat", "pid, (name), state and at least 37 numbers in one line", raw)
    try:
        *numbers, flags, size = map(int, _PICK(fields))
        ppid, pid = int(fields[1]), int(raw[:opened])
    except ValueError:
        raise garbage("stat", "numbers after the state", raw) from None
    known: list[Value] = list(numbers)
    if max(numbers) >= LIMIT or min(numbers) < -LIMIT:
        known = [number if -LIMIT <= number < LIMIT else None for number in numbers]
    state = fields[0].decode("ascii", "backslashreplace")
    cells = (state, fields[1].decode(), *known)
    kernel = bool(flags & _KERNEL_THREAD) or (2 in (pid, ppid) and not size and state not in "ZX")
    return Stat(raw[:opened], raw[opened + 2 : closed], fields[19], kernel, state in "ZX", cells)
