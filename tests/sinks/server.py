"""A small server that does what a script says and remembers what it was sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio

from gobs_core import Frame, Table
from gobs_proto import gobs_pb2 as pb
from gobs_proto import gobs_pb2_grpc
from tests.sinks.decoder import Decoder, unpack
from tests.sinks.histories import expected


@dataclass
class Memory:
    """What the server knows of one run, over all its sessions."""

    tables: tuple[Table, ...]
    states: dict[int, Any] = field(default_factory=dict)
    """Sequence -> every table as it was."""
    live: list[int] = field(default_factory=list)
    segments: list[tuple[int, int]] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    """`live N` and `past FIRST-LAST` as they came."""
    _parts: list[bytes] = field(default_factory=list)

    def ranges(self) -> list[tuple[int, int]]:
        """The sequences there are, as ranges."""
        found: list[tuple[int, int]] = []
        for sequence in sorted(self.states):
            if found and found[-1][1] == sequence - 1:
                found[-1] = (found[-1][0], sequence)
            else:
                found.append((sequence, sequence))
        return found

    def take_frame(self, decoder: Decoder, frame: pb.Frame) -> bool:
        """Take a part of a live frame; whether it was the last."""
        decoder.take(frame)
        if frame.more:
            return False
        self.order.append(f"live {frame.sequence}")
        self.live.append(frame.sequence)
        self.states[frame.sequence] = decoder.shown()
        return True

    def take_part(self, part: pb.SegmentPart) -> None:
        """Take a part of a segment."""
        if part.part == 0:
            self._parts = []
        assert part.part == len(self._parts)
        self._parts.append(part.data)
        if len(self._parts) == part.parts:
            self._take_segment(part.first_sequence, part.last_sequence, b"".join(self._parts))

    def _take_segment(self, first: int, last: int, data: bytes) -> None:
        self.order.append(f"past {first}-{last}")
        self.segments.append((first, last))
        decoder = Decoder(self.tables)
        for frame in unpack(data):
            decoder.take(frame)
            if not frame.more:
                shown = decoder.shown()
                assert self.states.setdefault(frame.sequence, shown) == shown
        assert (decoder.sequences[0], decoder.sequences[-1]) == (first, last)


class Peer:
    """One session, as the server sees it."""

    def __init__(self, context: Any, memory: Memory) -> None:
        self.context = context
        self.memory = memory
        self.metadata = dict(context.invocation_metadata())
        self.decoder = Decoder(memory.tables)
        self.messages: list[pb.AgentMessage] = []
        self.hello = pb.Hello()

    async def next(self) -> pb.AgentMessage | None:
        """The next message; None at the end."""
        message = await self.context.read()
        if message is grpc.aio.EOF:
            return None
        found: pb.AgentMessage = message
        self.messages.append(found)
        return found

    async def greet(self, **welcome: Any) -> None:
        """Read Hello, and say Welcome with what the memory has."""
        message = await self.next()
        assert message is not None
        assert message.WhichOneof("kind") == "hello"
        self.hello = message.hello
        have = [pb.Range(first=first, last=last) for first, last in self.memory.ranges()]
        given = {"protocol": 1, "session": "s", "server_version": "9", "have": have, "history_seconds": 3600, **welcome}
        await self.send(welcome=pb.Welcome(**given))

    async def send(self, **kind: Any) -> None:
        """Send one message."""
        await self.context.write(pb.ServerMessage(**kind))

    async def take(self, message: pb.AgentMessage) -> None:
        """Take a frame or a segment, and acknowledge frames."""
        match message.WhichOneof("kind"):
            case "frame":
                if self.memory.take_frame(self.decoder, message.frame):
                    await self.send(ack=pb.Ack(sequence=message.frame.sequence))
            case "segment":
                self.memory.take_part(message.segment)

    async def serve(self, messages: int | None = None) -> None:
        """Take so many messages, or all until the agent ends the stream."""
        while messages is None or messages > 0:
            message = await self.next()
            if message is None:
                return
            await self.take(message)
            messages = None if messages is None else messages - 1


Script = Callable[[Peer], Awaitable[None]]


async def accept(peer: Peer) -> None:
    """Do what a good server does."""
    await peer.greet()
    await peer.serve()


class ScriptedServer(gobs_pb2_grpc.GobsServicer):
    """Follows one script for each session, the last one for all further."""

    def __init__(self, memory: Memory, scripts: Sequence[Script]) -> None:
        self.memory = memory
        self.scripts = list(scripts)
        self.peers: list[Peer] = []
        self.port = 0
        self.failures: list[BaseException] = []

    async def AgentStream(self, request_iterator: object, context: Any) -> None:  # type: ignore[override]
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        peer = Peer(context, self.memory)
        self.peers.append(peer)
        try:
            await script(peer)
        except (AssertionError, KeyError) as error:
            self.failures.append(error)
            raise

    async def until(self, condition: Callable[[], bool], timeout: float = 20) -> None:
        """Wait until something is so; raises what failed in the server meanwhile."""
        await until(lambda: bool(self.failures) or condition(), timeout)
        if self.failures:
            raise self.failures[0]


async def until(condition: Callable[[], bool], timeout: float = 20) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(timeout):
        while not condition():  # noqa: ASYNC110  anything may be waited for, most of it without an event
            await asyncio.sleep(0.005)


@asynccontextmanager
async def serving(
    memory: Memory, *scripts: Script, port: int = 0, credentials: grpc.ServerCredentials | None = None
) -> AsyncIterator[ScriptedServer]:
    """A scripted server on loopback; without scripts a good one."""
    scripted = ScriptedServer(memory, scripts or (accept,))
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0), ("grpc.http2.bdp_probe", 0)])
    gobs_pb2_grpc.add_GobsServicer_to_server(scripted, server)
    address = f"127.0.0.1:{port}"
    if credentials is None:
        scripted.port = server.add_insecure_port(address)
    else:
        scripted.port = server.add_secure_port(address, credentials)
    await server.start()
    try:
        yield scripted
    finally:
        await server.stop(0)
    if scripted.failures:
        raise scripted.failures[0]


def truth(frames: Sequence[Frame]) -> dict[int, Any]:
    """Sequence -> every table as it was, of frames in order."""
    state: dict[str, Any] = {}
    found = {}
    for frame in frames:
        state |= {reading.table.name: expected(reading.table, reading.rows) for reading in frame.readings}
        found[frame.sequence] = dict(state)
    return found
