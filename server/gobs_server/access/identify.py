"""From a request to who makes it: a token, a proxy that is believed, a browser that has logged in, or nobody."""

from __future__ import annotations

import re

from quart import Request, request
from werkzeug.exceptions import BadRequest, Forbidden, ServiceUnavailable, Unauthorized

from gobs_core.logs import get_logger
from gobs_server.access import cookies
from gobs_server.access.credentials import LOOKS_LIKE_ONE
from gobs_server.access.logins import Logins
from gobs_server.access.origin import Origin, Origins
from gobs_server.access.policy import asks
from gobs_server.access.saying import Saying
from gobs_server.access.times import storable
from gobs_server.access.tokens import Tokens
from gobs_server.actor import NOBODY, Actor
from gobs_server.db import Unavailable
from gobs_server.settings import ServerSettings

log = get_logger("gobs.access")
_TELLING = frozenset({"token", "access_token", "id_token", "api_key", "apikey", "api-key", "auth_token", "password"})
_BEARER = re.compile(r"bearer +(\S+)", re.IGNORECASE)


class Identify:
    """Knows how people come in. Lives as long as the server."""

    def __init__(self, settings: ServerSettings, logins: Logins, tokens: Tokens, saying: Saying) -> None:
        self.origins = Origins(settings.proxy.networks)
        self._settings = settings
        self._logins = logins
        self._tokens = tokens
        self._saying = saying
        self._open = not asks(settings)

    def origin(self) -> Origin:
        """Return where the request at hand comes from."""
        return self.origins.of(request.scope, request.headers)

    async def __call__(self) -> Actor:
        """Return who makes the request at hand; nobody where nobody says who that is."""
        origin = self.origin()
        try:
            return await self._find(request, origin)
        except Unavailable as error:
            raise ServiceUnavailable(f"who asks cannot be known now: the database does not work ({error})") from None

    async def _find(self, asked: Request, origin: Origin) -> Actor:
        refuse_in_address(asked)
        if origin.local:
            return Actor("local", "administrator", "loopback", "socket")
        if authorization := asked.headers.get("Authorization", ""):
            return await self._by_token(authorization, origin)
        if (by_proxy := self._by_proxy(asked, origin)) is not None:
            return by_proxy
        if shown := cookies.read(asked, "gobs", encrypted=origin.encrypted):
            login = await self._logins.find(shown)
            if login is not None:
                return Actor(login.who.name, login.who.role, "user", origin.address, via=f"login {login.id}")
        if self._open:
            return self._on_loopback(origin)
        if self._settings.access.anonymous:
            return Actor("", "viewer", "anonymous", origin.address)
        return Actor(NOBODY.name, NOBODY.role, NOBODY.kind, origin.address)

    async def _by_token(self, authorization: str, origin: Origin) -> Actor:
        match = _BEARER.fullmatch(authorization.strip())
        if match is None:
            raise Unauthorized("show an API token as `Authorization: Bearer gobs_…`")
        token, why = await self._tokens.find(match[1])
        if token is None:
            self._saying.now_and_then("an API token was refused", origin.address, why=why)
            raise Unauthorized("this API token is not valid here; the server's log says why")
        self._tokens.used(token, origin.address)
        return token.actor(origin.address)

    def _by_proxy(self, asked: Request, origin: Origin) -> Actor | None:
        proxy = self._settings.proxy
        if not proxy.names_users or not (said := asked.headers.getlist(proxy.user_header)):
            return None
        if not origin.by_proxy:
            self._saying.now_and_then(
                "somebody says who they are in the header of a proxy, and is none", origin.address,
                header=proxy.user_header,
            )  # fmt: skip
            return None
        name = said[0].strip()
        if len(said) > 1 or not name or len(name) > 200 or not name.isprintable():
            raise BadRequest(f"the proxy must say in {proxy.user_header} who asks, once and in printable characters")
        groups = asked.headers.getlist(proxy.groups_header) if proxy.groups_header else []
        listed = frozenset(group for line in groups for part in line.split(",") if (group := part.strip()))
        role = proxy.role(name, frozenset(group for group in listed if not group.startswith("user:")))
        return Actor(storable(name, 200), role or "public", "proxy", origin.address)

    def _on_loopback(self, origin: Origin) -> Actor:
        if origin.passed_on:
            self._saying.now_and_then("a proxy passes requests on to a server that asks nobody to log in", "")
            raise Forbidden(
                "this server is for programs on its own machine and asks nobody to log in, and a proxy has passed this "
                "request on; set server.url to the address people open, and they will be asked"
            )
        return Actor("local", "administrator", "loopback", origin.address)


def refuse_in_address(asked: Request) -> None:
    """Refuse a token in the address, which proxies and browsers write down; what it was is not said again."""
    names = {name.lower() for name in asked.args}
    if not _TELLING.isdisjoint(names) or LOOKS_LIKE_ONE.search(f"{asked.path} {asked.args}"):
        raise BadRequest(
            "a token belongs in the header Authorization: Bearer …, never in an address; "
            "whoever keeps a log on the way has it now, so revoke it"
        )
