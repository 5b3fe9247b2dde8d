"""How a sink of an agent fares."""

from __future__ import annotations

from gobs_core import Sink
from gobs_sinks.grpc import GrpcSink


def connected(sink: Sink) -> bool:
    """Whether a server has said welcome to it: what it is given before that is sent once more, as a segment."""
    assert isinstance(sink, GrpcSink)
    session = sink.link.session if sink.link else None
    return session is not None and session.welcome is not None
