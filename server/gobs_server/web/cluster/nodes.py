"""The nodes as a sheet: what they can be filtered and ordered by, and which are worth a look first."""

from __future__ import annotations

import numpy as np

from gobs_core import Unit
from gobs_server.clock import Clock
from gobs_server.live import Node
from gobs_server.web.cluster.board import CPUS, Board
from gobs_server.web.headlines import HEADLINES, PLACES
from gobs_server.web.lists.sheet import Field, Numbers, Sheet, Texts
from gobs_server.web.states import attention

PROBLEMS = "problems"
COLUMNS = ("node", "state", *PLACES, "cpus", "age", "version")
"""Those of FIELDS that a table of nodes shows, in order."""
FIELDS = (
    Field("node", "node", "key", help="The node's name"),
    Field("state", "state", "info", help="fresh, stale or down"),
    Field("version", "agent", "info", help="The version of its agent"),
    Field("notes", "notes", "info", help="What a person should know of it"),
    *(Field(one.name, one.label, "number", one.unit, one.rate, one.help) for one in HEADLINES),
    Field("cpus", "CPUs", "number", Unit.ITEMS, help="CPUs that are online"),
    Field("age", "seen", "number", Unit.SECONDS, help="Time since anything was heard of it"),
    Field(PROBLEMS, "problems", "number", help="Down before stale, then plugins that need a look, notes and pressure"),
)
_GRAVE = {"down": 1e6, "stale": 1e5, "fresh": 0.0}
_PRESSED = 20.0
"""Percent of pressure from which on it is worth a look."""


def node_sheet(board: Board, clock: Clock) -> Sheet:
    """Return what is known of all nodes now."""
    nodes, values, wall = board.nodes, board.values.copy(), clock.wall()

    def texts(name: str) -> Texts:
        return [_text(node, name) for node in nodes]

    def numbers(name: str) -> Numbers:
        if name == "age":
            return np.array([wall - node.last_seen if node.last_seen else np.nan for node in nodes])
        if name == PROBLEMS:
            return _problems(nodes, values)
        return values[:, CPUS if name == "cpus" else PLACES[name]]

    return Sheet(FIELDS, len(nodes), texts, numbers)


def _text(node: Node, name: str) -> str | None:
    if name == "node":
        return node.name
    if name == "state":
        return node.state
    return (node.agent_version if name == "version" else " ".join(node.notes)) or None


def _problems(nodes: list[Node], values: Numbers) -> Numbers:
    """Return how much each node is worth a look."""
    places = [PLACES[f"{resource}_pressure"] for resource in ("cpu", "memory", "io")]
    pressure = np.nan_to_num(values[:, places]).max(axis=1, initial=0)
    told = np.array([_GRAVE[node.state] + 1000.0 * (attention(node) + len(node.notes)) for node in nodes])
    return told + np.where(pressure >= _PRESSED, pressure, 0)
