"""One request after the other to the receiver: what it takes, what it may take later, and what it never will."""

from __future__ import annotations

import asyncio
import base64
import random
import ssl
from collections import deque
from typing import Any

import aiohttp

from gobs_core.text import one_line
from gobs_sinks.remote_write.settings import RemoteWriteConfig

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between two attempts at one request, each pause twice the one before at most."""
_READ = 500
_TOO_MANY = 429


class Later(Exception):
    """It was not taken now; `after` is how many seconds the receiver asked for."""

    def __init__(self, why: str, after: float | None = None) -> None:
        super().__init__(why)
        self.after = after


class Refused(Exception):
    """It will never be taken."""


class Post:
    """Sends what is put in, in order. Lives as long as its sink: `open`, `put` any number of times, `close`."""

    def __init__(self, config: RemoteWriteConfig, version: str, *, first_pause: float = FIRST_PAUSE) -> None:
        self._config = config
        self._headers = {
            "Content-Encoding": "snappy",
            "Content-Type": "application/x-protobuf",
            "User-Agent": f"gobservability/{version}",
            "X-Prometheus-Remote-Write-Version": "0.1.0",
        }
        if config.username:
            self._headers["Authorization"] = _basic(config.username, str(config.token or ""))
        elif config.token:
            self._headers["Authorization"] = f"Bearer {config.token}"
        self._first_pause = first_pause
        self._waiting: deque[bytes] = deque()
        self._filled, self._idle = asyncio.Event(), asyncio.Event()
        self._idle.set()
        self._session: aiohttp.ClientSession | None = None
        self._task: asyncio.Task[None] | None = None
        self.dropped = 0
        """Requests given up: refused, or the oldest of too many."""
        self.fault = ""
        """Why the last attempt failed; empty: it did not."""

    async def open(self) -> None:
        """Begin to send; raises OSError where the authorities cannot be read."""
        tls: Any = True
        if self._config.url.startswith("https"):
            tls = await asyncio.to_thread(ssl.create_default_context, cafile=self._config.ca)
        timeout = aiohttp.ClientTimeout(total=self._config.timeout)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=tls, limit=1), timeout=timeout, trust_env=False
        )
        self._task = asyncio.create_task(self._run(), name="remote write")

    def put(self, request: bytes) -> None:
        """Let a request wait its turn."""
        if len(self._waiting) >= self._config.pending:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(request)
        self._idle.clear()
        self._filled.set()

    async def flushed(self) -> None:
        """Return once nothing waits."""
        await self._idle.wait()

    async def close(self) -> None:
        """Send no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _run(self) -> None:
        while True:
            while not self._waiting:
                self._idle.set()
                self._filled.clear()
                await self._filled.wait()
            await self._deliver(self._waiting.popleft())

    async def _deliver(self, request: bytes) -> None:
        pause = self._first_pause
        while True:
            try:
                await self._attempt(request)
            except Refused as why:
                self.dropped += 1
                self.fault = str(why)
                return
            except Later as why:
                self.fault = str(why)
                wait = random.uniform(pause / 2, pause)  # noqa: S311  no secret: it keeps many from coming at once
                await asyncio.sleep(wait if why.after is None else min(max(why.after, 0.0), LONGEST_PAUSE))
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                self.fault = ""
                return

    async def _attempt(self, request: bytes) -> None:
        assert self._session is not None
        try:
            async with self._session.post(
                self._config.url, data=request, headers=self._headers, allow_redirects=False
            ) as answer:
                said = one_line((await answer.content.read(_READ)).decode("utf-8", "replace"))
                status, after = answer.status, answer.headers.get("Retry-After", "")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Later(one_line(f"{type(error).__name__}: {error}")) from None
        if 200 <= status < 300:
            return
        why = f"the receiver answered {status}: {said}" if said else f"the receiver answered {status}"
        if status >= 500 or status == _TOO_MANY:
            raise Later(why, float(after) if after.isascii() and after.isdigit() and len(after) < 6 else None)
        raise Refused(why)


def _basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"
