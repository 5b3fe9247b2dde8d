"""What one process of agents is told."""

from __future__ import annotations

import msgspec


class Plan(msgspec.Struct, kw_only=True):
    """Values; made by who starts the process."""

    server: str
    """HOST:PORT."""
    ca_file: str
    folder: str
    """Where each agent keeps its credential."""
    joins: list[str]
    """A join token for each agent."""
    first: int
    """The number of the first of them, from which its node has its name."""
    over: float
    """Seconds over which they come the first time."""
    interval: float
    """Seconds between two frames of an agent."""
    jitter: bool = True
    """Whether their pauses are random, as an agent's are; without, each is as long as it may be."""


def node_of(number: int) -> str:
    """Return the name of the node of that number."""
    return f"n{number}"
