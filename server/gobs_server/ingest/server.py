"""The gRPC server: its port, and its limits against hostile peers."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeAlias

import grpc
import grpc.aio

from gobs_core import UserError
from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import MAX_MESSAGE_BYTES
from gobs_server.ingest.complaints import Complaints
from gobs_server.ingest.doors import Door, Doorkeeper
from gobs_server.ingest.doors.keeper import MOST_WAITING
from gobs_server.ingest.penalties import Penalties
from gobs_server.ingest.tls import Tls
from gobs_server.metrics import Metrics
from gobs_server.serving import listen
from gobs_server.settings import ServerSettings

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_metadata_size", 16 << 10),
    ("grpc.max_concurrent_streams", 16),
    # No agent compresses what is compressed already, and a message that grows is a trap.
    ("grpc.compression_enabled_algorithms_bitset", 1),
    # A connection without a call is closed; so is one whose first call never gets as far as that.
    ("grpc.max_connection_idle_ms", 3_000),
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
        door: Door,
        settings: ServerSettings,
        metrics: Metrics,
        complaints: Complaints,
        penalties: Penalties | None = None,
    ) -> None:
        self.tls = Tls(settings)
        """What connections are encrypted with."""
        self._settings = settings
        os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # else any peer writes lines to our standard error
        self._server = grpc.aio.server(
            options=_OPTIONS,
            maximum_concurrent_rpcs=settings.max_agents + MOST_WAITING,
        )
        self._keeper = Doorkeeper(door, serve, metrics, complaints, penalties)
        stream: Handler = grpc.stream_stream_rpc_method_handler(
            self._keeper.serve, request_deserializer=None, response_serializer=pb.ServerMessage.SerializeToString
        )
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("gobs.v1.Gobs", {"AgentStream": stream}),)
        )

    @property
    def ended(self) -> int:
        """Calls that have ended since the start."""
        return self._keeper.ended

    async def start(self) -> int:
        """Listen, and return the port; raises UserError where that cannot be."""
        address = self._settings.grpc
        credentials = await self.tls.credentials()
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
