"""Asking the Kubernetes API whose token it is: a TokenReview over HTTPS, with nothing of Kubernetes but its schema."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from gobs_core import GobsError, UserError
from gobs_core.text import one_line
from gobs_server.settings import TokenReviewSettings

if TYPE_CHECKING:  # seven megabytes that a server which asks nobody need not take
    import aiohttp

_PATH = "/apis/authentication.k8s.io/v1/tokenreviews"
_MOST = 1 << 20
"""Bytes of an answer."""
_IDLE = 30.0
"""Seconds a connection to the API is kept without use."""


class ApiDown(GobsError):
    """The API did not judge. The text is for the server's log and says what to mend."""


class User(msgspec.Struct, frozen=True):
    """Whose token it is."""

    username: str = ""
    uid: str = ""
    extra: dict[str, list[str]] = {}


class Review(msgspec.Struct, frozen=True):
    """`status` of a TokenReview."""

    authenticated: bool = False
    user: User = User()
    audiences: list[str] = []
    error: str = ""


class _Answer(msgspec.Struct, frozen=True):
    kind: str
    status: Review


class Reviews:
    """Asks one API server. Lives as long as the server; `close` it.

    Its own token and the API's authority are read again for each question: Kubernetes replaces both in place.
    """

    def __init__(self, settings: TokenReviewSettings, environ: Mapping[str, str] = os.environ) -> None:
        self._settings = settings
        self._url = settings.api or _in_cluster(environ)
        self._authority: tuple[bytes, ssl.SSLContext] | None = None
        self._session: aiohttp.ClientSession | None = None
        self._decoder = msgspec.json.Decoder(_Answer)

    async def review(self, token: str, audience: str) -> Review:
        """What the API says of a token, within the settings' `timeout`; raises ApiDown."""
        import aiohttp

        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token, "audiences": [audience]},
        }
        try:
            async with asyncio.timeout(self._settings.timeout):
                return await self._post(msgspec.json.encode(body))
        except TimeoutError:
            raise ApiDown(f"the Kubernetes API has not answered within {self._settings.timeout:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            raise ApiDown(f"the Kubernetes API cannot be reached: {one_line(str(error) or repr(error))}") from None

    async def works(self) -> bool:
        """Whether the API judges tokens now, tried with the server's own."""
        try:
            await self.review(self._own_token(), self._settings.audience)
        except ApiDown:
            return False
        return True

    async def close(self) -> None:
        """Close its connections; safe twice."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _post(self, body: bytes) -> Review:
        headers = {"Authorization": f"Bearer {self._own_token()}", "Content-Type": "application/json"}
        session, context = self._opened(), self._context()
        async with session.post(
            f"{self._url}{_PATH}", data=body, headers=headers, ssl=context, allow_redirects=False
        ) as answer:
            raw = await answer.content.read(_MOST)
            while len(raw) < _MOST and (more := await answer.content.read(_MOST)):
                raw += more
            if answer.status not in (200, 201):
                raise ApiDown(_why(answer.status, raw))
        try:
            found = self._decoder.decode(raw)
        except msgspec.DecodeError as error:
            raise ApiDown(f"what answers at {self._url} is no Kubernetes API: {error}") from None
        if found.kind != "TokenReview":
            raise ApiDown(f"what answers at {self._url} gave a {one_line(found.kind, 80)!r} for a TokenReview")
        return found.status

    def _opened(self) -> aiohttp.ClientSession:
        import aiohttp

        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._settings.at_once, keepalive_timeout=_IDLE)
            self._session = aiohttp.ClientSession(
                connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
            )
        return self._session

    def _own_token(self) -> str:
        path = Path(self._settings.token_file)
        try:
            return path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeError) as error:
            raise ApiDown(f"server.tokenreview.token_file: cannot read {path}: {error}") from None

    def _context(self) -> ssl.SSLContext:
        """How the API is known; the same one until its authority is another, so that connections are used again."""
        path = Path(self._settings.ca_file)
        try:
            raw = path.read_bytes()
            if self._authority is None or self._authority[0] != raw:
                self._authority = raw, ssl.create_default_context(cadata=raw.decode("ascii"))
        except (OSError, ValueError) as error:
            raise ApiDown(f"server.tokenreview.ca_file: {path} cannot be used: {error}") from None
        return self._authority[1]


def _in_cluster(environ: Mapping[str, str]) -> str:
    host, port = environ.get("KUBERNETES_SERVICE_HOST", ""), environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host:
        raise UserError(
            "server.tokenreview.accounts is set, but this is no pod of Kubernetes (KUBERNETES_SERVICE_HOST is not "
            "there); name the API server with server.tokenreview.api = https://HOST:PORT"
        )
    return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"


def _why(status: int, raw: bytes) -> str:
    if status == 401:
        return "the Kubernetes API does not take the server's own token (401): see server.tokenreview.token_file"
    if status == 403:
        return (
            "the server may not ask the Kubernetes API about tokens (403): bind its service account to the cluster "
            "role system:auth-delegator"
        )
    return f"the Kubernetes API answered with {status}: {one_line(_message(raw))}"


def _message(raw: bytes) -> str:
    try:
        found: Any = msgspec.json.decode(raw)
        return str(found["message"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return raw[:200].decode("utf-8", "replace")
