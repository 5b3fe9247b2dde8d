"""Those who have an account here or came from a provider: who they are, what they may, whether they still may."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, cast

from tortoise.exceptions import IntegrityError

from gobs_core import GobsError
from gobs_server.access.credentials import digest
from gobs_server.access.times import moment, seconds, storable
from gobs_server.access_settings import wrong_name
from gobs_server.actor import Role
from gobs_server.clock import Clock
from gobs_server.db import Store
from gobs_server.db.people import User

Source = Literal["local", "settings", "oidc"]


class Impossible(GobsError):
    """That cannot be done to an account; the text says why, for whoever asked for it."""


class NoSuchPerson(Impossible):
    """Nobody has that name."""


@dataclass(frozen=True, slots=True)
class Person:
    """One account. A value. Times: seconds since 1970."""

    id: int
    name: str
    source: Source
    role: Role
    password: str | None
    """Its hash; never shown."""
    disabled: bool
    created: float
    last_login: float | None

    def told(self) -> dict[str, object]:
        """What a record of a change says of it."""
        return {"role": self.role, "disabled": self.disabled, "source": self.source}


class People:
    """All accounts. Names are compared without regard to case. Every method raises Unavailable, changes Impossible."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._changing = asyncio.Lock()

    async def all(self) -> list[Person]:
        """Return everybody, by name."""
        rows = await self._store.do(lambda: User.all().order_by("name"))
        return [person(row) for row in rows]

    async def find(self, name: str) -> Person | None:
        """Return who has that name."""
        row = await self._store.do(lambda: User.get_or_none(name=storable(name, 200).lower()))
        return None if row is None else person(row)

    async def get(self, name: str) -> Person:
        """Return who has that name; raises NoSuchPerson."""
        if (found := await self.find(name)) is None:
            raise NoSuchPerson(f"nobody is named {name[:100]!r}")
        return found

    async def create(self, name: str, role: Role, password: str | None, source: Source = "local") -> Person:
        """Add an account; `password` is its hash."""
        if (why := wrong_name(name)) is not None:
            raise Impossible(f"a name is {why}")
        return await self._create(name.lower(), role, password, source, None)

    async def change(
        self, name: str, *, role: Role | None = None, disabled: bool | None = None, password: str | None = None
    ) -> tuple[Person, Person]:
        """Change what is given, and return how it was before and is now."""
        async with self._changing:
            before = await self.get(name)
            after = replace(
                before,
                role=role or before.role,
                disabled=before.disabled if disabled is None else disabled,
                password=password or before.password,
            )
            await self._keep_an_administrator(before, after)
            fields = {"role": after.role, "disabled": after.disabled, "password": after.password}
            await self._store.do(lambda: User.filter(id=before.id).update(**fields))
            return before, after

    async def remove(self, name: str) -> Person:
        """Remove an account, with its logins and tokens."""
        async with self._changing:
            found = await self.get(name)
            await self._keep_an_administrator(found, None)
            await self._store.do(lambda: User.filter(id=found.id).delete())
            return found

    async def arrived(self, subject: str, name: str, role: Role) -> Person:
        """Return the account of somebody whom a provider vouches for, made or brought up to date."""
        key = subject if len(subject) <= 500 else digest(subject)
        async with self._changing:
            row = await self._store.do(lambda: User.get_or_none(subject=key))
            if row is None:
                shown = storable(name, 150).strip().lower() or "somebody"
                if await self.find(shown) is not None:
                    shown = f"{shown}~{digest(subject)[:8]}"  # a provider's name never passes for another's
                return await self._create(shown, role, None, "oidc", key)
            if row.role != role:
                await self._store.do(lambda: User.filter(id=row.id).update(role=role))
            return replace(person(row), role=role)

    async def came_in(self, who: Person) -> None:
        """Note that somebody has logged in."""
        await self._store.do(lambda: User.filter(id=who.id).update(last_login=moment(self._clock.wall())))

    async def is_nobody_there(self) -> bool:
        """Whether there is no account at all."""
        return not await self._store.do(User.exists)

    async def _create(self, name: str, role: Role, password: str | None, source: Source, subject: str | None) -> Person:
        make = partial(
            User.create,
            name=name,
            source=source,
            subject=subject,
            role=role,
            password=password,
            created=moment(self._clock.wall()),
        )
        try:
            return person(await self._store.do(make))
        except IntegrityError:
            raise Impossible(f"somebody is named {name!r} already") from None

    async def _keep_an_administrator(self, before: Person, after: Person | None) -> None:
        still = after is not None and after.role == "administrator" and not after.disabled
        if before.role != "administrator" or before.disabled or still:
            return
        others = await self._store.do(
            lambda: User.filter(role="administrator", disabled=False).exclude(id=before.id).exists()
        )
        if not others:
            raise Impossible(f"{before.name!r} is the last administrator; make another one first")


def person(row: User) -> Person:
    """Return a row as a value."""
    return Person(
        id=row.id,
        name=row.name,
        source=cast("Source", row.source),
        role=cast("Role", row.role),
        password=row.password,
        disabled=row.disabled,
        created=seconds(row.created),
        last_login=seconds(row.last_login),
    )
