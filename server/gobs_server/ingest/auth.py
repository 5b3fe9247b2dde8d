"""Who may open a stream: judged on the call's metadata, before a byte of any message is read."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import grpc
import grpc.aio

from gobs_core import GobsError
from gobs_proto.limits import AUTHORIZATION
from gobs_server.ingest.complaints import Complaints
from gobs_server.metrics import Metrics


class Denied(GobsError):
    """Who calls may not; the text is sent back, so it says no more than that."""


@dataclass(frozen=True)
class Identity:
    """Who calls."""

    node: str | None = None
    """The only node it may speak for; None: any, as it says itself."""


class Authenticator(Protocol):
    """Judges a call by its metadata."""

    async def identify(self, metadata: Mapping[str, str]) -> Identity:
        """Return who calls; raises Denied."""
        ...


class OpenDoor:
    """Anybody may join."""

    async def identify(self, metadata: Mapping[str, str]) -> Identity:
        """Let them in."""
        return Identity()


class TokenDoor:
    """Whoever shows the join token may join."""

    def __init__(self, token: str) -> None:
        self._expected = f"Bearer {token}".encode()

    async def identify(self, metadata: Mapping[str, str]) -> Identity:
        """Compare in constant time."""
        if not hmac.compare_digest(metadata.get(AUTHORIZATION, "").encode(), self._expected):
            raise Denied("the join token is missing or wrong; set the same token for the server and its agents")
        return Identity()


Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
IDENTITY: ContextVar[Identity] = ContextVar("identity", default=Identity())  # noqa: B039  immutable
"""Who opened the stream being served."""


class Doorkeeper(grpc.aio.ServerInterceptor):
    """Asks the authenticator before a call reaches its handler."""

    def __init__(self, authenticator: Authenticator, metrics: Metrics, complaints: Complaints) -> None:
        self._authenticator = authenticator
        self._metrics = metrics
        self._complaints = complaints

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Serve the call, or end it at once."""
        pairs = handler_call_details.invocation_metadata or ()
        metadata = {key: value for key, value in pairs if isinstance(value, str)}
        try:
            IDENTITY.set(await self._authenticator.identify(metadata))
        except Denied as denied:
            self._metrics.add("gobs_server_refused_streams", reason="denied")
            return self._refuse(str(denied))
        return await continuation(handler_call_details)

    def _refuse(self, text: str) -> Handler:
        async def end(_messages: object, context: Any) -> None:
            self._complaints.refused(context.peer(), "denied", text)
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, text)

        return grpc.stream_stream_rpc_method_handler(end)
