"""Acknowledgements: how often agents are told what was taken of their frames, each and all of them together."""

from __future__ import annotations

import asyncio
import random

from gobs_proto import gobs_pb2 as pb
from gobs_server.ingest.session import Session
from gobs_server.ingest.sessions import Sessions
from gobs_server.metrics import Metrics

ACK_SECONDS = 5.0
"""How often an agent is told; telling it costs more than taking a frame."""
A_SECOND = 60.0
"""Acknowledgements in a second, over all agents: of more agents each is told less often."""
_TURNS = 10
"""Looks at who is to be told in the time between two acknowledgements of one agent."""


class Acks:
    """Tells agents what was taken of theirs: soon after their first frame, then now and then.

    Lives as long as the server.

    An agent is told every `every` seconds, but all of them together at most `a_second` times a second.
    """

    def __init__(
        self, sessions: Sessions, metrics: Metrics, *, every: float = ACK_SECONDS, a_second: float = A_SECOND
    ) -> None:
        self._sessions = sessions
        self._metrics = metrics
        self._every = every
        self._a_second = a_second
        self._writing: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Tell them, until cancelled."""
        while True:
            await asyncio.sleep(self._every / _TURNS)
            self.tell(asyncio.get_running_loop().time())

    def tell(self, now: float) -> None:
        """Write to those that are to be told by `now`, in seconds of the event loop."""
        sessions = self._sessions.connected()
        pause = max(self._every, len(sessions) / self._a_second)
        for session in sessions:
            if session.unacknowledged and not session.acknowledging and now >= session.acknowledge_at:
                # Agents that connected together are not told together for ever.
                session.acknowledge_at = now + pause * random.uniform(0.75, 1.25)  # noqa: S311
                task = asyncio.create_task(self._tell(session))
                self._writing.add(task)
                task.add_done_callback(self._writing.discard)

    async def _tell(self, session: Session) -> None:
        session.unacknowledged, session.acknowledging = False, True
        self._metrics.add("gobs_server_acks")
        await session.send(pb.ServerMessage(ack=pb.Ack(sequence=session.run.sequence)))
        session.acknowledging = False
