"""One connection of the web server: how long a request may take to come, and how much of it there may be."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar, NamedTuple

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Limits(NamedTuple):
    """What a connection holds to. The pages and REST are only ever asked with GET: a body is never needed."""

    head: int = 64 << 10
    """Bytes of a request's line and headers."""
    whole: int = 256 << 10
    """Bytes of a request."""
    seconds: float = 8.0
    """From a connection, or the first byte of a later request, to that request's end."""
    connections: int = 1024
    """Open at once; for a further one the one that has been without a request for longest is closed."""


class Connection(HttpToolsProtocol):
    """One connection. The parser alone would keep unfinished headers of any size for ever."""

    limits = Limits()
    idle: ClassVar[dict[Connection, None]] = {}
    """Connections without a request that is being answered, the one that has been so for longest first."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._timer: asyncio.TimerHandle | None = None
        self._came = 0
        self._in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, with so long until there is a request."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections and not self._make_room():
            transport.abort()
            return
        self._timer = self.loop.call_later(self.limits.seconds, transport.abort)
        self.idle[self] = None

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_timer()
        self.idle.pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it is too much."""
        if self._timer is None:
            self._timer = self.loop.call_later(self.limits.seconds, self.transport.abort)
        self._came += len(data)
        super().data_received(data)
        if self._came > (self.limits.head if self._in_head else self.limits.whole):
            self._refuse()

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > self.limits.head:
            self._refuse()
            return
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is there as a whole."""
        self._stop_timer()
        self.idle.pop(self, None)
        self._came, self._in_head = 0, True
        if self.cycle is not None:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Be without a request again; what is still to come of one that is answered is not waited for."""
        super().on_response_complete()
        if self.transport.is_closing() or not self.cycle.response_complete:
            return
        if self.cycle.more_body:
            self.transport.close()
        else:
            self.idle[self] = None

    def _make_room(self) -> bool:
        """Close the connection that has been without a request for longest; whether there was one."""
        oldest = next(iter(self.idle), None)
        if oldest is not None:
            del self.idle[oldest]
            oldest.transport.abort()
        return oldest is not None

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(
                b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                if self._in_head
                else b""
            )
            self.transport.close()


def connections(limits: Limits) -> type[Connection]:
    """Return the protocol that holds to these limits."""
    return type("Connection", (Connection,), {"limits": limits, "idle": {}})
