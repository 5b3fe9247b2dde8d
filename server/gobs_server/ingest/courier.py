"""Messages of other parts of the server on their way to agents."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from gobs_proto import gobs_pb2 as pb
from gobs_server.ingest.sessions import Sessions

MOST = 10_000
"""Messages on their way at once; an agent that takes none must not cost more."""


class Courier:
    """Sends messages, in order for each agent, and lets nobody wait. Lives as long as the server."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._sending: set[asyncio.Task[None]] = set()

    def deliver(self, node: str, message: pb.ServerMessage) -> bool:
        """Send a message to the agent of a node; False: none is connected, or too much is on its way."""
        session = self._sessions.session(node)
        if session is None or len(self._sending) >= MOST:
            return False
        task = asyncio.ensure_future(session.send(message))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        return True

    def nodes(self) -> list[str]:
        """The nodes whose agents are connected."""
        return [session.greeting.node for session in self._sessions.connected()]

    def present(self, nodes: Iterable[str]) -> list[str]:
        """Those of these nodes whose agents are connected and were heard of lately."""
        found = ((node, self._sessions.session(node)) for node in nodes)
        return [node for node, session in found if session is not None and not self._sessions.silent(session)]
