"""How long a stream may live: until its identity is taken back, nothing comes, or who it is should be told anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import grpc

from gobs_core.logs import get_logger
from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import ROTATION
from gobs_server.clock import Clock
from gobs_server.ingest.doors import Door
from gobs_server.ingest.refusal import Refusal
from gobs_server.ingest.session import Session
from gobs_server.ingest.sessions import Sessions
from gobs_server.metrics import Metrics

log = get_logger("gobs.ingest")
_EVERY = 1.0
_SPREAD = 0.25
"""The part of its age by which a stream may be sent away early, so that they do not all come back together."""
_AT_ONCE = 50
"""Streams sent away in one second, at most."""
_SILENT, _SILENT_INTERVALS = 60.0, 3
"""Seconds, and intervals of the agent, after which a stream that brings no whole message is ended."""
_BACK_MS = 1
"""How long an agent waits before it comes back; 0 would mean that nothing was asked."""


class Leases:
    """Sends old streams away, which come back at once and lose nothing. Lives as long as the server; `run` does it.

    `age` seconds is the longest life of a stream. Where the door cannot judge calls now, streams stay up to `grace`
    seconds longer. `dice` returns numbers from 0 to 1.
    """

    def __init__(
        self,
        sessions: Sessions,
        door: Door,
        clock: Clock,
        metrics: Metrics,
        *,
        age: float,
        grace: float,
        dice: Callable[[], float],
    ) -> None:
        self._sessions = sessions
        self._door = door
        self._clock = clock
        self._metrics = metrics
        self._age = age
        self._grace = grace
        self._dice = dice
        self._due: dict[int, float] = {}

    async def run(self) -> None:
        """Look once a second, until cancelled."""
        while True:
            await asyncio.sleep(_EVERY)
            await self.look()

    async def look(self) -> None:
        """End what must not stay, and send away what is due."""
        now = self._clock.monotonic()
        sessions = [session for session in self._sessions.connected() if not session.fenced]
        self._due = {session.epoch: self._due_of(session, now) for session in sessions}
        due: list[Session] = []
        for session in sessions:
            if not self._door.stands(session.greeting.identity):
                self._refuse(session, grpc.StatusCode.UNAUTHENTICATED, "revoked", "this agent's credential was revoked")
            elif now - session.node.heard > max(_SILENT, _SILENT_INTERVALS * session.greeting.interval):
                text = "nothing has come for too long; connect again"
                self._refuse(session, grpc.StatusCode.DEADLINE_EXCEEDED, "silent", text)
            elif self._due[session.epoch] <= now:
                due.append(session)
        for session in sorted(due, key=lambda one: self._due[one.epoch])[:_AT_ONCE]:
            await self._send_away(session, now)

    async def _send_away(self, session: Session, now: float) -> None:
        if await self._door.confirms(session.greeting.identity):
            self._metrics.add("gobs_server_rotated_streams")
            session.end(pb.Bye(reason=ROTATION, retry_after_ms=_BACK_MS))
        elif now > self._due[session.epoch] + self._grace:
            text = "who this is could not be told anew for too long; come back in a moment"
            self._refuse(session, grpc.StatusCode.UNAVAILABLE, "unsure", text)

    def _due_of(self, session: Session, now: float) -> float:
        return self._due.get(session.epoch) or now + self._age * (1 - _SPREAD * self._dice())

    def _refuse(self, session: Session, code: grpc.StatusCode, reason: str, text: str) -> None:
        self._metrics.add("gobs_server_refused_streams", reason=reason)
        log.warning("a stream was ended", node=session.node.name, why=text)
        session.end(Refusal(code, reason, text))
