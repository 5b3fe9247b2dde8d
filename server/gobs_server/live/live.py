"""The live store: every node's newest state, and the version readers wait on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping

from gobs_core import PluginState
from gobs_server.clock import Clock
from gobs_server.live.node import LiveTable, Node, State
from gobs_server.tables import RunState

MISSED = 3
"""Intervals without a reading after which a table is overdue."""
_KEEP_TABLES = 6 * 3600.0
"""Seconds a node may be down before its tables are let go."""
_GRACE = 3600.0
"""Seconds a node of the database is given to be heard of, however long ago it was last."""

Observer = Callable[[Node, Mapping[str, LiveTable]], None]
"""Is told of every frame once it was taken: the node, and the tables that were read. Quick; never awaits or raises."""


class Live:
    """Every node known. Lives as long as the server; changed by ingest alone, read by everybody between two awaits.

    `most` nodes are known at once; one that is down for `forget` seconds is forgotten, and its tables before that.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        stale: float = 10.0,
        down: float = 60.0,
        forget: float = 7 * 86400.0,
        most: int = 5000,
        keep_tables: float = _KEEP_TABLES,
    ) -> None:
        self._clock = clock
        self._forget = forget
        self._keep_tables = keep_tables
        self.most = most
        """Nodes known at once; `connect` leaves it to its caller to ask `has_room`."""
        self._stale = stale
        self._down = max(down, stale)
        self._nodes: dict[str, Node] = {}
        self._by_name: list[Node] | None = None
        self._changed: asyncio.Future[None] | None = None
        self.observer: Observer | None = None
        self.version = 0
        """Raised by any frame, node state change or plugin change."""
        self.plugins_version = 0
        """The version at which the plugins of any node last changed."""

    def __len__(self) -> int:
        """How many nodes are known."""
        return len(self._nodes)

    def nodes(self) -> list[Node]:
        """All nodes, by name."""
        if self._by_name is None:
            self._by_name = [self._nodes[name] for name in sorted(self._nodes)]
        return self._by_name.copy()

    def node(self, name: str) -> Node | None:
        """The node of that name."""
        return self._nodes.get(name)

    async def wait(self, version: int, timeout: float) -> int:
        """Return the version as soon as it is above `version`, or after `timeout` seconds whatever it is then."""
        if self.version <= version:
            if self._changed is None:
                self._changed = asyncio.get_running_loop().create_future()
            await asyncio.wait({self._changed}, timeout=timeout)
        return self.version

    def has_room(self, name: str) -> bool:
        """Whether a node of that name is known, or may be."""
        return name in self._nodes or len(self._nodes) < self.most

    def remember(
        self, name: str, *, first_seen: float, last_seen: float, agent_version: str = "", boot_id: str = ""
    ) -> None:
        """A node known from before this server started: down until it is heard of. Left out where there is no room.

        Of one that is known already only the moment it was first seen is taken, if that is older.
        """
        node = self._nodes.get(name)
        if node is None and self.has_room(name):
            node = self._add(Node(name, "down", last_seen, first_seen, last_seen, agent_version, boot_id=boot_id))
            silent = min(self._clock.wall() - last_seen, self._forget - _GRACE)
            node.down_since = self._clock.monotonic() - max(silent, 0.0)
            self._touch(node)
        elif node is not None and first_seen < node.first_seen:
            node.first_seen = first_seen
            self._touch(node)

    def connect(
        self, name: str, *, agent_version: str, protocol: int, boot_id: str, run: str, interval: float, skew: float
    ) -> Node:
        """An agent has said Hello: the node, known from now on."""
        node = self._nodes.get(name)
        if node is None:
            node = self._add(Node(name, first_seen=self._clock.wall()))
        node.agent_version, node.protocol, node.boot_id = agent_version, protocol, boot_id
        node.run, node.interval, node.skew, node.connected = run, interval, skew, True
        self.heard(node)
        return node

    def disconnect(self, node: Node) -> None:
        """Its stream has ended and no other has taken its place."""
        node.connected = False
        self._touch(node)

    def heard(self, node: Node) -> None:
        """Something came from the node."""
        node.heard, node.last_seen = self._clock.monotonic(), self._clock.wall()
        self._set_state(node, "fresh")
        self._touch(node)

    def take(self, node: Node, run: RunState, changed: Iterable[int], wall_offset: float) -> None:
        """A frame was applied to `run`; `wall_offset` takes its monotonic seconds to the server's wall clock."""
        node.frames += 1
        self.heard(node)
        heard = node.framed = node.heard
        tables, news = node.tables, run.whole
        found: dict[str, LiveTable] = {}
        for place in changed:
            state = run.tables[place]
            assert state is not None
            declared, interval = state.layout.table, run.schemas.intervals[place]
            table = tables.get(declared.name)
            if table is None or table.table is not declared or table.interval != interval:
                table, news = LiveTable(state, interval), True
            table.update(state, run.texts, wall_offset + state.read_ns / 1e9, self.version)
            table.read = heard - (run.monotonic_ns - state.read_ns) / 1e9
            found[declared.name] = table
        if news:
            there = found if run.whole else {**tables, **found}
            node.tables = {name: there[name] for name in sorted(there)}
        if self.observer is not None:
            self.observer(node, found)

    def drop(self, node: Node, reason: str, count: int = 1) -> None:
        """Something of the node was not taken."""
        node.dropped[reason] = node.dropped.get(reason, 0) + count
        self._touch(node)

    def set_notes(self, node: Node, notes: tuple[str, ...]) -> None:
        """What a person should know of the node."""
        if node.notes != notes:
            node.notes = notes
            self._touch(node)

    def set_plugins(self, node: Node, plugins: tuple[PluginState, ...]) -> None:
        """How the node's plugins fare."""
        if node.plugins != plugins:
            node.plugins = plugins
            self._touch(node)
            self.plugins_version = self.version

    def age(self) -> None:
        """Let nodes become stale and down by the clock; called about once a second."""
        now = self._clock.monotonic()
        for node in self._nodes.values():
            silence = now - node.heard
            stale = self.stale_after(node)
            state: State = (
                "fresh" if silence < stale else "stale" if silence < stale + self._down - self._stale else "down"
            )
            if state == "down" != node.state:
                node.down_since = now
            self._set_state(node, state)

    def expire(self) -> list[str]:
        """Let go of the tables of nodes down for hours, and forget those down for days; called about once a second.

        Returns the names of both: nothing that their runs have told is to be kept.
        """
        now = self._clock.monotonic()
        since = now - min(self._keep_tables, self._forget)
        gone = [node for node in self._nodes.values() if _is_down(node, since) and (node.tables or node.run)]
        for node in gone:
            node.tables, node.run = {}, ""
            self._touch(node)
        names = [node.name for node in gone]
        forgotten = [node.name for node in self._nodes.values() if _is_down(node, now - self._forget)]
        for name in forgotten:
            self._touch(self._nodes.pop(name))
            self._by_name = None
            self.plugins_version = self.version
        return [*names, *forgotten]

    def overdue(self, node: Node, table: LiveTable) -> float | None:
        """Seconds since a table was read, where a node that is fresh should have read it again long ago; else None.

        What a node that is not fresh has told last is as old as the node's state says.
        """
        late = table.read + MISSED * table.interval < self.due(node)
        return self._clock.monotonic() - table.read if late else None

    def due(self, node: Node) -> float:
        """The moment, on the server's monotonic clock, at which a table read MISSED of its intervals ago is overdue."""
        if node.state != "fresh":
            return float("-inf")
        return max(node.framed, self._clock.monotonic() - self.stale_after(node))

    def stale_after(self, node: Node) -> float:
        """Seconds of silence after which the node is stale."""
        return max(self._stale, 2 * node.interval)

    def _add(self, node: Node) -> Node:
        self._nodes[node.name] = node
        self._by_name = None
        return node

    def _set_state(self, node: Node, state: State) -> None:
        if node.state != state:
            node.state, node.state_since = state, self._clock.wall()
            self._touch(node)

    def _touch(self, node: Node) -> None:
        self.version += 1
        node.version = self.version
        if self._changed is not None:
            if not self._changed.done():
                self._changed.set_result(None)
            self._changed = None


def _is_down(node: Node, since: float) -> bool:
    """Whether it is down since that moment or before, and nothing can come from it."""
    return node.state == "down" and node.down_since <= since and not node.connected
