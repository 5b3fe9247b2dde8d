"""What is asked of every request and put on every answer: Host, origin, size, and the headers browsers obey."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from typing import NamedTuple
from urllib.parse import urlsplit

from quart import Quart, Response, abort, request

MAX_BODY = 64 * 1024
MAX_QUERY = 8 * 1024
MAX_PATH = 8 * 1024
BODY_TIMEOUT = 10
RESPONSE_TIMEOUT = 60

CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_OWN_ZONES = (".svc", ".cluster.local", ".internal", ".localhost")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_USUAL_PORTS = frozenset({80, 443})
_OWN_SITES = frozenset({"same-origin", "none"})
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class Hosts(NamedTuple):
    """The names a request may call this server by, without ports."""

    names: frozenset[str]
    nobodys: bool
    """Whether addresses, and names that no stranger can register, count too."""

    def know(self, host: str) -> bool:
        """Whether that is one."""
        return host in self.names or (self.nobodys and _is_nobodys(host))


def allowed_hosts(bind: str, extra: Collection[str], *, by_name: bool = False) -> Hosts | None:
    """Return which names a request may call this server by; None: any.

    A server on loopback is reached by the names of loopback alone, so that a page from elsewhere whose name was bent
    to 127.0.0.1 reads nothing. `bind` is HOST:PORT; `extra` are names the user allows, and then only those count on
    any interface, besides names that cannot be bent. `by_name`: they alone count even where none are listed, since
    there is something to read for who shows nothing.
    """
    host, named = host_name(bind), frozenset(name for one in extra if (name := host_name(one)))
    loopback = host == "localhost" or _is_loopback(host)
    if not named and not loopback and not by_name:
        return None
    return Hosts(_LOOPBACK_NAMES | named | {host}, nobodys=not loopback)


def host_name(authority: str) -> str:
    """Return the host of HOST, HOST:PORT or [HOST]:PORT in lower case, without brackets and a final dot."""
    authority = authority.strip()
    if authority.startswith("["):
        return authority[1:].partition("]")[0].lower()
    if authority.count(":") == 1:
        authority = authority.partition(":")[0]
    return _clean(authority)


def guard(app: Quart, hosts: Hosts | None) -> None:
    """Check every request and complete every answer of the app."""
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY,
        BODY_TIMEOUT=BODY_TIMEOUT,
        RESPONSE_TIMEOUT=RESPONSE_TIMEOUT,
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )

    async def check() -> None:
        if hosts is not None and not hosts.know(host_name(request.headers.get("Host", ""))):
            abort(421, "this server is not reached by that name; the setting server.allowed_hosts can allow it")
        if len(request.query_string) > MAX_QUERY or len(request.path) > MAX_PATH:
            abort(414, f"path and query may have {MAX_QUERY} bytes each")
        if (request.content_length or 0) > MAX_BODY:
            abort(413, f"a request may carry {MAX_BODY} bytes")
        if request.method not in _SAFE and not _same_origin():
            abort(403, "another site has made the browser send this; nothing was changed")

    async def complete(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers[name] = value
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    app.before_request(check)
    app.after_request(complete)


def _same_origin() -> bool:
    """Whether a browser says that the request comes from a page of this server; a program says nothing, and may.

    A token in the header is shown by a program on purpose, so nobody else can have made a browser send it.
    """
    headers = request.headers
    if headers.get("Authorization", "").lower().startswith("bearer "):
        return True
    if (site := headers.get("Sec-Fetch-Site")) is not None:
        return site in _OWN_SITES
    if (origin := headers.get("Origin")) is None:
        return True
    said = _authority(origin)
    return said is not None and said == _authority(f"http://{headers.get('Host', '')}")


def _authority(origin: str) -> tuple[str, int | None] | None:
    """Return host and port of an origin, the usual ports left out; None for one that has no host.

    The scheme does not count: behind a proxy that ends TLS the server is asked by http.
    """
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return None
    if not parts.hostname or parts.scheme not in ("http", "https"):
        return None
    return parts.hostname.lower().rstrip("."), None if port in _USUAL_PORTS else port


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_nobodys(host: str) -> bool:
    """Whether no stranger can bend that name to this server: an address, a name without a dot, or one of a cluster."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return bool(host) and ("." not in host or host.endswith(_OWN_ZONES))
    return True


def _clean(host: str) -> str:
    return host.strip().strip("[]").rstrip(".").lower()
