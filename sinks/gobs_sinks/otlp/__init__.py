"""The sink `otlp`: what an agent reads, as OpenTelemetry metrics to any collector, over gRPC."""

from gobs_core import Sink, hookimpl
from gobs_sinks.otlp.settings import OtlpConfig
from gobs_sinks.otlp.sink import OtlpSink

__all__ = ["OtlpConfig", "OtlpSink"]


@hookimpl
def gobs_register_sinks() -> list[type[Sink]]:
    """Announce the sink."""
    return [OtlpSink]
