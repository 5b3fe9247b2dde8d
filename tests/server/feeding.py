"""A server's live store and history, fed with frames of machines that exist only here."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from gobs_core import Frame, PluginState, Reading, RowValues, Table
from gobs_proto import gobs_pb2
from gobs_server.clock import Clock
from gobs_server.history import History
from gobs_server.history.segment import delimited
from gobs_server.live import Live, Node
from gobs_server.services import InspectError, Services
from gobs_server.settings import ServerSettings
from gobs_server.tables import RunState, Schemas
from gobs_server.tables.layout import Layout
from gobs_sinks.grpc.encoder import Encoded, Encoder

START = 1_767_225_600.0
"""2026-01-01T00:00:00Z."""

Rows = Mapping[Table, Sequence[RowValues]]


shared_layout = cache(Layout)
"""Tables declared the same share their layout, as they do when agents of one version declare them."""


class HeldClock(Clock):
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def wall(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now - START + 1000

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


@dataclass
class Answering:
    """Stands for the connected agents: gives one answer and remembers what it was asked."""

    answer: dict[str, object] | InspectError = field(default_factory=dict)
    asked: list[tuple[str, str, tuple[str, ...], tuple[str, ...], float]] = field(default_factory=list)

    async def inspect(
        self, node: str, table: str, key: tuple[str, ...], sections: tuple[str, ...], timeout: float = 5
    ) -> dict[str, object]:
        self.asked.append((node, table, key, sections, timeout))
        if isinstance(self.answer, InspectError):
            raise self.answer
        return self.answer


class Cluster:
    """A live store and a history, and the clock both go by: its own, or a server's."""

    def __init__(
        self, clock: HeldClock | None = None, live: Live | None = None, history: History | None = None
    ) -> None:
        self.clock = clock or HeldClock()
        self.live = Live(self.clock) if live is None else live
        self.history = History(self.clock) if history is None else history
        self.answering = Answering()
        self.own: tuple[PluginState, ...] = ()
        self.lacking: dict[str, str] = {}
        self.troubles: dict[str, str] = {}

    def machine(
        self, name: str, *tables: Table, plugins: tuple[PluginState, ...] = (), interval: float = 5.0, run: str = ""
    ) -> Machine:
        """A node that has said Hello."""
        return Machine(self, name, tables, plugins, interval, run or f"run of {name}")

    def services(self, **settings: Any) -> Services:
        """What pages and REST are made from, over this cluster."""
        return Services(
            live=self.live,
            history=self.history,
            sessions=self.answering,
            settings=ServerSettings(**{"http": "127.0.0.1:0", **settings}),
            clock=self.clock,
            version="0.1.0",
            plugins=lambda: self.own,
            metrics=lambda form: "# EOF\n" if form == "openmetrics" else "\n",
            ready=lambda: self.lacking,
            troubles=lambda: self.troubles,
        )


class Machine:
    """A node and its agent, as the server sees them."""

    def __init__(
        self,
        cluster: Cluster,
        name: str,
        tables: Sequence[Table],
        plugins: tuple[PluginState, ...],
        interval: float,
        run: str,
    ) -> None:
        self.cluster = cluster
        self.name = name
        self.interval = interval
        layouts = tuple(map(shared_layout, tables))
        self._encoder = Encoder(tables)
        self._run = RunState(Schemas(layouts, (interval,) * len(layouts)))
        self._sequence = 0
        self._unsent: list[tuple[int, list[bytes]]] = []
        self.node: Node = cluster.live.connect(
            name, agent_version="0.1.0", protocol=1, boot_id="boot", run=run, interval=interval, skew=0.0
        )
        cluster.live.set_plugins(self.node, plugins)
        cluster.history.begin(name, self.node.run, self._run.schemas)

    def feed(self, rows: Rows, *, after: float = 0.0, keyframe: bool = False) -> None:
        """Send one frame, `after` seconds after the one before it; a keyframe begins another segment."""
        cluster = self.cluster
        encoded = self._read(rows, after, keyframe or bool(self._unsent))
        parts = [gobs_pb2.Frame.FromString(part) for part in encoded.parts]
        changed = self._run.apply(parts)
        offset = cluster.clock.wall() - parts[0].monotonic_ns / 1e9
        cluster.live.take(self.node, self._run, changed, offset)
        raw = [delimited(part) for part in encoded.parts]
        cluster.history.append(self.name, self.node.run, parts, raw, offset, self._run)

    def unsent(self, rows: Rows, *, after: float = 0.0) -> None:
        """Read a frame that does not get through."""
        encoded = self._read(rows, after, not self._unsent)
        self._unsent.append((self._sequence, [delimited(part) for part in encoded.parts]))

    def late(self) -> int:
        """Send what did not get through as one segment; returns how many frames the history took of it."""
        some, self._unsent = self._unsent, []
        data = zlib.compress(b"".join(part for _, parts in some for part in parts))
        return self.cluster.history.fill(self.name, self.node.run, data, (some[0][0], some[-1][0]), 0.0)

    def _read(self, rows: Rows, after: float, keyframe: bool) -> Encoded:
        clock = self.cluster.clock
        clock.move(after)
        self._sequence += 1
        read_ns = int(clock.monotonic() * 1e9)
        readings = tuple(Reading(table, some, read_ns) for table, some in rows.items())
        return self._encoder.encode(
            Frame(self._sequence, int(clock.wall() * 1e9), read_ns, readings), keyframe=keyframe
        )
