"""Writes what a role's folder holds: its plugins, each with its own first sentence."""

from __future__ import annotations

from gobs_core.kit.reference.markdown import code, table
from scripts.docs.builtin import plugins
from scripts.docs.source import first_line


def sinks() -> str:
    """Return the table of the built-in sinks."""
    heads = ("sink", "what it does", "runs")
    rows = (
        (code(name), first_line(cls), "by default" if cls.default else "when it is named in the settings")
        for name, cls in plugins().sinks.items()
    )
    return table(heads, rows)
