"""How a node fares, in words: what each state means, for whom, and what to do about it."""

from __future__ import annotations

from gobs_core import PluginState
from gobs_core.state import STATES
from gobs_server.live import Node

_MEANING = {
    "fresh": "it reports in time",
    "stale": "it has not reported for a while; what is shown is what it said last",
    "down": "it has been silent for long; what is shown is what it said last",
}


def meaning(node: Node) -> str:
    """Return one sentence on the node's state."""
    if not node.last_seen:
        return "it has not reported since this server was started"
    return _MEANING[node.state]


def attention(node: Node) -> int:
    """Return how many of the node's plugins do not do their work."""
    return sum(not at_work(plugin) for plugin in node.plugins)


def at_work(plugin: PluginState) -> bool:
    """Whether a plugin does what it is there for, or is meant not to."""
    known = STATES.get(plugin.state)
    return known is not None and known.at_work
