"""The only module of the agent that imports grpc: opens a connection to the server and one call on it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

from gobs_core import UserError
from gobs_proto.gobs_pb2 import ServerMessage
from gobs_proto.limits import MAX_MESSAGE_BYTES
from gobs_sinks.grpc.badge import Badge
from gobs_sinks.grpc.config import GrpcConfig
from gobs_sinks.grpc.stream import StreamEnd

METHOD = "/gobs.v1.Gobs/AgentStream"
_LOST = ("Internal error from Core", "Stream removed")
"""How gRPC words that a connection is lost, whatever the code."""
_LOOKS, _LOOK_SECONDS = 20, 0.01


class Call:
    """One call of AgentStream on a connection of its own, which ends with it."""

    def __init__(self, config: GrpcConfig, badge: Badge) -> None:
        metadata = badge.metadata()
        self._channel = _channel(config, badge.authority)
        method: Any = self._channel.stream_stream(
            METHOD, request_serializer=None, response_deserializer=ServerMessage.FromString
        )
        self._call: Any = method(metadata=metadata)

    async def write(self, message: bytes) -> None:
        """Hand over one message."""
        try:
            await self._call.write(message)
        except Exception:  # gRPC raises errors of several kinds for a call that has ended
            if self._call.done():
                raise await self._end() from None
            raise

    async def read(self) -> ServerMessage:
        """The next message."""
        try:
            message = await self._call.read()
        except Exception:  # as above
            if self._call.done():
                raise await self._end() from None
            raise
        if message is grpc.aio.EOF:
            raise await self._end()
        found: ServerMessage = message
        return found

    async def finish(self) -> None:
        """Close our direction."""
        if not self._call.done():
            await self._call.done_writing()

    async def close(self) -> None:
        """Cancel the call if it is not over, and close its connection."""
        self._call.cancel()
        await self._channel.close()

    async def _end(self) -> StreamEnd:
        """Why the call is over. After a write that failed gRPC says so itself until the peer's own status is there."""
        for _ in range(_LOOKS):
            code, details = await self._call.code(), await self._call.details() or ""
            if not details.startswith(_LOST):
                return StreamEnd(code.name, details)
            await asyncio.sleep(_LOOK_SECONDS)
        return StreamEnd("UNAVAILABLE", "the connection was lost")


async def dial(config: GrpcConfig, badge: Badge) -> Call:
    """Connect in the background and call; raises UserError for what the settings cannot be used for."""
    await badge.prepare()
    return Call(config, badge)


def _channel(config: GrpcConfig, authority: bytes | None) -> grpc.aio.Channel:
    options = (
        ("grpc.keepalive_time_ms", round(config.keepalive * 1000)),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
        ("grpc.use_local_subchannel_pool", 1),  # a connection that failed delays no later one: the pauses are ours
        ("grpc.enable_retries", 0),
        ("grpc.service_config_disable_resolution", 1),
        ("grpc.enable_http_proxy", 0),
        ("grpc.http2.bdp_probe", 0),
    )
    if not config.encrypted and authority is None:
        return grpc.aio.insecure_channel(config.server, options=options)
    credentials = grpc.ssl_channel_credentials(
        _read("ca_file", config.ca_file) or authority,
        _read("key_file", config.key_file),
        _read("cert_file", config.cert_file),
    )
    return grpc.aio.secure_channel(config.server, credentials, options=options)


def _read(name: str, path: str) -> bytes | None:
    """A file of the settings, read at every connection since certificates are renewed in place."""
    if not path:
        return None
    try:
        found = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"sinks.grpc.{name}: cannot read {path}: {error.strerror}") from None
    if b"-----BEGIN " not in found:
        raise UserError(f"sinks.grpc.{name}: {path} is no PEM file: it has no line -----BEGIN …-----")
    return found
