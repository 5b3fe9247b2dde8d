"""Which times charts can show: a few, as far back as anything is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from quart import request

from gobs_server.web.format import duration

_USUAL = 900.0
_OFFERED = (300.0, 900.0, 3600.0, 6 * 3600.0, 86400.0, 7 * 86400.0)


class Choice(NamedTuple):
    """One of them."""

    name: str
    """As it stands in an address."""
    seconds: float
    label: str


@dataclass(frozen=True, slots=True)
class Ranges:
    """Those that are offered, and the one that is shown now."""

    choices: list[Choice]
    usual: float
    retention: float


def ranges(retention: float, usual: float = _USUAL) -> Ranges:
    """Return what can be shown of a past of that many seconds; `usual` is shown unless an address asks for another."""
    choices = [Choice(f"{seconds:g}", seconds, _span(seconds)) for seconds in _OFFERED if seconds < retention]
    choices.append(Choice("all", retention, f"All, {_span(retention)}"))
    asked = request.args.get("range", "")
    shown = next((choice.seconds for choice in choices if choice.name == asked), min(usual, retention))
    return Ranges(choices, shown, retention)


def _span(seconds: float) -> str:
    """Write a round time in one unit: `5 min`, `1 h`."""
    return re.sub(r" 0 (s|min|h)$", "", duration(seconds))
