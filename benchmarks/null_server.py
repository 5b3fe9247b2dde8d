"""A gRPC server that takes frames and does nothing with them but acknowledge: what an agent alone costs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

import grpc

from gobs_proto import gobs_pb2 as pb
from gobs_proto import gobs_pb2_grpc as pb_grpc
from gobs_proto.limits import MAX_MESSAGE_BYTES, PROTOCOL
from gobs_server.ingest.acks import ACK_SECONDS


class NullServer(pb_grpc.GobsServicer):
    """Tells of the whole frames it got as often as our server does."""

    def __init__(self, ack_seconds: float = ACK_SECONDS) -> None:
        self._ack_seconds = ack_seconds
        self.frames: SimpleQueue[int] = SimpleQueue()
        """Bytes of each frame, in order."""
        self.address = ""

    def AgentStream(  # type: ignore[override]  # the types of the generated code know asyncio alone
        self, request_iterator: Iterator[pb.AgentMessage], context: Any
    ) -> Iterator[pb.ServerMessage]:
        """Welcome an agent that remembers nothing, acknowledge what it sends."""
        size, due = 0, 0.0
        for message in request_iterator:
            if message.HasField("hello"):
                welcome = pb.Welcome(protocol=PROTOCOL, session="null", max_message_bytes=MAX_MESSAGE_BYTES)
                yield pb.ServerMessage(welcome=welcome)
            elif message.HasField("frame"):
                size += message.ByteSize()
                if not message.frame.more:
                    self.frames.put(size)
                    size = 0
                    if (now := time.monotonic()) >= due:
                        due = now + self._ack_seconds
                        yield pb.ServerMessage(ack=pb.Ack(sequence=message.frame.sequence))


@contextmanager
def null_server() -> Iterator[NullServer]:
    """Serve on a free port of loopback for as long as the `with` lasts."""
    servicer = NullServer()
    server = grpc.server(ThreadPoolExecutor(max_workers=4), options=[("grpc.http2.bdp_probe", 0)])
    pb_grpc.add_GobsServicer_to_server(servicer, server)  # type: ignore[arg-type]  # as above
    servicer.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield servicer
    finally:
        server.stop(grace=None).wait()
