"""Encryption of agents' connections: whose certificates are used, and how they are taken up again when they change."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import grpc

from gobs_core import UserError
from gobs_core.logs import get_logger
from gobs_server.certs.names import is_any, own_names
from gobs_server.serving import on_loopback, split_address
from gobs_server.settings import ServerSettings

log = get_logger("gobs.certificates")
PLAIN = "their connections are not encrypted (server.insecure): whoever is on the way reads and changes everything"
_KEEP_EVERY = 60.0
_SOON = 14
"""Days before its end at which a certificate is spoken of."""


class _Files(NamedTuple):
    cert: Path
    key: Path
    client_ca: Path | None


class Tls:
    """What agents' connections are encrypted with. Lives as long as the server.

    Without a certificate of the user's, a server that listens to other machines makes its own, in the data folder, and
    renews them. Files are read again when they change, at the next connection; streams that are up go on.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self.look_every = 1.0
        """Seconds between two looks at the files, at least; a look comes with a connection."""
        self._settings = settings
        self._seen: object = None
        self._looked = 0.0
        self._fault = ""
        self._ends: datetime | None = None
        self.own = not settings.cert_file and not on_loopback(settings.grpc) and not settings.insecure
        """Whether the certificates are the server's own making."""
        self._files = self._choose()

    @property
    def encrypted(self) -> bool:
        """Whether connections are."""
        return self._files is not None

    @property
    def authority(self) -> Path | None:
        """The file an agent needs to believe the server, where the server knows; None for plain text."""
        return self._folder() / "ca.crt" if self.own else self._files.cert if self._files is not None else None

    def trouble(self) -> str:
        """What a person should know of it; empty for nothing."""
        if self._files is None:
            return "" if on_loopback(self._settings.grpc) else PLAIN
        if self._fault:
            return f"the changed certificates cannot be used, those from before are: {self._fault}"
        left = (self._ends - datetime.now(UTC)).days if self._ends is not None else _SOON
        return "" if left >= _SOON else f"the server's certificate ends in {max(left, 0)} days: {self._files.cert}"

    async def credentials(self) -> grpc.ServerCredentials | None:
        """What the port is opened with; None: plain text. Raises UserError where that cannot be."""
        self._check_together()
        if self._files is None:
            return None
        if self.own:
            await asyncio.to_thread(self._keep)
        first = self._read(self._files)
        self._seen = _state(self._files)
        mutual = self._files.client_ca is not None
        changed: Any = self._changed  # its stubs know no None, which means that nothing has changed
        return grpc.dynamic_ssl_server_credentials(first, changed, require_client_authentication=mutual)

    async def keep(self) -> None:
        """Renew the server's own certificate in time; until cancelled."""
        while self.own:
            await asyncio.sleep(_KEEP_EVERY)
            try:
                if await asyncio.to_thread(self._keep):
                    log.info("the server's certificate was renewed")
            except UserError as error:
                log.warning("the server's certificate cannot be renewed", why=str(error))

    def _check_together(self) -> None:
        given = self._settings
        if given.client_ca_file and not given.cert_file and not self.own:
            raise UserError("server.client_ca_file needs server.cert_file and server.key_file")
        if bool(given.cert_file) != bool(given.key_file):
            raise UserError("server.cert_file and server.key_file go together; only one of them is set")

    def _choose(self) -> _Files | None:
        given = self._settings
        client_ca = Path(given.client_ca_file) if given.client_ca_file else None
        if given.cert_file:
            return _Files(Path(given.cert_file), Path(given.key_file), client_ca)
        folder = self._folder()
        return _Files(folder / "server.crt", folder / "server.key", client_ca) if self.own else None

    def _folder(self) -> Path:
        return self._settings.folder() / "certs"

    def _keep(self) -> bool:
        from gobs_server.certs.folder import CertificateFolder

        host, _ = split_address(self._settings.grpc, "--grpc")
        said = list(self._settings.cert_names)
        needed = said if is_any(host) else [host, *said]
        return CertificateFolder(self._folder()).keep_server(lambda: own_names_and(host, said), needed)

    def _changed(self) -> grpc.ServerCertificateConfiguration | None:
        """Called by gRPC, in a thread of its own, at every handshake; what has changed, or None."""
        assert self._files is not None
        now = time.monotonic()
        if now - self._looked < self.look_every:
            return None
        self._looked = now
        state = _state(self._files)
        if state == self._seen:
            return None
        self._seen = state
        try:
            found = self._read(self._files)
        except UserError as error:
            self._fault = str(error)
            log.warning("the changed certificates cannot be used, those from before are", why=self._fault)
            return None
        self._fault = ""
        log.info("the changed certificates are used from now on")
        return found

    def _read(self, files: _Files) -> grpc.ServerCertificateConfiguration:
        own = self.own
        pair = (
            _read("the key" if own else "server.key_file", files.key),
            _read("the certificate" if own else "server.cert_file", files.cert),
        )
        authority = _read("server.client_ca_file", files.client_ca) if files.client_ca is not None else None
        _check(files)
        self._ends = _end(pair[1], str(files.cert))
        return grpc.ssl_server_certificate_configuration([pair], authority)


def own_names_and(host: str, more: Sequence[str]) -> list[str]:
    """The names of a server's own certificate: what users said, and what its machine tells."""
    return list(dict.fromkeys([*more, *own_names(host)]))


def _state(files: _Files) -> object:
    """Another value whenever one of the files is another."""
    found = []
    for path in files:
        try:
            stat = path.stat() if path is not None else None
        except OSError:
            stat = None
        found.append((stat.st_mtime_ns, stat.st_ino, stat.st_size) if stat is not None else None)
    return found


def _check(files: _Files) -> None:
    """Raise UserError where the files are no certificates; gRPC would only say that it cannot listen."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(files.cert, files.key, password=_no_password)
    except (ssl.SSLError, OSError, ValueError) as error:
        raise UserError(
            f"server.cert_file {files.cert} and server.key_file {files.key} are no certificate and its "
            f"key, in PEM: {getattr(error, 'reason', None) or error}"
        ) from None
    try:
        if files.client_ca is not None:
            context.load_verify_locations(files.client_ca)
    except (ssl.SSLError, OSError) as error:
        raise UserError(
            f"server.client_ca_file {files.client_ca} holds no certificates, in PEM: "
            f"{getattr(error, 'reason', None) or error}"
        ) from None


def _no_password() -> str:
    raise ValueError("the key is protected by a password, which nobody could type")


def _end(pem: bytes, where: str) -> datetime:
    from gobs_server.certs.read import certificates

    return certificates(pem, where)[0].not_valid_after_utc


def _read(name: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{name}: cannot read {path}: {error.strerror}") from None
