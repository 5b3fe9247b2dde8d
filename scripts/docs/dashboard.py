"""Writes what the pages can be asked for by keyboard."""

from __future__ import annotations

from gobs_core.kit.reference.markdown import table
from gobs_server.web.shortcuts import SHORTCUTS, Shortcut, caps


def shortcuts() -> str:
    """Return a table for each kind of shortcut."""
    return "\n\n".join(
        f"**{heading}**\n\n" + table(("keys", "what they do"), map(_row, some)) for heading, some in SHORTCUTS.items()
    )


def _row(shortcut: Shortcut) -> tuple[str, str]:
    keys = " or ".join(" ".join("+".join(_cap(cap) for cap in step) for step in caps(one)) for one in shortcut.keys)
    only = f" ({shortcut.role}s)" if shortcut.role in {"operator", "administrator"} else ""
    return keys, shortcut.does + only


def _cap(name: str) -> str:
    return f"<kbd>{name}</kbd>"
