"""Why values are not known: what each collector of a node told about its own columns."""

from __future__ import annotations

from gobs_server.live import Node


def reasons(node: Node, table: str) -> dict[str, str]:
    """Column -> why its values are not known on this node."""
    prefix = f"{table}."
    found: dict[str, str] = {}
    for plugin in node.plugins:
        for place, reason in plugin.unknown.items():
            if place.startswith(prefix):
                found[place[len(prefix) :]] = reason
    return found
