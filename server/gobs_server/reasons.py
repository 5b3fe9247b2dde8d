"""Why values are not known: what each collector told of its columns and tables, and what is hidden from who asks."""

from __future__ import annotations

from gobs_server.live import Node
from gobs_server.privacy import HIDDEN, hidden


def reasons(node: Node, table: str) -> dict[str, str]:
    """Column -> why its values are not known on this node, to who asks."""
    prefix = f"{table}."
    found: dict[str, str] = {}
    for plugin in node.plugins:
        for place, reason in plugin.unknown.items():
            if place.startswith(prefix):
                found[place[len(prefix) :]] = reason
    if (live := node.tables.get(table)) is not None:
        found.update(dict.fromkeys(hidden(live.table), HIDDEN))
    return found


def refused(node: Node, table: str) -> str:
    """Why the newest reading of a table was not taken, as its collector says; empty: it was."""
    for plugin in node.plugins:
        lines = plugin.error.strip().splitlines()
        if plugin.kind == "collector" and lines and f"table {table!r}:" in lines[-1]:
            return lines[-1][:_LONGEST]
    return ""


_LONGEST = 300
