"""Where people come in: the port of the pages and REST, the socket in the data folder, and who is let in by either."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from gobs_core.logs import get_logger
from gobs_server.access import Access
from gobs_server.http import create_app
from gobs_server.https import Https
from gobs_server.local_socket import NAME, ForLocals, listen_locally
from gobs_server.services import Services
from gobs_server.serving import WebServer, shown_url
from gobs_server.settings import ServerSettings

log = get_logger("gobs.access")
_FLUSH = 3.0


class Front:
    """Lives as long as the server: `start` once, `stop` once; its `parts` work beside it.

    `folder` is where the socket for this machine's own commands is made; None: there is none.
    """

    def __init__(self, settings: ServerSettings, access: Access, folder: Path | None) -> None:
        self.http = ""
        """HOST:PORT of pages and REST once started."""
        self._settings = settings
        self._access = access
        self._folder = folder
        self._https = Https(settings)
        self._servers: list[WebServer] = []

    async def start(self, services: Services) -> None:
        """Listen; raises UserError where that cannot be."""
        app, drain = create_app(services), self._settings.drain
        pages = WebServer(app, self._settings.http, drain=drain, tls=self._https.context)
        self._servers.append(pages)
        self.http = await pages.start()
        if self._folder is not None and (listener := listen_locally(self._folder)) is not None:
            own = WebServer(ForLocals(app), NAME, drain=drain, lifespan=False)
            self._servers.insert(0, own)
            await own.serve(listener)

    async def stop(self) -> None:
        """Finish what is being answered, then end; safe unstarted."""
        for server in self._servers:
            await server.stop()
        if self._folder is not None:
            with suppress(OSError):
                (self._folder / NAME).unlink()

    async def finish(self) -> None:
        """Write down what was seen of people; before the database is closed."""
        with suppress(Exception):  # whatever a driver raises: nothing more can be done about it
            async with asyncio.timeout(_FLUSH):
                await self._access.write()
        await self._access.close()

    def parts(self) -> Iterable[tuple[str, Callable[[], Coroutine[Any, Any, None]]]]:
        """What goes on beside it: name -> work."""
        return (("people", self._see_to_people), ("certificate of the pages", self._https.keep))

    async def _see_to_people(self) -> None:
        if self._access.asks and not self._https.context and not self._settings.proxy.networks:
            log.warning(
                "people's passwords travel in the clear, unless a proxy before this server speaks TLS",
                mend="set server.http_cert_file and server.http_key_file, or list the proxy in server.proxy.networks",
            )
        await self._access.run(self._show_link)

    def _show_link(self, code: str) -> None:
        url = self._settings.url.rstrip("/") or shown_url(self.http, encrypted=self._https.context is not None)
        log.warning("nobody can log in yet: open this link to make the first administrator", link=f"{url}/setup/{code}")
