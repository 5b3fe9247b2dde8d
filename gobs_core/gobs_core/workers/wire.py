"""What a program and its worker say to each other: frames of bounded size, plain values in MessagePack, never code.

The program asks, the worker answers, one at a time: `Ask`, then any number of parts, then one last `Answer` with the
same id. What a worker says is a stranger's: each frame is checked for its size before it is read, and decoded into
declared types. The other direction needs no limit.
"""

from __future__ import annotations

import socket
import struct
from typing import Any, Literal

import msgspec

MAX_FRAME = 1 << 20
"""Bytes a worker may say in one frame."""
MAX_ANSWER = 32 << 20
"""Bytes it may say in one answer, all parts together."""
HEAD = struct.Struct("!I")

Kind = Literal["part", "done", "failed"]


class Ask(msgspec.Struct, frozen=True, array_like=True):
    """What is wanted of a worker."""

    id: int
    method: str
    body: msgspec.Raw


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """What it says to that."""

    id: int
    kind: Kind
    body: msgspec.Raw


class Failure(msgspec.Struct, frozen=True, array_like=True):
    """What the plugin raised."""

    name: str
    """The exception's: `ValueError`, or one of the contract's own, `Missing`, `TryLater`."""
    text: str
    trace: str = ""
    after: float | None = None
    """Of TryLater."""
    everyone: bool = False
    """Of TryLater."""
    unknown: dict[str, str] = {}
    """Of NoData: why columns are not known."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker sets for itself before it imports a line of its plugin."""

    memory: int
    """Bytes."""
    files: int
    """Descriptors."""
    privileges: bool = False
    """Whether programs that it starts may gain what they are installed with, as sendmail does."""


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """The first that a worker is asked: to hold this plugin."""

    path: list[str]
    """Where Python looks for modules."""
    limits: Limits
    kind: str
    name: str
    entry_point: str
    value: str
    """What the entry point stands for, `module` or `module:attribute`."""
    config: msgspec.Raw
    about: dict[str, Any] = {}
    """What else this kind of plugin is made with."""


def framed(message: Ask | Answer) -> bytes:
    """A message as it travels."""
    raw = msgspec.msgpack.encode(message)
    return HEAD.pack(len(raw)) + raw


def pack(value: object) -> msgspec.Raw:
    """Plain values, structs and secrets as the body of a message."""
    return msgspec.Raw(msgspec.msgpack.encode(value, enc_hook=str))


class Line:
    """A worker's end of the socket: blocking, one frame after the other."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._asks = msgspec.msgpack.Decoder(Ask)

    def fileno(self) -> int:
        """The descriptor, for who waits for several."""
        return self._end.fileno()

    def read(self) -> Ask | None:
        """The next that is asked; None once nobody asks any more."""
        head = self._exactly(HEAD.size)
        body = self._exactly(HEAD.unpack(head)[0]) if head else None
        return None if body is None else self._asks.decode(body)

    def say(self, ask: int, kind: Kind, body: object) -> None:
        """Answer."""
        self._end.sendall(framed(Answer(ask, kind, body if isinstance(body, msgspec.Raw) else pack(body))))

    def _exactly(self, size: int) -> bytes | None:
        parts = bytearray()
        while len(parts) < size:
            found = self._end.recv(min(size - len(parts), MAX_FRAME))
            if not found:
                return None
            parts += found
        return bytes(parts)
