"""Every key that does something: the list behind the keyboard, the help on every page and the documentation."""

from __future__ import annotations

from typing import NamedTuple

from gobs_server.actor import Role
from gobs_server.web.places import PLACES


class Shortcut(NamedTuple):
    """One or more keys and what they do."""

    keys: tuple[str, ...]
    """Alternatives, each as browsers name keys; a space stands between keys typed one after the other."""
    does: str
    action: str
    """What the script calls it, or an address to go to; empty: browsers do it by themselves."""
    role: Role = "public"
    """Whose it is; others are not shown it, and for them it does nothing."""


_SYMBOLS = {"ArrowDown": "↓", "ArrowUp": "↑", "ArrowLeft": "←", "ArrowRight": "→", "Escape": "Esc", "Mod": "Ctrl"}

SHORTCUTS: dict[str, tuple[Shortcut, ...]] = {
    "Anywhere": (
        Shortcut(("/", "Mod+k"), "Search nodes, workloads, processes, tables and pages", "search", "viewer"),
        Shortcut(("?",), "Show these shortcuts", "help"),
        Shortcut(("t",), "Next theme: system, dark, light", "theme"),
        Shortcut(("p",), "Pause, or go on", "pause"),
        Shortcut(("Mod+p",), "Print, with what is out of view", "print", "viewer"),
        Shortcut(("Escape",), "Close what is open; leave a field", ""),
    ),
    "Go to": tuple(Shortcut((place.keys,), place.title, place.path, place.role) for place in PLACES),
    "On a page": (
        Shortcut(("f",), "Filter the rows", "filter"),
        Shortcut(("ArrowDown", "j"), "Next row, or card below", "down"),
        Shortcut(("ArrowUp", "k"), "Row before, or card above", "up"),
        Shortcut(("ArrowLeft",), "Card to the left", "left"),
        Shortcut(("ArrowRight",), "Card to the right", "right"),
        Shortcut(("Enter",), "Open it", ""),
        Shortcut(("[",), "Look back: one reading earlier", "earlier"),
        Shortcut(("]",), "One reading later", "later"),
        Shortcut(("l",), "Back to live", "now"),
        Shortcut(("x",), "Pin the row at the top, or let go of it", "pin"),
    ),
}
"""By the heading they stand under."""


def caps(keys: str) -> list[list[str]]:
    """Return what is written on the keys: those typed one after the other, and of each those held together."""
    return [[_SYMBOLS.get(key, key) for key in _held(step)] for step in keys.split(" ")]


def _held(step: str) -> list[str]:
    return step.split("+") if len(step) > 1 else [step]
