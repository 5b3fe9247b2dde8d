"""What a check of a plugin can say: that something is wrong, worth knowing, or as it should be."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from gobs_core.plugins.places import Place, place_told, written
from gobs_core.state import PluginState

_PLACED = re.compile(r", line \d+\)\Z")
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


def placed(text: str, place: Place | None) -> str:
    """The text with its place behind it, where it has none yet."""
    return text if _PLACED.search(text) else f"{text}{written(place)}"


def reason(state: PluginState) -> str:
    """What a plugin's last error says in one line, and where in the plugin's own code that is."""
    lines = state.error.strip().splitlines() or ["it is not known why"]
    last = lines[-1].strip()
    name, colon, rest = last.partition(": ")
    text = rest if colon and name.rpartition(".")[2] in _OWN else last
    return placed(text, place_told(state.trace))
