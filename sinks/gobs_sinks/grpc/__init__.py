"""The sink `grpc`: streams an agent's frames to a server."""

from gobs_core import Sink, hookimpl
from gobs_sinks.grpc.config import GrpcConfig
from gobs_sinks.grpc.sink import GrpcSink

__all__ = ["GrpcConfig", "GrpcSink", "gobs_register_sinks"]


@hookimpl
def gobs_register_sinks() -> list[type[Sink]]:
    """Announce the sink."""
    return [GrpcSink]
