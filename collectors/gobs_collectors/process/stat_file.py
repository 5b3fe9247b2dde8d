"""How /proc/PID/stat is written: one line, the name in parentheses, which may hold anything, parentheses included."""

from __future__ import annotations

from typing import NamedTuple

from gobs_core.parse import garbage

LIMIT = 1 << 63
"""What does not fit into a cell is not known: a kernel's miscounted difference, below 0 as an unsigned number."""
_KERNEL_THREAD = 0x00200000
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
        numbers = [int(field) for field in fields[4:38]]
        ppid = int(fields[1])
        pid = int(raw[:opened])
    except ValueError:
        raise garbage("stat", "numbers after the state", raw) from None
    state = fields[0].decode("ascii", "backslashreplace")
    flags, size = numbers[2], numbers[16]
    if not all(-LIMIT <= number < LIMIT for number in numbers):
        known: list[Value] = [number if -LIMIT <= number < LIMIT else None for number in numbers]
    else:
        known = numbers  # type: ignore[assignment]  # a list of int is one of int | None nobody writes to
    cells = (
        state,
        fields[1].decode(),
        known[3],
        known[5],
        *known[7:14],
        known[15],
        known[32],
        known[33],
    )
    kernel = bool(flags & _KERNEL_THREAD) or (2 in (pid, ppid) and not size and state not in "ZX")
    return Stat(raw[:opened], raw[opened + 2 : closed], fields[19], kernel, state in "ZX", cells)
