"""As much of HTTP as a scrape needs: one GET a connection, within limits on time, size and number."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from gobs_core.exposition import Form, form_of
from gobs_core.exposition.text import CONTENT_TYPES
from gobs_sinks.prometheus.settings import PrometheusConfig

LARGEST = 8192
"""Bytes of a request's head."""
PATIENCE = 5.0
"""Seconds a request may take to arrive, and an answer to be read."""
AT_ONCE = 16
"""Connections served beside each other; others are closed."""
_PAGE = b"<!doctype html><title>Gobservability agent</title><a href=/metrics>/metrics</a>\n"
Answer = Callable[[Form], Awaitable[bytes]]


class Refused(Exception):
    """A request that is answered with a status alone."""

    def __init__(self, status: str, *more: str) -> None:
        super().__init__(status)
        self.lines = (status, *more)


class HttpServer:
    """Listens for scrapes between `open` and `close`."""

    def __init__(self, config: PrometheusConfig, answer: Answer, patience: float | None = None) -> None:
        self._config = config
        self._answer = answer
        self._patience = PATIENCE if patience is None else patience
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def open(self) -> None:
        """Begin to listen."""
        host, port = self._config.address
        tls = None
        if self._config.certificate is not None and self._config.key is not None:
            import ssl

            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            tls.load_cert_chain(self._config.certificate, self._config.key)
        self._server = await asyncio.start_server(self._serve, host, port, ssl=tls, limit=LARGEST, backlog=AT_ONCE)

    async def close(self) -> None:
        """Listen no more, and end what is being answered."""
        if self._server is None:
            return
        self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._open) < AT_ONCE:
            self._open.add(task)
            try:
                with suppress(TimeoutError, ConnectionError):
                    await self._exchange(reader, writer)
            finally:
                self._open.discard(task)
        writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = b""
        try:
            async with asyncio.timeout(self._patience):
                method, path, headers = await _read(reader)
            type_, body = await self._page(method, path, headers)
            lines: tuple[str, ...] = ("200 OK", f"Content-Type: {type_}")
        except Refused as refused:
            method, lines = "GET", refused.lines
        head = "\r\n".join([f"HTTP/1.1 {lines[0]}", *lines[1:], f"Content-Length: {len(body)}", "Connection: close"])
        writer.write(head.encode() + b"\r\n\r\n" + (b"" if method == "HEAD" else body))
        async with asyncio.timeout(self._patience):
            await writer.drain()
            writer.close()
            await writer.wait_closed()

    async def _page(self, method: str, path: str, headers: Mapping[str, str]) -> tuple[str, bytes]:
        if method not in ("GET", "HEAD"):
            raise Refused("405 Method Not Allowed", "Allow: GET, HEAD")
        token = self._config.token
        shown = headers.get("authorization", "").encode()
        if token and not hmac.compare_digest(shown, f"Bearer {token}".encode()):
            raise Refused("401 Unauthorized", 'WWW-Authenticate: Bearer realm="metrics"')
        path = path.partition("?")[0]
        if path == "/":
            return "text/html; charset=utf-8", _PAGE
        if path != "/metrics":
            raise Refused("404 Not Found")
        form = form_of(headers.get("accept", ""))
        return CONTENT_TYPES[form], await self._answer(form)


async def _read(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]]:
    """Method, path and headers, by their lower-case names."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        raise ConnectionError from None
    except asyncio.LimitOverrunError:
        raise Refused("431 Request Header Fields Too Large") from None
    first, *rest = head.rstrip().split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise Refused("400 Bad Request")
    pairs = (line.partition(":") for line in rest)
    return words[0], words[1], {name.strip().lower(): value.strip() for name, _, value in pairs}
