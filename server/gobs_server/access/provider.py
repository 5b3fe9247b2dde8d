"""The OpenID provider: what it says of itself, its keys, and what it is asked; none of it is taken on trust."""

from __future__ import annotations

import logging
import ssl
from base64 import b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlsplit

import msgspec

from gobs_core import GobsError, UserError
from gobs_server.access_settings import OidcSettings
from gobs_server.clock import Clock

if TYPE_CHECKING:
    import httpx

_ADDRESSES = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
_SECONDS = 10.0
_MOST_BYTES = 1 << 20
_KEEP = 3600.0
_KEYS_AGAIN = 60.0
"""Seconds between two readings of the keys, whatever keys somebody names."""


class ProviderFault(GobsError):
    """The provider is down, or what it said cannot be believed. The text is for the log, never for a browser."""


class Metadata(msgspec.Struct, frozen=True):
    """What a provider says of itself, as far as it matters here (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class Provider:
    """One provider. Lives as long as the server; what it says is asked for when it is needed, and kept for an hour."""

    def __init__(self, settings: OidcSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, dict[str, Any]] | None = None
        self._client: httpx.AsyncClient | None = None
        self._trust: ssl.SSLContext | None = _trust(settings.ca_file) if settings.ca_file else None

    async def metadata(self) -> Metadata:
        """Return what it says of itself; raises ProviderFault."""
        now = self._clock.monotonic()
        if self._metadata is None or now - self._metadata[0] > _KEEP:
            issuer = self._settings.issuer
            found = await self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration", Metadata)
            if found.issuer != issuer:
                raise ProviderFault(
                    f"it says it is {found.issuer[:200]!r} and not {issuer!r}, which server.oidc.issuer is"
                )
            for name in _ADDRESSES:
                self._check_address(name, getattr(found, name))
            self._metadata = (now, found)
        return self._metadata[1]

    async def keys(self, *, anew: bool = False) -> dict[str, Any]:
        """Return its keys as a JWK set, read again where that is asked for and not too soon; raises ProviderFault."""
        now = self._clock.monotonic()
        age = float("inf") if self._keys is None else now - self._keys[0]
        if self._keys is None or age > _KEEP or (anew and age > _KEYS_AGAIN):
            metadata = await self.metadata()
            self._keys = (now, await self._get(metadata.jwks_uri, dict[str, Any]))
        return self._keys[1]

    async def exchange(self, code: str, verifier: str, redirect: str) -> dict[str, Any]:
        """Return what it gives for a code; raises ProviderFault."""
        metadata, settings = await self.metadata(), self._settings
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": verifier,
            "client_id": settings.client_id,
        }
        headers = {}
        if settings.client_secret:
            if "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
                pair = f"{quote_plus(settings.client_id)}:{quote_plus(settings.client_secret)}"
                headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
            else:
                form["client_secret"] = settings.client_secret
        given: dict[str, Any] = await self._ask(
            "POST", metadata.token_endpoint, dict[str, Any], data=form, headers=headers
        )
        return given

    async def userinfo(self, access_token: str) -> dict[str, Any]:
        """Return what more it says of a person, nothing where it has no place to ask; raises ProviderFault."""
        address = (await self.metadata()).userinfo_endpoint
        if not address:
            return {}
        shown = {"Authorization": f"Bearer {access_token}"}
        found: dict[str, Any] = await self._get(address, dict[str, Any], headers=shown)
        return found

    async def close(self) -> None:
        """Close its connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _get(self, address: str, kind: Any, **more: Any) -> Any:
        return await self._ask("GET", address, kind, **more)

    async def _ask(self, method: str, address: str, kind: Any, **more: Any) -> Any:
        import httpx

        logging.getLogger("httpx").setLevel(logging.WARNING)
        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=_SECONDS, follow_redirects=False, verify=self._trust or True, trust_env=False
            )
        what = f"{method} {_shown(address)}"
        try:
            async with self._client.stream(method, address, **more) as response:
                content = await _read(response, what)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise ProviderFault(f"{what}: {type(error).__name__}: {error}") from None
        if response.status_code != 200:
            raise ProviderFault(f"{what}: answered {response.status_code}{_why(content)}")
        try:
            return msgspec.json.decode(content, type=kind)
        except (msgspec.DecodeError, RecursionError) as error:
            raise ProviderFault(f"{what}: not what was expected: {error}") from None

    def _check_address(self, name: str, address: str) -> None:
        if address and urlsplit(address).scheme not in (("https", "http") if self._settings.insecure else ("https",)):
            raise ProviderFault(f"its {name} is {_shown(address)}, which is not https")


async def _read(response: Any, what: str) -> bytes:
    content = b""
    async for part in response.aiter_bytes():
        content += part
        if len(content) > _MOST_BYTES:
            raise ProviderFault(f"{what}: answered more than {_MOST_BYTES} bytes")
    return content


def _why(content: bytes) -> str:
    """Return the error an OAuth answer names, if it is one: never what else it holds."""
    try:
        found: Mapping[str, Any] = msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        return ""
    error, text = str(found.get("error", ""))[:60], str(found.get("error_description", ""))[:200]
    return f": {error} {text}".rstrip(": ")


def _shown(address: str) -> str:
    return address.partition("?")[0][:200]


def _trust(path: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        raise UserError(f"server.oidc.ca_file: expected a file of PEM certificates, got {path}: {error}") from None
