"""What a check of a plugin can say: that something is wrong, worth knowing, or as it should be."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

_PLACE = re.compile(r'  File "(?P<file>[^"]+)", line (?P<line>\d+)')
_OWN = ("DeclarationError", "ParseError", "UserError")


class Level(StrEnum):
    """How a finding is meant."""

    WRONG = "wrong"
    NOTE = "note"
    OK = "ok"


class Finding(NamedTuple):
    """One thing that was found out about a plugin."""

    level: Level
    about: str
    """Whom it is about: a folder, an entry point, or kind and name of a plugin."""
    text: str


def reason(error: str) -> str:
    """What a plugin's recorded error says in one line; of a traceback, also where the plugin's own code is."""
    lines = error.strip().splitlines() or ["it is not known why"]
    last = lines[-1].strip()
    name, colon, rest = last.partition(": ")
    short = name.rpartition(".")[2]
    if colon and short in _OWN:
        return rest
    places = [match for line in lines if (match := _PLACE.match(line))]
    if not places:
        return last
    place = next((found for found in reversed(places) if "gobs_core" not in found["file"]), places[-1])
    where = "" if place["file"].startswith("<") else f" ({place['file']}, line {place['line']})"
    return f"{last}{where}"
