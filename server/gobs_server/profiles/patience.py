"""How long a recording is waited for: since its agent spoke of it, and since that agent was there at all."""

from __future__ import annotations

from collections.abc import Iterable

from gobs_server.profiles.task import Task

SILENT = 30.0
"""Seconds without a word of the agent after which a recording that should be over has failed."""
GONE = 10.0
"""Seconds without the agent itself: one that records and has lost its stream tries again every 5 s at the latest."""
BEGUN = 30.0
"""The same for a server that has just begun: whoever leads agents to it may take so long to see that it is there."""


class Patience:
    """Notes who was heard of when. Begins anew with every server: then all have their whole time."""

    def __init__(self) -> None:
        self._heard: dict[str, float] = {}
        self._there: dict[str, float] = {}

    def heard(self, ids: Iterable[str], now: float) -> None:
        """An agent has spoken of these recordings."""
        self._heard.update(dict.fromkeys(ids, now))

    def there(self, nodes: Iterable[str], now: float) -> None:
        """The agents of these nodes are there."""
        self._there.update(dict.fromkeys(nodes, now))

    def begins(self, task: Task, now: float) -> None:
        """Another server has asked for that recording, and its agent may not know of this one yet."""
        self._heard[task.id] = now
        self._there[task.node] = now + BEGUN - GONE

    def forget(self, id: str) -> None:  # noqa: A002  the word of the wire
        """That recording is over."""
        self._heard.pop(id, None)

    def gone(self, task: Task, now: float) -> bool:
        """Whether its agent has not been there for too long."""
        heard = self._heard.get(task.id, now)
        return now - max(heard, self._there.get(task.node, heard)) > GONE

    def silent(self, task: Task, now: float) -> bool:
        """Whether its agent, though there, has not spoken of it for too long."""
        patience = SILENT + {"recording": task.duration, "processing": 10 * SILENT}.get(task.state, 0.0)
        return now - self._heard.get(task.id, now) > patience
