"""The gRPC server: its port, its limits against hostile peers, and its certificates."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

from gobs_core import UserError
from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import MAX_MESSAGE_BYTES
from gobs_server.ingest.auth import Authenticator, Doorkeeper, Handler
from gobs_server.ingest.complaints import Complaints
from gobs_server.metrics import Metrics
from gobs_server.serving import listen
from gobs_server.settings import ServerSettings

_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_metadata_size", 16 << 10),
    ("grpc.max_concurrent_streams", 16),
    ("grpc.server_handshake_timeout_ms", 5_000),
    ("grpc.so_reuseport", 0),
    # Without this a fast peer makes gRPC buffer hundreds of megabytes: it grows its window by what it measures.
    ("grpc.http2.bdp_probe", 0),
    ("grpc.keepalive_time_ms", 15_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
    ("grpc.http2.max_pings_without_data", 0),
)


class GrpcServer:
    """Listens for agents. `start` once, then `stop`; lives as long as the server."""

    def __init__(
        self,
        serve: Callable[[Any, Any], Any],
        authenticator: Authenticator,
        settings: ServerSettings,
        metrics: Metrics,
        complaints: Complaints,
    ) -> None:
        self._settings = settings
        self._server = grpc.aio.server(
            interceptors=(Doorkeeper(authenticator, metrics, complaints),),
            options=_OPTIONS,
            maximum_concurrent_rpcs=settings.max_agents,
        )
        stream: Handler = grpc.stream_stream_rpc_method_handler(
            serve, request_deserializer=None, response_serializer=pb.ServerMessage.SerializeToString
        )
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("gobs.v1.Gobs", {"AgentStream": stream}),)
        )

    async def start(self) -> int:
        """Listen, and return the port; raises UserError where that cannot be."""
        address = self._settings.grpc
        credentials = _credentials(self._settings)
        # gRPC's own complaint about a busy port goes to standard error and says little: ask the system first.
        listen(address, "--grpc").close()
        try:
            if credentials is None:
                port = self._server.add_insecure_port(address)
            else:
                port = self._server.add_secure_port(address, credentials)
        except RuntimeError as error:
            raise UserError(
                f"cannot listen for agents on {address}: the port is in use or the address is not this machine's; "
                f"choose another with --grpc HOST:PORT ({error})"
            ) from None
        await self._server.start()
        return port

    async def stop(self, grace: float) -> None:
        """Take no new streams, give those being served `grace` seconds, then end them."""
        await self._server.stop(grace)


def _credentials(settings: ServerSettings) -> grpc.ServerCredentials | None:
    if not settings.cert_file and not settings.key_file:
        if settings.client_ca_file:
            raise UserError("server.client_ca_file needs server.cert_file and server.key_file")
        return None
    if not (settings.cert_file and settings.key_file):
        raise UserError("server.cert_file and server.key_file go together; only one of them is set")
    pair = (_read("key_file", settings.key_file), _read("cert_file", settings.cert_file))
    authority = _read("client_ca_file", settings.client_ca_file) if settings.client_ca_file else None
    _check(settings)
    return grpc.ssl_server_credentials([pair], authority, require_client_auth=authority is not None)


def _check(settings: ServerSettings) -> None:
    """Raise UserError where the files are no certificates; gRPC would only say that it cannot listen."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(settings.cert_file, settings.key_file)
    except ssl.SSLError as error:
        raise UserError(
            f"server.cert_file {settings.cert_file} and server.key_file {settings.key_file} are no certificate and its "
            f"key, in PEM: {error.reason or error}"
        ) from None
    try:
        if settings.client_ca_file:
            context.load_verify_locations(settings.client_ca_file)
    except ssl.SSLError as error:
        raise UserError(
            f"server.client_ca_file {settings.client_ca_file} holds no certificates, in PEM: {error.reason or error}"
        ) from None


def _read(name: str, path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"server.{name}: cannot read {path}: {error.strerror}") from None
