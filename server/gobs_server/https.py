"""The certificate of the pages: read at start, and taken up again when its files change."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

from gobs_core import UserError
from gobs_core.logs import get_logger
from gobs_server.settings import ServerSettings

log = get_logger("gobs.http")
_LOOK_EVERY = 10.0


class Https:
    """What connections of browsers are encrypted with. Lives as long as the server."""

    def __init__(self, settings: ServerSettings) -> None:
        self._cert, self._key = settings.http_cert_file, settings.http_key_file
        self._seen = self._state()
        self.context = self._make() if self._cert else None
        """None: the pages are served in plain text."""

    async def keep(self, every: float = _LOOK_EVERY) -> None:
        """Use the certificate anew whenever its files change; until cancelled. Connections that are up go on."""
        while self.context is not None:
            await asyncio.sleep(every)
            if (state := self._state()) == self._seen:
                continue
            self._seen = state
            try:
                self._load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
                self._load(self.context)
            except UserError as error:
                log.warning("the changed certificate of the pages cannot be used", why=str(error))
            else:
                log.info("the changed certificate of the pages is used from now on")

    def _make(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        self._load(context)
        return context

    def _load(self, context: ssl.SSLContext) -> None:
        try:
            context.load_cert_chain(self._cert, self._key, password=_no_password)
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
            raise UserError(
                f"server.http_cert_file {self._cert} and server.http_key_file {self._key}: expected a certificate and "
                f"its key, in PEM: {reason}"
            ) from None

    def _state(self) -> list[tuple[int, int, int] | None]:
        return [_identity(Path(name)) for name in (self._cert, self._key) if name]


def _identity(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def _no_password() -> str:
    raise ValueError("the key is protected by a password, which nobody could type")
