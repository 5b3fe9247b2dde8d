"""A fake API server at work: in a thread with a loop of its own, over TLS, with the files a pod would find."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme
from aiohttp import web

from tests.support.kube.app import Api
from tests.support.kube.store import Store
from tests.support.ports import free_port
from tests.support.secrets import marked


class KubeServer:
    """One server. `account` is the folder that is a service account's in a pod."""

    def __init__(self, account: Path, authority: trustme.CA) -> None:
        self.api = Api()
        self.account = account
        self.authority = authority
        self.port = free_port()
        self._runner: web.AppRunner | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fake kube", daemon=True)
        self._thread.start()
        account.mkdir(parents=True, exist_ok=True)
        self.rotate("first")
        authority.cert_pem.write_to_path(str(account / "ca.crt"))

    @property
    def store(self) -> Store:
        """What it knows."""
        return self.api.store

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"https://127.0.0.1:{self.port}"

    def rotate(self, token: str, *, write: bool = True) -> None:
        """Accept another token from now on; `write` it where the agent looks, as the kubelet would."""
        token = marked(token)
        self.api.tokens = {token}
        if write:
            self.write(token)

    def write(self, token: str) -> None:
        """Write a token where the agent looks, as the kubelet does: nobody ever finds a part of it."""
        new = self.account / "token.new"
        new.write_text(f"{token}\n")
        new.rename(self.account / "token")

    def start(self, name: str = "127.0.0.1") -> None:
        """Listen, again at the same port, with a certificate for that name."""
        asyncio.run_coroutine_threadsafe(self._start(name), self._loop).result(20)

    def stop(self) -> None:
        """Listen no more, and break every connection."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(20)

    def close(self) -> None:
        """End it for good."""
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self, name: str) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(name).configure_cert(context)
        self._runner = web.AppRunner(self.api.app(), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=context, reuse_address=True)
        await site.start()

    async def _stop(self) -> None:
        if self._runner is not None:
            server = self._runner.server
            for connection in list(server.connections) if server is not None else ():
                if connection.transport is not None:
                    connection.transport.abort()
            await self._runner.cleanup()
            self._runner = None
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)


@contextmanager
def kube_server(folder: Path) -> Iterator[KubeServer]:
    """Run one for as long as the `with` lasts."""
    server = KubeServer(folder / "serviceaccount", trustme.CA())
    server.start()
    try:
        yield server
    finally:
        server.close()
