"""The doorkeeper: asks the door about each call, lets it in or ends it, and says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any
from urllib.parse import unquote

import grpc
import grpc.aio

from gobs_server.ingest.complaints import Complaints
from gobs_server.ingest.doors.door import Caller, Denied, Door, Identity, Unsure
from gobs_server.ingest.penalties import Penalties
from gobs_server.metrics import Metrics
from gobs_server.serving import on_loopback

IDENTITY: ContextVar[Identity] = ContextVar("identity", default=Identity())  # noqa: B039  immutable
"""Who opened the stream being served."""
MOST_WAITING = 1024
"""Calls judged at once; a further one is told to come back."""
_FAULTS = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED)
"""Ends of a stream that are the peer's fault."""
Serve = Callable[[object, Any], Awaitable[None]]


class Doorkeeper:
    """Serves calls that the door lets in. Lives as long as the server."""

    def __init__(
        self, door: Door, serve: Serve, metrics: Metrics, complaints: Complaints, penalties: Penalties | None = None
    ) -> None:
        self._door = door
        self._serve = serve
        self._metrics = metrics
        self._complaints = complaints
        self._penalties = penalties
        self.ended = 0
        """Calls that have ended, let in or not."""
        self._waiting = 0

    async def serve(self, messages: object, context: Any) -> None:
        """Serve the call, or end it; nothing it has sent is read before."""
        try:
            await self._serve_or_refuse(messages, context)
        finally:
            self.ended += 1

    async def _serve_or_refuse(self, messages: object, context: Any) -> None:
        try:
            identity = await self._identify(caller_of(context))
            peer = _peer(identity, context)
            if self._penalties is not None and peer and self._penalties.waits(peer):
                raise Unsure("what this agent sent was refused again and again; come back in half a minute")
        except Denied as denied:
            await self._refuse(context, grpc.StatusCode.UNAUTHENTICATED, "denied", denied)
            return
        except Unsure as unsure:
            await self._refuse(context, grpc.StatusCode.UNAVAILABLE, "unsure", unsure)
            return
        IDENTITY.set(identity)
        try:
            await self._serve(messages, context)
        finally:
            if self._penalties is not None and peer and context.code() in _FAULTS:
                self._penalties.strike(peer)

    async def _identify(self, caller: Caller) -> Identity:
        if self._waiting >= MOST_WAITING:
            raise Unsure("too many are at the door; come back in a moment")
        self._waiting += 1
        try:
            return await self._door.identify(caller)
        finally:
            self._waiting -= 1

    async def _refuse(self, context: Any, code: grpc.StatusCode, reason: str, why: Denied | Unsure) -> None:
        """End the call, counted and said."""
        self._metrics.add("gobs_server_refused_streams", reason=reason)
        self._complaints.refused(context.peer(), reason, why.detail)
        await context.abort(code, str(why))


def caller_of(context: Any) -> Caller:
    """What a call shows before any message."""
    pairs = context.invocation_metadata() or ()
    shown = context.auth_context()
    return Caller(
        {key: value for key, value in pairs if isinstance(value, str)},
        tuple(_text(uri) for uri in shown.get("peer_uri", ())),
        next((_text(name) for name in shown.get("x509_common_name", ())), ""),
        "x509_pem_cert" in shown,
    )


def _peer(identity: Identity, context: Any) -> str:
    """Who is made to wait for what a stream carried; empty for nobody in particular, as on loopback."""
    if identity.bound:
        return identity.who
    address = unquote(str(context.peer())).partition(":")[2]
    return "" if on_loopback(address) else address.rpartition(":")[0]


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
