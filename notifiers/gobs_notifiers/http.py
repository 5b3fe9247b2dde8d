"""Calling a service over HTTP: no redirect, no endless answer, no address of the inside, and no secret in an error.

aiohttp is imported by the first channel that is opened: an agent has these plugins too, and no channels.
"""

from __future__ import annotations

import asyncio
import io
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from gobs_core import Channel, Secret, TryLater, Unusable
from gobs_core.outgoing import ForbiddenAddress, Inside

if TYPE_CHECKING:
    import aiohttp
    from yarl import URL

MOST_ANSWER = 64 * 1024
"""Bytes of an answer that are read."""
_SAID = 300
_LOOKING = 3.0
"""Seconds the look at where an address leads may take before the first call."""


@dataclass(frozen=True)
class Answer:
    """What a service answered."""

    status: int
    headers: Mapping[str, str]
    """Found by name in whatever case."""
    body: bytes
    """At most MOST_ANSWER bytes."""

    def json(self) -> dict[str, Any]:
        """The body as an object; empty where it is none."""
        try:
            found = msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return {}
        return found if isinstance(found, dict) else {}

    def number(self, header: str) -> float | None:
        """A header that holds seconds; None where it is missing or no sensible number."""
        try:
            seconds = float(self.headers.get(header, ""))
        except ValueError:
            return None
        return seconds if 0 <= seconds < 86400 else None

    def said(self) -> str:
        """Status and body on one line."""
        text = " ".join(self.body.decode("utf-8", "replace").split())
        shown = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
        return f"HTTP {self.status}" + (f": {shown[:_SAID]}{'…' if len(shown) > _SAID else ''}" if shown else "")


class Service:
    """One service at one address. `open` before the first call; `close` is safe unopened and twice."""

    def __init__(self, url: str, setting: str, channel: Channel, *, secrets: tuple[Secret, ...] = ()) -> None:
        """`setting` is what the address is called in errors; `secrets` are taken out of whatever the service says."""
        self._url = url
        self._setting = setting
        self._channel = channel
        self._secrets = tuple(sorted(filter(None, secrets), key=len, reverse=True))
        self._inside = Inside.parse(channel.inside)
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Get ready; raises Unusable for an address that cannot be one, or leads inside now. Nothing is sent."""
        target = self._target()
        if self._session is None:
            import aiohttp

            await self._look(target.host or "")
            connector = aiohttp.TCPConnector(limit=4, ttl_dns_cache=30, socket_factory=self._socket)
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": f"gobservability/{self._channel.version}"},
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
                trust_env=False,
            )

    async def close(self) -> None:
        """Let go of the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def call(
        self,
        method: str,
        body: bytes,
        *,
        path: str = "",
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the answer to one request of JSON; raises TryLater where there was none, Unusable for a bad address.

        `path` is added to the service's own, and `query` to its query.
        """
        import aiohttp

        await self.open()
        assert self._session is not None
        target = self._target()
        target = target.with_path(target.raw_path.rstrip("/") + path, encoded=True, keep_query=True)
        sent = {"Content-Type": "application/json", **(headers or {})}
        try:
            async with self._session.request(
                method, target.update_query(query or {}), data=io.BytesIO(body), headers=sent, allow_redirects=False
            ) as answer:
                content = await _at_most(answer, MOST_ANSWER)
                return Answer(answer.status, answer.headers, self._clean(content))
        except ForbiddenAddress as refusal:
            raise Unusable(f"{self._setting}: {refusal}") from None
        except aiohttp.InvalidURL:
            raise Unusable(
                f"{self._setting}: this is no address; write a name, or an address in its usual form"
            ) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TryLater(f"no answer from {target.host}: {_why(error)}") from None

    def _target(self) -> URL:
        from yarl import URL

        try:
            target = URL(self._url)
            port = target.port
        except ValueError:
            raise Unusable(f"{self._setting}: this is no address") from None
        if target.scheme not in {"http", "https"} or not target.host or port is None:
            raise Unusable(f"{self._setting}: expected an address that begins with https://")
        if target.user or target.password:
            raise Unusable(f"{self._setting}: an address must not hold a user or a password")
        return target

    async def _look(self, host: str) -> None:
        """Say early what would be refused at every call; what a name leads to later is judged then."""
        try:
            async with asyncio.timeout(_LOOKING):
                found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):  # TimeoutError among them
            return
        refused = [self._refusal(host, str(address[0])) for *_, address in found]
        if refused and all(refused):
            raise Unusable(f"{self._setting}: {refused[0]}")

    def _refusal(self, host: str, address: str) -> str:
        try:
            self._inside.check(host, address)
        except ForbiddenAddress as refusal:
            return str(refusal)
        return ""

    def _socket(self, info: Any) -> socket.socket:
        """Return a socket for an address a name has led to, the very one that is connected; raises ForbiddenAddress."""
        family, kind, protocol, _, address = info
        self._inside.check(self._target().host or "", str(address[0]))
        return socket.socket(family=family, type=kind, proto=protocol)

    def _clean(self, content: bytes) -> bytes:
        for secret in self._secrets:
            content = content.replace(secret.encode(), b"***")
        return content


async def _at_most(answer: aiohttp.ClientResponse, most: int) -> bytes:
    content = b""
    async for part in answer.content.iter_chunked(8192):
        content += part
        if len(content) >= most:
            break
    return content[:most]


def _why(error: BaseException) -> str:
    """What went wrong, in words that hold nothing of the request."""
    import aiohttp

    if isinstance(error, asyncio.TimeoutError):
        return "it took too long"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "its certificate is not valid for that name"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "there is no machine of that name"
    if isinstance(error, aiohttp.ClientConnectorError) and error.os_error.strerror:
        return error.os_error.strerror
    if isinstance(error, aiohttp.ServerDisconnectedError | ConnectionResetError):
        return "the connection was closed"
    return type(error).__name__
