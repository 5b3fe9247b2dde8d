"""What the pages and the REST API are given to read from, and nothing that could write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from gobs_core import GobsError, PluginState
from gobs_server.clock import Clock
from gobs_server.history import History
from gobs_server.live import Live
from gobs_server.settings import ServerSettings


class InspectError(GobsError):
    """A node could not tell what it was asked; the text says why, for whoever asked."""


class NotConnected(InspectError):
    """No agent of that node is connected now."""


class NoAnswer(InspectError):
    """The agent did not answer in time."""


class TooManyRequests(InspectError):
    """That node is being asked too much; try again in a moment."""


class Refused(InspectError):
    """The agent answered with an error: the row is gone, or it cannot be inspected."""


class Inspecting(Protocol):
    """Asks a connected agent about one row."""

    async def inspect(
        self, node: str, table: str, key: tuple[str, ...], sections: tuple[str, ...], timeout: float = 5
    ) -> dict[str, object]:
        """Section -> value as the agent gave it; raises one of the four kinds of InspectError."""
        ...


@dataclass(frozen=True)
class Services:
    """Everything a page or a REST resource reads from. Lives as long as the server; values change under it."""

    live: Live
    history: History
    sessions: Inspecting
    settings: ServerSettings
    clock: Clock
    version: str
    plugins: Callable[[], tuple[PluginState, ...]]
    """What is loaded in the server itself, and how it fares, now."""
    metrics: Callable[[], str]
    """The server's own metrics as OpenMetrics text."""
    ready: Callable[[], Mapping[str, str]]
    """What keeps the server from being ready: part -> reason; empty when it is ready."""
    troubles: Callable[[], Mapping[str, str]] = dict
    """What does not work though the server is ready, e.g. the database: part -> reason."""
