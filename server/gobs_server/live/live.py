"""The live store: every node's newest state, and the version readers wait on."""

from __future__ import annotations

import asyncio

from gobs_server.clock import Clock
from gobs_server.live.node import Node


class Live:
    """Every node known. Lives as long as the server; changed by ingest alone, read by everybody between two awaits."""

    def __init__(self, clock: Clock, *, stale: float = 10.0, down: float = 60.0) -> None:
        self._clock = clock
        self._stale = stale
        self._down = down
        self._nodes: dict[str, Node] = {}
        self._changed: asyncio.Future[None] | None = None
        self.version = 0
        """Raised by any frame, node state change or plugin change."""

    def nodes(self) -> list[Node]:
        """All nodes, by name."""
        return [self._nodes[name] for name in sorted(self._nodes)]

    def node(self, name: str) -> Node | None:
        """The node of that name."""
        return self._nodes.get(name)

    async def wait(self, version: int, timeout: float) -> int:
        """Return the version as soon as it is above `version`, or after `timeout` seconds whatever it is then."""
        if self.version > version:
            return self.version
        if self._changed is None:
            self._changed = asyncio.get_running_loop().create_future()
        await asyncio.wait({self._changed}, timeout=timeout)
        return self.version
