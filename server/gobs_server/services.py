"""What the pages and the REST API are given to work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from quart import request

from gobs_core import GobsError, PluginState, Unit
from gobs_core.exposition import Form
from gobs_proto.gobs_pb2 import ServerMessage
from gobs_server.access import Access
from gobs_server.actor import Actor
from gobs_server.alert_settings import AlertSettings
from gobs_server.alerts.service import Alerts, Ground
from gobs_server.auditing import Audit, LoggedAudit
from gobs_server.clock import Clock
from gobs_server.db import Database, Store, sqlite_at
from gobs_server.history import History
from gobs_server.live import Live
from gobs_server.profiles.kept import Kept
from gobs_server.profiles.tasks import Tasks
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


async def local_administrator() -> Actor:
    """Return who everybody is on a server that only programs on the same machine reach."""
    client = request.scope.get("client")
    return Actor("local", "administrator", "loopback", str(client[0]) if client else "")


def _nobody() -> Access:
    """Return what there is of people where nothing is kept: every question to it raises Unavailable."""
    return Access(ServerSettings(), Store(Database(sqlite_at(Path()))), Clock())


class _NoAgents:
    """Carries nothing to anybody."""

    def deliver(self, node: str, message: ServerMessage) -> bool:
        return False

    def nodes(self) -> list[str]:
        return []

    def present(self, nodes: Iterable[str]) -> list[str]:
        return []


def _nothing_recorded() -> Tasks:
    """Return what there is of recordings where nothing is kept and no agent is connected."""
    return Tasks(Kept(Store(Database(sqlite_at(Path())))), _NoAgents(), Clock(), age=0, budget=0)


def _plain(value: float, unit: Unit, rate: bool) -> str:
    return str(value)


def _nothing_to_retry(node: str, kind: str, name: str) -> bool:
    return False


def _nothing_judged() -> Alerts:
    """Return what there is of alerts where no rule is kept and no frame comes."""
    clock = Clock()
    ground = Ground(Live(clock), History(clock, budget=0), Store(Database(sqlite_at(Path()))), clock)
    return Alerts(AlertSettings(), Path(), ground, shown=_plain)


@dataclass(frozen=True)
class Services:
    """Everything a page or a REST resource works with. Lives as long as the server; values change under it."""

    live: Live
    history: History
    sessions: Inspecting
    settings: ServerSettings
    clock: Clock
    version: str
    plugins: Callable[[], tuple[PluginState, ...]]
    """What is loaded in the server itself, and how it fares, now."""
    metrics: Callable[[Form], str]
    """The server's own metrics as text."""
    ready: Callable[[], Mapping[str, str]]
    """What keeps the server from being ready: part -> reason; empty when it is ready."""
    retry_plugin: Callable[[str, str, str], bool] = _nothing_to_retry
    """(node, empty for the server; kind; name): let a plugin in quarantine be tried at once; False: nobody heard."""
    troubles: Callable[[], Mapping[str, str]] = dict
    """What does not work though the server is ready, e.g. the database: part -> reason."""
    identify: Callable[[], Awaitable[Actor]] = local_administrator
    """Who makes the request at hand."""
    audit: Audit = field(default_factory=LoggedAudit)
    access: Access = field(default_factory=_nobody)
    """People, logins and tokens."""
    profiles: Tasks = field(default_factory=_nothing_recorded)
    """Recordings of stacks."""
    alerts: Alerts = field(default_factory=_nothing_judged)
    """Rules, alerts and whom they are told to."""
