"""One stream from its Hello to its end: the order of messages on the wire, and deadlines."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from typing import Any

import grpc
import grpc.aio

from gobs_core import __version__
from gobs_core.logs import get_logger
from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import MAX_MESSAGE_BYTES
from gobs_server.history import History
from gobs_server.ingest.budget import Slots
from gobs_server.ingest.complaints import Complaints
from gobs_server.ingest.doors.keeper import IDENTITY
from gobs_server.ingest.fill import Filling
from gobs_server.ingest.hello import greeting_from
from gobs_server.ingest.intake import Intake
from gobs_server.ingest.refusal import Refusal
from gobs_server.ingest.session import MOST_WAITING, Send, Session
from gobs_server.ingest.sessions import Sessions
from gobs_server.metrics import Metrics

log = get_logger("gobs.ingest")
HELLO_SECONDS = 5.0
"""A stream that has not said Hello by then is ended."""
_MOST_RANGES = 1000
_GREETING, _GREETING_EACH = 64, 2
"""Streams of which a Hello is read at once, of all and of one identity; the others wait their turn."""
_LARGE = 256 << 10
"""Bytes of a message after which no other of its stream is read before it is taken."""
_BUSY = grpc.StatusCode.RESOURCE_EXHAUSTED


class Streams:
    """Serves streams. Lives as long as the server. A stream that says no Hello within `patience` seconds is ended."""

    def __init__(
        self,
        sessions: Sessions,
        intake: Intake,
        filling: Filling,
        history: History,
        metrics: Metrics,
        complaints: Complaints,
        *,
        patience: float = HELLO_SECONDS,
    ) -> None:
        self._sessions = sessions
        self._intake = intake
        self._filling = filling
        self._history = history
        self._metrics = metrics
        self._complaints = complaints
        self._patience = patience
        self._slots = Slots(_GREETING, _GREETING_EACH)

    async def serve(self, _messages: object, context: Any) -> None:
        """Serve one stream until it ends; `context` reads bytes and writes ServerMessages."""
        found = await self._greeted(context)
        if isinstance(found, Refusal):
            self._metrics.add("gobs_server_refused_streams", reason=found.reason)
            self._complaints.refused(context.peer(), found.reason, str(found))
            await context.abort(found.code, str(found))
            return
        session = found
        log.info("agent connected", node=session.node.name, version=session.greeting.agent_version, peer=context.peer())
        session.send = _sender(context)
        reader = asyncio.create_task(self._read(context, session))
        try:
            await session.send(self._welcome(session))
            if self._intake.recordings is not None:
                self._intake.recordings.connected(session.node.name)
            waiting: tuple[asyncio.Future[Any], ...] = (reader, session.ended)
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            reader.cancel()
            self._filling.closed(session)
            self._sessions.closed(session)
        await self._leave(context, session, reader)

    async def _greeted(self, context: Any) -> Session | Refusal:
        """The session, or why there is none; of what was sent nothing is held any more in that case."""
        try:
            return await self._greet(context)
        except Refusal as refusal:
            return refusal.with_traceback(None)

    async def _greet(self, context: Any) -> Session:
        try:
            async with asyncio.timeout(self._patience), self._slots.one(IDENTITY.get().who) as place:
                if not place:
                    raise _not_greeted("too many streams of this agent have said nothing yet", _BUSY)
                raw = await context.read()
        except TimeoutError:
            raise _not_greeted(f"no Hello within {self._patience:g} s", grpc.StatusCode.DEADLINE_EXCEEDED) from None
        if raw is grpc.aio.EOF:
            raise _not_greeted("the stream ended before Hello")
        try:
            message = pb.AgentMessage.FromString(raw)
        except Exception as error:  # noqa: BLE001  upb's own DecodeError has no public base
            raise _not_greeted(f"the first message is no AgentMessage: {error}") from None
        if message.WhichOneof("kind") != "hello":
            raise _not_greeted("the first message must be Hello")
        self._intake.drain()  # what an older stream of this node brought still counts
        return self._sessions.open(greeting_from(message.hello, IDENTITY.get()))

    def _welcome(self, session: Session) -> pb.ServerMessage:
        ranges = self._history.ranges(session.node.name, session.greeting.run)[-_MOST_RANGES:]
        return pb.ServerMessage(
            welcome=pb.Welcome(
                protocol=session.greeting.protocol,
                session=secrets.token_hex(8),
                server_version=__version__,
                have=[pb.Range(first=first, last=last) for first, last in ranges],
                history_seconds=int(self._history.retention),
                max_message_bytes=MAX_MESSAGE_BYTES,
                spread_ms=round(self._sessions.spread * 1000),
            )
        )

    async def _read(self, context: Any, session: Session) -> None:
        while (raw := await context.read()) is not grpc.aio.EOF:
            self._intake.put(session, raw)
            if session.waiting >= MOST_WAITING or len(raw) > _LARGE:
                session.room = asyncio.get_running_loop().create_future()
                await session.room
            if self._filling.full:
                await self._filling.room()
            if self._intake.full:
                await self._intake.room()
        self._intake.drain()

    async def _leave(self, context: Any, session: Session, reader: asyncio.Task[None]) -> None:
        why: Refusal | pb.Bye | None = session.ended.result() if session.ended.done() else None
        if why is None and not reader.cancelled():
            await asyncio.wait({reader})
            error = None if reader.cancelled() else reader.exception()
            if isinstance(error, Refusal):
                why = error
            elif error is not None and not isinstance(error, grpc.aio.BaseError | asyncio.InvalidStateError):
                log.error("serving a stream failed", node=session.node.name, exc_info=error)
                why = Refusal(grpc.StatusCode.INTERNAL, "internal", "the server failed to take a message; see its log")
        log.info("agent disconnected", node=session.node.name, why=str(why.reason if why else "ended"))
        if isinstance(why, pb.Bye):
            await session.send(pb.ServerMessage(bye=why))
        elif why is not None:
            await context.abort(why.code, str(why))


def _sender(context: Any) -> Send:
    """Return what writes messages to one agent, one at a time; a stream that is gone takes them silently."""
    lock = asyncio.Lock()

    async def send(message: pb.ServerMessage) -> None:
        with suppress(grpc.aio.BaseError, asyncio.InvalidStateError):
            async with lock:
                await context.write(message)

    return send


def _not_greeted(text: str, code: grpc.StatusCode = grpc.StatusCode.INVALID_ARGUMENT) -> Refusal:
    return Refusal(code, "hello", text)
