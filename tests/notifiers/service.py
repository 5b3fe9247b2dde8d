"""A service over a real socket that answers as it is told, and remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

from gobs_core import Channel

INSIDE = Channel("shop", "1.0", "https://gobs.example", inside=("127.0.0.0/8", "::1"))
"""A channel that may call the service, which is on this machine."""
Made = Callable[["Asked"], web.StreamResponse]


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body."""
        return msgspec.json.decode(self.body)


@dataclass
class Script:
    """What is answered next; when nothing is left, `otherwise`."""

    otherwise: Made
    next: deque[Made] = field(default_factory=deque)
    asked: list[Asked] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        asked = Asked(request.method, request.path, dict(request.query), dict(request.headers), await request.read())
        self.asked.append(asked)
        try:
            return (self.next.popleft() if self.next else self.otherwise)(asked)
        except ConnectionResetError:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        except Slow as slow:
            return await _slowly(request, begun=slow.begun)


class Slow(Exception):
    """Raised instead of an answer: nobody waits for its end. `begun`: it begins, and comes a byte at a time."""

    def __init__(self, *, begun: bool) -> None:
        self.begun = begun


async def _slowly(request: web.Request, *, begun: bool) -> web.StreamResponse:
    """Answer until whoever asked has gone."""
    response = web.StreamResponse()
    if begun:
        await response.prepare(request)
    while request.transport is not None and not request.transport.is_closing():
        if begun:
            with suppress(ConnectionError):
                await response.write(b" ")
        await asyncio.sleep(0.01)
    return response


@asynccontextmanager
async def service(script: Script) -> AsyncIterator[str]:
    """Serve a script; yields its address."""
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", script.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


def reset(_: Asked) -> web.StreamResponse:
    """Answer nothing, and break the connection."""
    raise ConnectionResetError


def never(_: Asked) -> web.StreamResponse:
    """Answer nothing for as long as anybody waits."""
    raise Slow(begun=False)


def trickle(_: Asked) -> web.StreamResponse:
    """Begin an answer that does not end."""
    raise Slow(begun=True)


def answer(status: int, body: object = None, **headers: str) -> Made:
    """Answer with JSON, or with text where `body` is one."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def make(_: Asked) -> web.StreamResponse:
        if isinstance(body, str):
            return web.Response(status=status, text=body, content_type="text/html", headers=named)
        content = b"" if body is None else msgspec.json.encode(body)
        return web.Response(status=status, body=content, content_type="application/json", headers=named)

    return make
