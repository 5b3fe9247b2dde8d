"""How /proc/PID/io is written: seven lines of a name, `: ` and a number."""

from __future__ import annotations

from gobs_collectors.process.stat_file import LIMIT, Value
from gobs_core.parse import garbage

_LABELS = [b"read_bytes:", b"write_bytes:", b"cancelled_write_bytes:"]


def parse_io(raw: bytes) -> tuple[Value, ...]:
    """The cells of `tables.IO_CELLS`; raises ParseError."""
    words = raw.split()
    if len(words) != 14 or words[8::2] != _LABELS or raw[-1:] != b"\n":
        raise garbage("io", "7 lines of name and number, read_bytes, write_bytes and cancelled_write_bytes last", raw)
    try:
        values = [int(word) for word in words[9::2]]
    except ValueError:
        raise garbage("io", "numbers", raw) from None
    return tuple(value if 0 <= value < LIMIT else None for value in values)
