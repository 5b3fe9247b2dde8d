"""The places of the dashboard that have an address of their own: its navigation, and what search finds of itself."""

from __future__ import annotations

from typing import NamedTuple

from gobs_server.actor import Role


class Place(NamedTuple):
    """One entry of the navigation."""

    name: str
    """What pages call it that belong to it."""
    title: str
    path: str
    keys: str
    """What is typed to go there."""
    help: str
    role: Role = "viewer"
    """Whose it is; others are not shown it."""


PLACES = (
    Place("nodes", "Nodes", "/", "g n", "Every node at a glance"),
    Place("pods", "Pods", "/pods", "g p", "Every pod of every node: how it fares and what it uses of its limits"),
    Place("alerts", "Alerts", "/alerts", "g a", "What fires and has fired, rules, silences, and whom is told"),
    Place("profiles", "Profiles", "/profiles", "g f", "Flamegraphs: what was recorded, and what is being recorded"),
    Place("plugins", "Plugins", "/plugins", "g l", "What is loaded where, and how it fares"),
    Place("access", "Access", "/access/users", "g u", "Who may come in, and what was done", "administrator"),
)
