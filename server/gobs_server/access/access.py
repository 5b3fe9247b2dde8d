"""Everything about who may come in, put together: what the pages and REST work with, and what goes on beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from argon2 import PasswordHasher

from gobs_core import UserError
from gobs_core.logs import get_logger
from gobs_core.redact import Redactor
from gobs_server.access.acts import Acts
from gobs_server.access.audit import AuditLog
from gobs_server.access.identify import Identify
from gobs_server.access.login import PasswordLogin
from gobs_server.access.logins import Logins
from gobs_server.access.oidc import OidcLogin
from gobs_server.access.passwords import Busy, Passwords
from gobs_server.access.people import People, Person
from gobs_server.access.policy import asks
from gobs_server.access.saying import Saying
from gobs_server.access.setup import Setup
from gobs_server.access.throttle import Throttle
from gobs_server.access.tokens import Tokens
from gobs_server.actor import Actor
from gobs_server.clock import Clock
from gobs_server.db import Store, Unavailable
from gobs_server.settings import ServerSettings

log = get_logger("gobs.access")
_EVERY = 20.0
_PRUNE = 3600.0
SETTINGS = Actor("settings", "administrator", "loopback")
"""Who it was when the settings changed an account."""


class Access:
    """Lives as long as the server: `run` beside it, `close` in the end."""

    def __init__(
        self,
        settings: ServerSettings,
        store: Store,
        clock: Clock,
        *,
        hasher: PasswordHasher | None = None,
        redact: Redactor | None = None,
    ) -> None:
        if settings.oidc.issuer and not settings.url:
            raise UserError("server.url: expected the address people open, which the provider sends them to")
        self.settings = settings
        self.passwords = Passwords(hasher)
        self.throttle = Throttle(clock)
        self.people = People(store, clock)
        self.logins = Logins(store, clock, settings.access)
        self.tokens = Tokens(store, clock)
        self.audit = AuditLog(store, clock, settings.access, redact)
        self.by_password = PasswordLogin(self.people, self.passwords, self.throttle)
        self.oidc = OidcLogin(settings.oidc, settings.url, self.people, clock) if settings.oidc.issuer else None
        self.setup = Setup(self.people, self.passwords, settings.access)
        self.acts = Acts(self.people, self.logins, self.tokens, self.by_password, self.audit)
        self.saying = Saying(clock)
        self.identify = Identify(settings, self.logins, self.tokens, self.saying)
        self.asks = asks(settings)
        """Whether people have to log in."""
        self._store = store
        self._clock = clock

    async def run(self, link: Callable[[str], None]) -> None:
        """See to the first administrator, and write down what happens, until cancelled. `link` shows the code."""
        pruned = float("-inf")
        first = True
        while True:
            await self._store.opened()
            try:
                if first:
                    await self._first_administrator(link)
                    first = False
                await self.write()
                if self._clock.monotonic() - pruned > _PRUNE:
                    await self.audit.prune()
                    pruned = self._clock.monotonic()
            except (Unavailable, Busy):
                pass
            await asyncio.sleep(1 if first else _EVERY)

    async def write(self) -> None:
        """Write down what was seen of logins and tokens, and the records that wait; raises Unavailable."""
        await self.logins.write()
        await self.tokens.write()
        await self.audit.write()

    async def close(self) -> None:
        """End what works beside the event loop."""
        self.passwords.close()
        if self.oidc is not None:
            await self.oidc.provider.close()

    def now(self) -> float:
        """Return the time, in seconds since 1970."""
        return self._clock.wall()

    async def owner_of(self, actor: Actor) -> Person | None:
        """Return whose token somebody shows; None: a program's, or none is shown."""
        word, _, number = actor.via.partition(" ")
        found = await self.tokens.get(int(number)) if word == "token" else None
        return found.owner if found is not None else None

    def account_changed(self) -> None:
        """Ask the database anew about everybody who comes."""
        self.logins.forget()
        self.tokens.forget()

    async def _first_administrator(self, link: Callable[[str], None]) -> None:
        access = self.settings.access
        if not access.local:
            return
        if done := await self.setup.by_setting():
            name = access.admin.lower()
            if done == "changed":
                await self.logins.end_all((await self.people.get(name)).id)
                self.account_changed()
            await self.audit.record(SETTINGS, f"user.{done}", name)
        others = self.oidc is not None or self.settings.proxy.names_users
        if self.asks and not others and (code := await self.setup.by_link()):
            link(code)
