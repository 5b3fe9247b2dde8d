"""How long a recording is waited for: since its agent spoke of it, and since that agent was connected at all."""

from __future__ import annotations

from collections.abc import Iterable

from gobs_server.profiles.task import Task

SILENT = 30.0
"""Seconds without a word of the agent after which a recording that should be over has failed."""
GONE = 60.0
"""Seconds without the agent itself, as for a node that is down; many that come back at once take 50."""


class Patience:
    """Notes who was heard of when. Begins anew with every server: then all have their whole time."""

    def __init__(self) -> None:
        self._heard: dict[str, float] = {}
        self._connected: dict[str, float] = {}

    def heard(self, ids: Iterable[str], now: float) -> None:
        """An agent has spoken of these recordings."""
        self._heard.update(dict.fromkeys(ids, now))

    def connected(self, nodes: Iterable[str], now: float) -> None:
        """The agents of these nodes are connected."""
        self._connected.update(dict.fromkeys(nodes, now))

    def forget(self, id: str) -> None:  # noqa: A002  the word of the wire
        """That recording is over."""
        self._heard.pop(id, None)

    def fault(self, task: Task, now: float) -> str:
        """Why it is not waited for any longer; empty: it is."""
        heard = self._heard.get(task.id, now)
        if now - max(heard, self._connected.get(task.node, heard)) > GONE:
            return f"the agent is gone: it has not been connected for {GONE:g} s"
        patience = SILENT + {"recording": task.duration, "processing": 10 * SILENT}.get(task.state, 0.0)
        if now - heard > patience:
            return "the agent was not heard of in time, though it is connected"
        return ""
