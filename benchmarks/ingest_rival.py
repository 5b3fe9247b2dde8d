"""What ingest is measured beside: nested messages through the same gRPC, and gRPC with nothing behind it."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from gobs_proto import gobs_pb2 as pb

_INT64, _STRING, _MESSAGE, _ONE, _MANY = 3, 9, 11, 1, 3


def _messages(columns: int) -> tuple[Any, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="rival.proto", package="rival", syntax="proto3")
    process = file.message_type.add(name="Process")
    process.field.add(name="name", number=1, type=_STRING, label=_ONE)
    for i in range(columns):
        process.field.add(name=f"c{i}", number=2 + i, type=_INT64, label=_ONE)
    frame = file.message_type.add(name="Frame")
    frame.field.add(name="node", number=1, type=_STRING, label=_ONE)
    frame.field.add(name="processes", number=2, type=_MESSAGE, label=_MANY, type_name=".rival.Process")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    made = [pool.FindMessageTypeByName(f"rival.{name}") for name in ("Process", "Frame")]
    return message_factory.GetMessageClass(made[0]), message_factory.GetMessageClass(made[1])


def nested_frame(dice: random.Random, rows: int, columns: int) -> bytes:
    """Return one frame, encoded."""
    process, frame = _messages(columns)
    made = frame(node="node")
    for row in range(rows):
        values = {f"c{i}": dice.randrange(1 << dice.randrange(4, 34)) for i in range(columns)}
        made.processes.append(process(name=f"pod-{row // 3}/process-{row}", **values))
    return made.SerializeToString()  # type: ignore[no-any-return]


async def serve(columns: int) -> None:
    """Serve on a free port, which is printed: every frame becomes a dictionary of tuples, or nothing for no columns."""
    _, frame = _messages(columns)
    names = [f"c{i}" for i in range(columns)]
    taken = 0

    async def stream(messages: AsyncIterator[bytes], _context: object) -> AsyncIterator[pb.ServerMessage]:
        nonlocal taken
        first = True
        async for raw in messages:
            if first:
                first = False
                yield pb.ServerMessage(welcome=pb.Welcome(protocol=1))
                continue
            if not columns:
                taken += 1
                continue
            made = frame.FromString(raw)
            store = {p.name: tuple(getattr(p, name) for name in names) for p in made.processes}
            taken += len(store) > 0
            if taken % 10 == 0:
                yield pb.ServerMessage(ack=pb.Ack(sequence=taken))

    server = grpc.aio.server(options=(("grpc.http2.bdp_probe", 0), ("grpc.so_reuseport", 0)))
    handler: grpc.RpcMethodHandler[Any, Any] = grpc.stream_stream_rpc_method_handler(
        stream, request_deserializer=None, response_serializer=pb.ServerMessage.SerializeToString
    )
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("gobs.v1.Gobs", {"AgentStream": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    while True:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        print(taken, flush=True)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
