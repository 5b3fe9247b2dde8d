"""Finds what a path names; a name is looked up and never used for anything else."""

from __future__ import annotations

from gobs_core import Column
from gobs_server.api.problem import ApiError
from gobs_server.live import Live, LiveTable, Node


def find_node(live: Live, name: str) -> Node:
    """Return the node; raises ApiError 404."""
    if (node := live.node(name)) is None:
        raise ApiError(404, f"no node is named {_quoted(name)}; GET /api/v1/nodes lists them")
    return node


def find_table(node: Node, name: str) -> LiveTable:
    """Return the node's table; raises ApiError 404."""
    if (table := node.tables.get(name)) is None:
        there = ", ".join(sorted(node.tables)) or "none yet"
        raise ApiError(404, f"node {_quoted(node.name)} has no table {_quoted(name)}; it has {there}")
    return table


def find_column(table: LiveTable, name: str) -> Column:
    """Return the table's column that has numbers; raises ApiError 404."""
    there = [column for column in table.table.columns if column.numeric]
    for column in there:
        if column.name == name:
            return column
    names = ", ".join(column.name for column in there)
    raise ApiError(404, f"table {table.table.name} has no column {_quoted(name)} with numbers; it has {names}")


def _quoted(name: str) -> str:
    return repr(name if len(name) <= 100 else f"{name[:100]}…")
