"""One stream from its Hello to its end: the order of messages on the wire, deadlines, acknowledgements."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import grpc
import grpc.aio

from gobs_core.logs import get_logger
from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import MAX_MESSAGE_BYTES
from gobs_server.history import History
from gobs_server.ingest.auth import IDENTITY
from gobs_server.ingest.fill import Filling
from gobs_server.ingest.hello import greeting_from
from gobs_server.ingest.intake import Intake
from gobs_server.ingest.refusal import Refusal
from gobs_server.ingest.session import Session
from gobs_server.ingest.sessions import Sessions
from gobs_server.metrics import Metrics

log = get_logger("gobs.ingest")
HELLO_SECONDS = 5.0
"""A stream that has not said Hello by then is ended."""
ACK_SECONDS = 1.0
"""Frames are acknowledged together, at most this often."""
_MOST_RANGES = 1000


class Streams:
    """Serves streams. Lives as long as the server."""

    def __init__(
        self, sessions: Sessions, intake: Intake, filling: Filling, history: History, metrics: Metrics, version: str
    ) -> None:
        self._sessions = sessions
        self._intake = intake
        self._filling = filling
        self._history = history
        self._metrics = metrics
        self._version = version

    async def serve(self, _messages: object, context: Any) -> None:
        """Serve one stream until it ends; `context` reads bytes and writes ServerMessages."""
        try:
            session = await self._greet(context)
        except Refusal as refusal:
            self._metrics.add("gobs_server_refused_streams", reason=refusal.reason)
            log.warning("a stream was refused", peer=context.peer(), reason=refusal.reason, why=str(refusal))
            await context.abort(refusal.code, str(refusal))
            return
        log.info("agent connected", node=session.node.name, version=session.greeting.agent_version, peer=context.peer())
        line = _Line(context, session, self._metrics)
        session.send = line.send
        reader = asyncio.create_task(self._read(context, session, line))
        try:
            await line.send(self._welcome(session))
            waiting: tuple[asyncio.Future[Any], ...] = (reader, session.ended)
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            line.close()
            reader.cancel()
            self._filling.closed(session)
            self._sessions.closed(session)
        await self._leave(context, session, line, reader)

    async def _greet(self, context: Any) -> Session:
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                raw = await context.read()
        except TimeoutError:
            raise _not_greeted(f"no Hello within {HELLO_SECONDS:g} s", grpc.StatusCode.DEADLINE_EXCEEDED) from None
        if raw is grpc.aio.EOF:
            raise _not_greeted("the stream ended before Hello")
        try:
            message = pb.AgentMessage.FromString(raw)
        except Exception as error:  # noqa: BLE001  upb's own DecodeError has no public base
            raise _not_greeted(f"the first message is no AgentMessage: {error}") from None
        if message.WhichOneof("kind") != "hello":
            raise _not_greeted("the first message must be Hello")
        return self._sessions.open(greeting_from(message.hello, IDENTITY.get()))

    def _welcome(self, session: Session) -> pb.ServerMessage:
        ranges = self._history.ranges(session.node.name, session.greeting.run)[-_MOST_RANGES:]
        return pb.ServerMessage(
            welcome=pb.Welcome(
                protocol=session.greeting.protocol,
                session=secrets.token_hex(8),
                server_version=self._version,
                have=[pb.Range(first=first, last=last) for first, last in ranges],
                history_seconds=int(self._history.retention),
                max_message_bytes=MAX_MESSAGE_BYTES,
            )
        )

    async def _read(self, context: Any, session: Session, line: _Line) -> None:
        while (raw := await context.read()) is not grpc.aio.EOF:
            if self._intake.take(session, raw):
                await line.acknowledge()

    async def _leave(self, context: Any, session: Session, line: _Line, reader: asyncio.Task[None]) -> None:
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
            await line.send(pb.ServerMessage(bye=why))
        elif why is not None:
            await context.abort(why.code, str(why))


class _Line:
    """The way back to one agent: one message at a time, frames acknowledged together."""

    def __init__(self, context: Any, session: Session, metrics: Metrics) -> None:
        self._context = context
        self._session = session
        self._metrics = metrics
        self._lock = asyncio.Lock()
        self._acked_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    async def send(self, message: pb.ServerMessage) -> None:
        """Write one message; a stream that is gone takes it silently."""
        try:
            async with self._lock:
                await self._context.write(message)
        except (grpc.aio.BaseError, asyncio.InvalidStateError):
            pass

    async def acknowledge(self) -> None:
        """Acknowledge the newest frame, now or soon."""
        if self._timer is not None:
            return
        loop = asyncio.get_running_loop()
        due = self._acked_at + ACK_SECONDS
        if loop.time() >= due:
            await self._acknowledge()
        else:
            self._timer = loop.call_at(due, self._acknowledge_soon)

    def close(self) -> None:
        """Acknowledge nothing more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def _acknowledge_soon(self) -> None:
        self._timer = None
        self._task = asyncio.create_task(self._acknowledge())

    async def _acknowledge(self) -> None:
        self._acked_at = asyncio.get_running_loop().time()
        self._metrics.add("gobs_server_acks")
        await self.send(pb.ServerMessage(ack=pb.Ack(sequence=self._session.run.sequence)))


def _not_greeted(text: str, code: grpc.StatusCode = grpc.StatusCode.INVALID_ARGUMENT) -> Refusal:
    return Refusal(code, "hello", text)
