"""The sink `remote_write`: what an agent reads, pushed to whatever takes Prometheus's remote-write protocol."""

from gobs_core import Sink, hookimpl
from gobs_sinks.remote_write.settings import RemoteWriteConfig
from gobs_sinks.remote_write.sink import RemoteWriteSink

__all__ = ["RemoteWriteConfig", "RemoteWriteSink"]


@hookimpl
def gobs_register_sinks() -> list[type[Sink]]:
    """Announce the sink."""
    return [RemoteWriteSink]
