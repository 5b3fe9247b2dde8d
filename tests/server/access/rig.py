"""A server's HTTP side with people: a real database, real routes, passwords that cost little, a clock that is held."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from argon2 import PasswordHasher
from quart import Quart
from quart.typing import TestClientProtocol as Client

from gobs_core.redact import Redactor
from gobs_server.access.people import Person
from gobs_server.access_settings import AccessSettings, OidcSettings, ProxySettings
from gobs_server.actor import Actor, Role
from gobs_server.app import Server
from gobs_server.db import Address
from gobs_server.http import create_app
from gobs_server.settings import ServerSettings
from tests.server.feeding import Cluster, HeldClock
from tests.support.secrets import marked

PASSWORD = marked("correct horse battery")
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
ROOT = Actor("root", "administrator", "loopback")
ROLES: tuple[Role, ...] = ("viewer", "operator", "administrator")
SECTIONS = {"access": AccessSettings, "oidc": OidcSettings, "proxy": ProxySettings}


class Rig:
    """`access` and the `app` over it, of a server that does not listen. Times are those of `clock`."""

    def __init__(self, address: Address, clock: HeldClock, settings: ServerSettings) -> None:
        self.server = Server(settings, address, clock=clock, redact=Redactor(["known secret"]))
        self.store = self.server._store
        self.clock = clock
        self.cluster = Cluster(clock, self.server.live, self.server.history)
        self.settings = settings
        self.access = self.server.access
        self.access.passwords._hasher = CHEAP
        self.app: Quart = create_app(self.server.services())

    def client(self) -> Client:
        """Somebody who has not said who they are."""
        return self.app.test_client()

    async def user(self, name: str, role: Role = "viewer", password: str = PASSWORD) -> Person:
        """An account."""
        return await self.access.acts.create_user(ROOT, name, role, password)

    async def logged_in(self, name: str, password: str = PASSWORD, **more: Any) -> Client:
        """Somebody who has logged in on the page."""
        client = self.client()
        response = await client.post("/login", form={"name": name, "password": password}, **more)
        assert response.status_code == 303, (await response.get_data(as_text=True))[-600:]
        return client

    async def token(self, *scopes: str, owner: Person | None = None, lasts: float | None = 3600) -> str:
        """An API token."""
        return (await self.access.acts.create_token(ROOT, "a token", scopes, owner, lasts)).token

    async def actions(self) -> list[tuple[str, str, str]]:
        """Who did what to what, the oldest first."""
        found = await self.access.audit.find(limit=1000)
        return [(entry.actor, entry.action, entry.target) for entry in reversed(found)]


def settings_of(**settings: Any) -> ServerSettings:
    """Settings of a server that other machines reach; those of a section as a mapping."""
    given = {name: SECTIONS[name](**value) if name in SECTIONS else value for name, value in settings.items()}
    return ServerSettings(**{"http": "0.0.0.0:8080", "grpc": "127.0.0.1:0", **given})


@asynccontextmanager
async def rig_over(address: Address, clock: HeldClock | None = None, **settings: Any) -> AsyncIterator[Rig]:
    """A rig over a database."""
    rig = Rig(address, clock or HeldClock(), settings_of(**settings))
    task = asyncio.create_task(rig.store.run())
    try:
        async with asyncio.timeout(30):
            await rig.store.opened()
        yield rig
        await rig.access.close()
    finally:
        rig.store.finish()
        await task


def bearer(token: str) -> dict[str, str]:
    """The header of a program that shows a token."""
    return {"Authorization": f"Bearer {token}"}


def cookie_of(client: Client, name: str = "gobs") -> str | None:
    """What a client's browser shows; None: nothing."""
    jar = client.cookie_jar
    return next((cookie.value for cookie in jar or () if cookie.name == name), None)


def show(client: Client, value: str, name: str = "gobs") -> None:
    """Let a client's browser show something."""
    client.set_cookie("localhost", name, value)


def shown_token(page: str) -> str:
    """The token that a page shows once."""
    found = re.findall(r"gobs_[0-9A-Za-z]{46}", page)
    assert len(set(found)) == 1, found
    return str(found[0])


def words(page: str) -> str:
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())
