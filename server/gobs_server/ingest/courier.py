"""Messages of other parts of the server on their way to agents."""

from __future__ import annotations

import asyncio

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

    def present(self) -> list[str]:
        """Those of them that were heard of lately: a node that has lost its power ends no connection."""
        return [one.greeting.node for one in self._sessions.connected() if not self._sessions.silent(one)]
