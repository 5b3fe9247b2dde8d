"""How commands ask a server: the one of this machine through the socket in its data folder, another one over REST."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from gobs_core.errors import GobsError, UserError
from gobs_server.local_socket import NAME, connect_locally
from gobs_server.settings import ServerSettings

FLAGS = {"--data": "server.data"}
VARIABLE = "GOBS_API_TOKEN"
PREFIX = "/api/v1"
_SECONDS = 20.0
_MOST = 8 << 20


def add_server(parser: ArgumentParser) -> None:
    """Add the arguments that say which server is asked."""
    group = parser.add_argument_group("which server", "Unless --url is given, the one that runs on this machine.")
    group.add_argument("--data", metavar="DIR", help="its data folder (default: the XDG state folder)")
    group.add_argument("--url", metavar="URL", help="its address, e.g. https://gobs.example.org")
    group.add_argument("--token-file", metavar="FILE", help=f"with --url: the API token to show (default: ${VARIABLE})")
    group.add_argument("--ca-file", metavar="FILE", help="with --url: PEM certificates that its own is checked against")


class Rest:
    """Asks one server. Nothing is kept open between two questions."""

    def __init__(self, settings: ServerSettings, args: Namespace, environ: Mapping[str, str] = os.environ) -> None:
        self._folder = settings.folder()
        self._url = urlsplit(args.url) if args.url else None
        self._token = _token(args.token_file, environ) if args.url else ""
        self._trust = _trust(args.ca_file) if args.ca_file else None
        if self._url is not None and (self._url.scheme not in ("http", "https") or not self._url.hostname):
            raise UserError(f"--url: expected an address such as https://gobs.example.org, got {args.url!r:.100}")

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Return what it answers; raises UserError with why it refuses, GobsError where it is not there."""
        headers = {"Accept": "application/json"}
        content = None
        if body is not None:
            content = msgspec.json.encode(body)
            headers["Content-Type"] = "application/json"
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        connection = self._connect()
        try:
            connection.request(method, PREFIX + path, content, headers)
            answer = connection.getresponse()
            raw = answer.read(_MOST)
        except (OSError, http.client.HTTPException) as error:
            raise GobsError(f"{self._where}: {getattr(error, 'strerror', None) or error}") from None
        finally:
            connection.close()
        if answer.status >= 300:
            raise UserError(f"{self._where} answers: {_problem(raw, answer.status)}")
        return msgspec.json.decode(raw) if raw else None

    @property
    def _where(self) -> str:
        return self._url.geturl() if self._url is not None else str(self._folder / NAME)

    def _connect(self) -> http.client.HTTPConnection:
        if self._url is None:
            return _Local(self._folder)
        host, port = self._url.hostname or "", self._url.port
        if self._url.scheme == "https":
            trust = self._trust or ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=_SECONDS, context=trust)
        return http.client.HTTPConnection(host, port, timeout=_SECONDS)


class _Local(http.client.HTTPConnection):
    """Comes through the socket in a data folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__("localhost", timeout=_SECONDS)
        self._folder = folder

    def connect(self) -> None:
        """Connect; raises UserError where no server runs."""
        try:
            self.sock: socket.socket = connect_locally(self._folder, _SECONDS)
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
            raise UserError(
                f"no server runs with the data folder {self._folder}; start one, name its folder with --data, or ask "
                "another with --url"
            ) from None
        except PermissionError:
            raise UserError(
                f"{self._folder / NAME}: only the user that the server runs as may use it; run this as that user"
            ) from None


def _token(file: str | None, environ: Mapping[str, str]) -> str:
    if file is None:
        return environ.get(VARIABLE, "").strip()
    try:
        return Path(file).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--token-file: cannot read {file}: {error}") from None


def _trust(file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=file)
    except (OSError, ssl.SSLError) as error:
        raise UserError(f"--ca-file: expected PEM certificates, got {file}: {error}") from None


def _problem(raw: bytes, status: int) -> str:
    try:
        found = msgspec.json.decode(raw, type=dict[str, Any])
        return str(found.get("detail") or found["title"])
    except (msgspec.DecodeError, KeyError):
        return f"status {status}"
