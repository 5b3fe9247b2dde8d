"""How /proc/PID/limits is written: a table of fixed width, a limit a line."""

from __future__ import annotations

import re

from gobs_collectors.process.stat_file import Value
from gobs_core.parse import garbage

_LINE = re.compile(rb"(Max [a-z ]+?) {2,}(unlimited|\d+) +(unlimited|\d+)(?: +([a-z]+))? *")
_HEADING = b"Limit "


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
    try:
        return parse_limits(raw)["Max open files"][0]
    except KeyError:
        raise garbage("limits", "a line `Max open files`", raw) from None


def _value(word: bytes) -> Value:
    return None if word == b"unlimited" else int(word)
