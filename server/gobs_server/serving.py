"""The web server inside the process: its socket, and an end that is ours to call."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import resource
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import uvicorn

from gobs_core import UserError
from gobs_server.connection import Limits, connections

HANDSHAKE = 10.0
"""Seconds a client may take to agree on encryption."""
Application = Callable[[Any, Any, Any], Awaitable[None]]


class WebServer:
    """Serves one app. `start` or `serve` once, then `stop`.

    With `tls`, connections are encrypted. Of several that serve one app, one alone has `lifespan`.
    """

    def __init__(
        self,
        app: Application,
        address: str,
        *,
        drain: float,
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
        lifespan: bool = True,
    ) -> None:
        self._address = address
        config = uvicorn.Config(
            app,
            http=connections(limits or Limits()),
            ws="none",
            lifespan="on" if lifespan else "off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=max(1, round(drain)),
        )
        self._server = _Quiet(config)
        self._server.tls = tls
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> str:
        """Listen, and return the host and port as HOST:PORT; raises UserError where that cannot be."""
        listener = listen(self._address, "--http")
        await self.serve(listener)
        host, port = listener.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    async def serve(self, listener: socket.socket) -> None:
        """Serve what comes in there; returns once it does."""
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise UserError(f"the web server ended before it listened on {self._address}")
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """Finish what is being served, then end; safe unstarted."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task


class _Quiet(uvicorn.Server):
    """Leaves signals to whoever runs the process, and waits no longer for a handshake than for a request."""

    tls: ssl.SSLContext | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen on these sockets."""
        await super().startup(sockets=[])
        self.started = False
        loop = asyncio.get_running_loop()
        handshake = HANDSHAKE if self.tls is not None else None
        for listener in sockets or []:
            made = await loop.create_server(
                self._connection, sock=listener, backlog=512, ssl=self.tls, ssl_handshake_timeout=handshake
            )
            self.servers.append(made)
        self.started = True

    def _connection(self) -> asyncio.Protocol:
        kind = self.config.http_protocol_class
        made: asyncio.Protocol = kind(  # type: ignore[call-arg]  # uvicorn's own call
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made


def allow_files() -> None:
    """Let this process open as many files, which connections are too, as the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def split_address(address: str, flag: str) -> tuple[str, int]:
    """HOST and PORT of HOST:PORT, [HOST]:PORT; raises UserError naming the flag."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise UserError(f"{flag}: expected HOST:PORT, for example 127.0.0.1:8080, got {address!r}")
    return host.strip("[]") or "0.0.0.0", int(port)


def on_loopback(address: str) -> bool:
    """Whether nobody on another machine reaches HOST:PORT, without asking anybody; an address that is none is not."""
    host = address.rpartition(":")[0].strip("[]")
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def shown_url(address: str, *, encrypted: bool) -> str:
    """Return where a browser on this machine finds what listens on HOST:PORT."""
    host, port = split_address(address, "--http")
    shown = "127.0.0.1" if host == "0.0.0.0" else "[::1]" if host == "::" else f"[{host}]" if ":" in host else host
    return f"{'https' if encrypted else 'http'}://{shown}:{port}"


def listen(address: str, flag: str) -> socket.socket:
    """A listening socket; raises UserError naming the flag."""
    host, port = split_address(address, flag)
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, target = infos[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(target)
            listener.listen(512)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise UserError(
            f"{flag}: cannot listen on {address}: {error.strerror or error}; choose another with {flag} HOST:PORT, "
            "or end what listens there (`gobs stop`)"
        ) from None
    listener.setblocking(False)
    return listener
