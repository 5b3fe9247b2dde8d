"""What a session needs of a connection, whoever makes it."""

from __future__ import annotations

from typing import Protocol

from gobs_proto.gobs_pb2 import ServerMessage


class StreamEnd(Exception):
    """The stream is over. `code` is the name of a gRPC status; OK where the peer closed it in order."""

    def __init__(self, code: str, details: str = "") -> None:
        super().__init__(f"{code}: {details}" if details else code)
        self.code = code
        self.details = details


class Stream(Protocol):
    """One call of AgentStream. Every method raises StreamEnd once it is over; `close` is safe at any time and twice."""

    async def write(self, message: bytes) -> None:
        """Hand over a serialised AgentMessage; returns when the peer's flow control has room for it."""
        ...

    async def read(self) -> ServerMessage:
        """The next message."""
        ...

    async def finish(self) -> None:
        """Say that nothing more will be written."""
        ...

    async def close(self) -> None:
        """Give it up."""
        ...
