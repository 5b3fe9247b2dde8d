"""How /proc/PID/limits is written: a table of fixed width, a limit a line."""

from __future__ import annotations

import re

from gobs_collectors.process.stat_file import Value
from gobs_core.parse import garbage

_LINE = re.compile(rb"(Max [a-z ]+?) {2,}(unlimited|\d+) +(unlimited|\d+)(?: +([a-z]+))? *")
_HEADING = b"Limit "
_OPEN_FILES = b"\nMax open files "


def parse_limits(raw: bytes) -> dict[str, tuple[Value, Value, str]]:
    """Limit -> soft, hard (None: unlimited), unit; raises ParseError."""
    lines = raw.split(b"\n")
    if lines.pop() or not lines or not lines[0].startswith(_HEADING):
        raise garbage("limits", "a line of headings and whole lines after it", raw)
    found: dict[str, tuple[Value, Value, str]] = {}
    for line in lines[1:]:
        match = _LINE.fullmatch(line)
        if match is None:
            raise garbage("limits", "a limit, two values and a unit", line)
        name, soft, hard, unit = match.groups(b"")
        found[name.decode()] = (_value(soft), _value(hard), unit.decode())
    return found


def max_fds(raw: bytes) -> Value:
    """How many descriptors may be open; None: unlimited. Raises ParseError."""
    start = raw.find(_OPEN_FILES)
    line = raw[start + 1 : raw.find(b"\n", start + 1)]
    match = _LINE.fullmatch(line) if start >= 0 else None
    if match is None:
        raise garbage("limits", "a line `Max open files`", raw)
    return _value(match[2])


def _value(word: bytes) -> Value:
    return None if word == b"unlimited" else int(word)
