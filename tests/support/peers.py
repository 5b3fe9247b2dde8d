"""Hostile peers: sockets that stall, trickle, lie, grow and say nothing, on both of a server's ports."""

from __future__ import annotations

import asyncio
import gzip
import random
import struct
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import h2.exceptions
from hyperframe.frame import HeadersFrame

from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import MAX_MESSAGE_BYTES

METHOD = "/gobs.v1.Gobs/AgentStream"
_HEADERS = (
    (":method", "POST"),
    (":scheme", "http"),
    (":path", METHOD),
    (":authority", "localhost"),
    ("te", "trailers"),
    ("content-type", "application/grpc"),
)
_PATIENCE = 2.0
"""Seconds a peer waits to be let send more."""


class Peer:
    """One socket that means no good. `held` until the server closes it, or the test does."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.opened = time.monotonic()
        self.sent = 0

    async def write(self, data: bytes) -> None:
        """Send, as far as the other side is still there."""
        with suppress(OSError):
            self.writer.write(data)
            await self.writer.drain()
            self.sent += len(data)

    async def closed(self, seconds: float = 60.0) -> float:
        """How long after its opening the server closed it; raises TimeoutError where it does not."""
        async with asyncio.timeout(seconds):
            with suppress(OSError):
                while await self.reader.read(65536):
                    pass
        return time.monotonic() - self.opened

    def drop(self) -> None:
        """Let go of it at once."""
        self.writer.transport.abort()


Attack = Callable[[int], Awaitable[Peer]]


async def silent(port: int) -> Peer:
    """Connect, and say nothing."""
    return Peer(*await asyncio.open_connection("127.0.0.1", port))


async def greeted(port: int) -> Peer:
    """Begin HTTP/2, and open no call."""
    peer, connection = await silent(port), _connection()
    await peer.write(connection.data_to_send())
    return peer


async def unfinished_headers(port: int) -> Peer:
    """Begin a call's headers, and never end them."""
    peer, connection = await greeted(port), _connection()
    connection.data_to_send()
    frame = HeadersFrame(1)
    frame.data = connection.encoder.encode(_HEADERS)
    await peer.write(frame.serialize())
    return peer


def stalled(*metadata: tuple[str, str]) -> Attack:
    """Announce a message as large as may be, and send all but its last byte, as far as that is let in."""

    async def attack(port: int) -> Peer:
        message = b"\0" + struct.pack(">I", MAX_MESSAGE_BYTES) + bytes(MAX_MESSAGE_BYTES - 1)
        return await _call(port, message, metadata)

    return attack


def saying(message: bytes, *metadata: tuple[str, str], compressed: bool = False) -> Attack:
    """Send one whole message, compressed or not."""

    async def attack(port: int) -> Peer:
        flag = b"\1" if compressed else b"\0"
        more = (("grpc-encoding", "gzip"),) if compressed else ()
        return await _call(port, flag + struct.pack(">I", len(message)) + message, (*metadata, *more))

    return attack


def bombing(size: int) -> Attack:
    """Send a message of so many zeros in a few bytes."""
    return lambda port: saying(_bomb(size), compressed=True)(port)


@cache
def _bomb(size: int) -> bytes:
    return gzip.compress(bytes(size))  # takes long: not before somebody sends it


def amplifying(size: int = MAX_MESSAGE_BYTES) -> bytes:
    """A message of empty messages: each is two bytes here, and an object there."""
    table = bytes([pb.Frame.TABLES_FIELD_NUMBER << 3 | 2, 0])
    body = table * ((size - 8) // 2)
    return bytes([pb.AgentMessage.FRAME_FIELD_NUMBER << 3 | 2]) + _varint(len(body)) + body


async def garbage(port: int, dice: random.Random) -> None:
    """Connect, send nonsense of one of several kinds, and leave."""
    peer, connection = await silent(port), _connection()
    begin = connection.data_to_send()
    kind = dice.randrange(4)
    if kind == 0:
        await peer.write(dice.randbytes(dice.randrange(1, 2000)))
    elif kind == 1:
        await peer.write(begin + dice.randbytes(dice.randrange(1, 2000)))
    elif kind == 2:
        await peer.write(begin[: dice.randrange(len(begin))])
    else:
        frames = b"".join(
            struct.pack(">I", dice.randrange(64))[1:] + dice.randbytes(6) + dice.randbytes(dice.randrange(64))
            for _ in range(20)
        )
        await peer.write(begin + frames)
    peer.drop()


async def slow_body(port: int) -> Peer:
    """Announce a body over HTTP, and send a byte of it now and then."""
    peer = await silent(port)
    await peer.write(b"POST /api/v1/nodes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n" + bytes(32_000))
    return peer


async def slow_head(port: int) -> Peer:
    """Begin a request's headers, and never end them."""
    peer = await silent(port)
    await peer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 16_000)
    return peer


async def many(attack: Attack, port: int, count: int) -> Sequence[Peer]:
    """So many of them, some at a time."""
    turn = asyncio.Semaphore(50)

    async def one() -> Peer:
        async with turn:
            return await attack(port)

    return await asyncio.gather(*(one() for _ in range(count)))


def drop(peers: Iterable[Peer]) -> None:
    """Let go of all."""
    for peer in peers:
        peer.drop()


def resident(pid: int) -> int:
    """Bytes a process has in memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(pid)


async def _call(port: int, data: bytes, metadata: Sequence[tuple[str, str]]) -> Peer:
    peer, connection = await silent(port), _connection()
    stream = connection.get_next_available_stream_id()
    connection.send_headers(stream, [*_HEADERS, *metadata])
    await peer.write(connection.data_to_send())
    at = 0
    with suppress(TimeoutError, h2.exceptions.ProtocolError):
        while at < len(data):
            room = min(connection.local_flow_control_window(stream), connection.max_outbound_frame_size)
            if room > 0:
                connection.send_data(stream, data[at : at + room])
                at += room
                await peer.write(connection.data_to_send())
            elif not await _listen(peer, connection, stream):
                break
    return peer


async def _listen(peer: Peer, connection: h2.connection.H2Connection, stream: int) -> bool:
    """Take what the server says; whether more may be sent."""
    said = b""
    async with asyncio.timeout(_PATIENCE):
        with suppress(ConnectionError):  # closed by the server while something was on its way to it
            said = await peer.reader.read(65536)
    over = (h2.events.StreamReset, h2.events.StreamEnded, h2.events.ConnectionTerminated)
    events = connection.receive_data(said) if said else []
    await peer.write(connection.data_to_send())
    return bool(said) and not any(isinstance(event, over) for event in events)


def _connection() -> h2.connection.H2Connection:
    made = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
    made.initiate_connection()
    return made


def _varint(number: int) -> bytes:
    out = bytearray()
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])
