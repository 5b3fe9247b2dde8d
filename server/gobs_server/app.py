"""The server put together: what there is, in which order it starts, and in which order it ends."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

from gobs_core import PluginState, __version__
from gobs_core.logs import get_logger
from gobs_core.plugins.placing import told_in
from gobs_core.redact import Redactor
from gobs_core.state import STATES
from gobs_proto import gobs_pb2 as pb
from gobs_server.access import Access
from gobs_server.alerts.holding import Extensions
from gobs_server.alerts.service import Alerts, Ground
from gobs_server.clock import Clock
from gobs_server.db import Address, Database, KnownNode, NodeWriter, Store
from gobs_server.front import Front
from gobs_server.history import History
from gobs_server.ingest import (
    Acks,
    Complaints,
    Courier,
    DeadLetters,
    Door,
    Doors,
    Filling,
    GrpcServer,
    Intake,
    Leases,
    Penalties,
    Sessions,
    Streams,
)
from gobs_server.live import Live
from gobs_server.metrics import Labels, Metrics
from gobs_server.observe import LoopLag, watch
from gobs_server.parts import Parts
from gobs_server.plugin_metrics import watch_plugins
from gobs_server.profiles.kept import Kept
from gobs_server.profiles.tasks import Tasks
from gobs_server.services import Services
from gobs_server.serving import allow_files
from gobs_server.settings import ServerSettings
from gobs_server.trim import Trim
from gobs_server.web.format import full

log = get_logger("gobs.server")
_SAY_GOODBYE = 0.2
"""Seconds agents are given to read their goodbye before their streams are ended."""
_FLUSH = 3.0
Part = tuple[str, Callable[[], Coroutine[Any, Any, None]]]


class Server:
    """One server. `start` once, `stop` once; `ports` are known in between.

    `plugins` tells what is loaded here; `door` judges agents, by default as the settings say. In `folder` there is a
    socket for this machine's own commands. `redact` takes the settings' secrets out of what is recorded.
    """

    def __init__(
        self,
        settings: ServerSettings,
        database: Address,
        *,
        plugins: Callable[[], tuple[PluginState, ...]] = tuple,
        clock: Clock | None = None,
        door: Door | None = None,
        folder: Path | None = None,
        redact: Redactor | None = None,
        extensions: Extensions | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self.metrics = Metrics()
        self.live = Live(
            self.clock, stale=settings.stale, down=settings.down, forget=settings.forget, most=settings.max_nodes
        )
        self.history = History(self.clock, retention=settings.history, budget=settings.history_bytes)
        self._store = Store(Database(database))
        self._doors = Doors(settings, self._store, self.clock)
        self.sessions = Sessions(self.live, self.history, self.clock, self._doors.owned, most=settings.max_agents)
        self.http = ""
        """HOST:PORT of pages and REST once started."""
        self.grpc_port = 0
        self._settings = settings
        self._lag = LoopLag()
        self._filling = Filling(self.live, self.history, self.metrics, most=max(settings.history_bytes // 4, 1 << 20))
        self._courier = Courier(self.sessions)
        self.profiles = Tasks(
            Kept(self._store),
            self._courier,
            self.clock,
            age=settings.profiles,
            budget=settings.profiles_bytes,
        )
        letters = DeadLetters(folder / "dead-letters" if folder is not None else None)
        intake = Intake(self.live, self.history, self.sessions, self._filling, self.metrics, self.clock, letters)
        intake.recordings = self.profiles
        self.metrics.watch("gobs_server_waiting_bytes", lambda: {(): float(intake.bytes)})
        complaints = Complaints(self.clock)
        self._streams = Streams(self.sessions, intake, self._filling, self.history, self.metrics, complaints)
        self._acks = Acks(self.sessions, self.metrics)
        self._leases = Leases(
            self.sessions,
            door or self._doors,
            self.clock,
            self.metrics,
            age=settings.stream_age,
            grace=settings.stream_grace,
            dice=random.random,
        )
        self._grpc = GrpcServer(
            self._streams.serve, door or self._doors, settings, self.metrics, complaints, Penalties(self.clock)
        )
        self._trim = Trim(lambda: self._grpc.ended)
        self._nodes = NodeWriter(self._store, self._known, self._remember)
        self.access = Access(settings, self._store, self.clock, redact=redact)
        self._front = Front(settings, self.access, folder)
        self.alerts = Alerts(
            settings.alerts,
            folder or _beside(database, settings),
            Ground(self.live, self.history, self._store, self.clock),
            shown=full,
            url=settings.url,
            inside=settings.inside_targets,
            extensions=extensions,
            redact=redact or str,
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._loaded = plugins
        self._parts = Parts()
        self.metrics.watch("gobs_server_plugins", self._plugin_states)
        watch_plugins(self.metrics, self._plugin_list)
        watch(self.metrics, self.live, self.history, self.sessions, self._filling, self._store, self._nodes, self._lag)

    @property
    def encrypted(self) -> bool:
        """Whether agents' connections are."""
        return self._grpc.tls.encrypted

    @property
    def authority(self) -> Path | None:
        """The file of who vouches for the server, for an agent beside it; None: it speaks plain text."""
        return self._grpc.tls.authority

    def services(self) -> Services:
        """What pages and REST read from."""
        return Services(
            live=self.live,
            history=self.history,
            sessions=self.sessions,
            settings=self._settings,
            clock=self.clock,
            version=__version__,
            plugins=self._plugin_list,
            metrics=self.metrics.text,
            ready=lambda: {"server": "it is ending"} if self.sessions.draining else {},
            troubles=self._troubles,
            retry_plugin=self._retry_plugin,
            identify=self.access.identify,
            audit=self.access.audit,
            access=self.access,
            profiles=self.profiles,
            alerts=self.alerts,
        )

    async def start(self) -> None:
        """Listen and begin to work; raises UserError, with nothing left running, where that cannot be."""
        allow_files()
        self._keep(("nodes", self._nodes.run), ("database", self._store.run))
        try:
            await self.alerts.open()
            await self._front.start(self.services())
            self.http = self._front.http
            self.grpc_port = await self._grpc.start()
        except BaseException:  # cancelled too: nothing is left listening or running
            await self._close()
            raise
        self._keep(
            ("node states", self._tick),
            ("back-fill", self._filling.run),
            ("acknowledgements", self._acks.run),
            ("agents' credentials", self._doors.run),
            ("stream ages", self._leases.run),
            ("memory", self._trim.run),
            ("certificates", self._grpc.tls.keep),
            ("profiles", self.profiles.run),
            ("lag", self._lag.run),
            *self._front.parts(),
            *self.alerts.parts().items(),
        )

    async def stop(self) -> None:
        """End gracefully: agents are sent away first, what is being answered is finished, what is known is written."""
        self.sessions.drain("the server is ending", retry_after_ms=1000)
        await asyncio.sleep(_SAY_GOODBYE if len(self.sessions) else 0)
        await self._close()

    async def _close(self) -> None:
        grpc = asyncio.create_task(self._grpc.stop(self._settings.drain))
        await self._front.stop()
        await grpc
        await self._doors.close()
        await self.profiles.close()
        self._nodes.finish()
        if self._tasks:
            await asyncio.wait(self._tasks[:1], timeout=_FLUSH)
        await self._front.finish()
        for task in self._tasks[2:]:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self.alerts.close()
        self._store.finish()
        if self._tasks:
            await asyncio.wait(self._tasks[1:2], timeout=_FLUSH)
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _keep(self, *parts: Part) -> None:
        """Begin work that goes on in the background."""
        self._tasks += [asyncio.create_task(self._parts.keep(name, work)) for name, work in parts]

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(1)
            self.live.age()
            self.sessions.tick()
            self.history.expire()

    def _troubles(self) -> dict[str, str]:
        found = {
            "database": self._store.trouble if self._store.fault else "",
            "agents": self._grpc.tls.trouble() or self._doors.trouble,
        }
        own = {part: trouble for part, trouble in found.items() if trouble}
        return {**self._parts.troubles(), **own, **self.alerts.troubles()}

    def _retry_plugin(self, node: str, kind: str, name: str) -> bool:
        if not node:
            return self.alerts.lift(kind, name)
        return self._courier.deliver(node, pb.ServerMessage(retry_plugin=pb.RetryPlugin(kind=kind, name=name)))

    def _plugin_list(self) -> tuple[PluginState, ...]:
        """What is loaded here, and how it fares."""
        own = {(state.kind, state.name): state for state in self.alerts.states()}
        return tuple(own.get((state.kind, state.name), state) for state in told_in("server", self._loaded()))

    def _plugin_states(self) -> dict[Labels, float]:
        """How many plugins there are of each state, here and on nodes. States an agent made up are counted as one."""
        nodes = (plugin for node in self.live.nodes() for plugin in node.plugins)
        counts = Counter(p.state if p.state in STATES else "other" for p in chain(self._plugin_list(), nodes))
        return {(("state", state),): float(counts[state]) for state in (*STATES, "other")}

    def _known(self) -> Iterable[KnownNode]:
        return [KnownNode(n.name, n.first_seen, n.last_seen, n.agent_version, n.boot_id) for n in self.live.nodes()]

    def _remember(self, nodes: Iterable[KnownNode]) -> None:
        for node in sorted(nodes, key=lambda known: known.last_seen, reverse=True):
            self.live.remember(
                node.name,
                first_seen=node.first_seen,
                last_seen=node.last_seen,
                agent_version=node.agent_version,
                boot_id=node.boot_id,
            )


def _beside(database: Address, settings: ServerSettings) -> Path:
    """The folder for what outlives a server that was given none: where its database is, if that is a file."""
    return Path(database.credentials["file_path"]).parent if database.dialect == "sqlite" else settings.folder()
