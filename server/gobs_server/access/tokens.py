"""API tokens: made, shown once, looked up by digest, limited by scopes and by what their owner may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from gobs_server.access.credentials import digest, hint, new_token, well_formed
from gobs_server.access.kept import Kept
from gobs_server.access.people import Impossible, Person, person
from gobs_server.access.scopes import faults, powers
from gobs_server.access.times import moment, seconds, storable
from gobs_server.actor import Actor
from gobs_server.clock import Clock
from gobs_server.db import Store
from gobs_server.db.people import Token

MOST_OF_ONE = 100
"""Tokens one owner may have that are not revoked."""
_REMEMBERED = 90 * 86400.0
"""Seconds for which one that is over is still listed."""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """One token, without itself. A value. Times: seconds since 1970."""

    id: int
    hint: str
    name: str
    scopes: tuple[str, ...]
    owner: Person | None
    made_by: str
    created: float
    expires: float | None
    used: float | None
    used_from: str
    revoked: float | None

    def state(self, now: float) -> str:
        """Whether it is believed: active, or why not."""
        if self.revoked is not None:
            return "revoked"
        if self.expires is not None and now >= self.expires:
            return "expired"
        return "owner disabled" if self.owner is not None and self.owner.disabled else "active"

    def told(self) -> dict[str, object]:
        """What a record of a change says of it."""
        owner = self.owner.name if self.owner else None
        return {"name": self.name, "scopes": list(self.scopes), "owner": owner, "expires": self.expires}

    def actor(self, address: str) -> Actor:
        """Return who somebody is that shows it."""
        may = powers(self.scopes, self.owner.role if self.owner else "administrator")
        return Actor(self.name, may.role, "token", address, may.grants, f"token {self.id}")


class New(NamedTuple):
    """A token that was just made: the only time it is known."""

    token: str
    info: ApiToken


class Tokens:
    """All of them. Every method that asks the database raises Unavailable."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._kept: Kept[ApiToken] = Kept(clock)
        self._used: dict[int, tuple[float, str]] = {}

    async def create(
        self, name: str, scopes: Sequence[str], *, owner: Person | None, made_by: str, lasts: float | None
    ) -> New:
        """Make one; `lasts` seconds, None: for ever. Raises Impossible."""
        wrong = faults(scopes)
        if not name.strip() or len(name) > 100 or not name.isprintable():
            raise Impossible("a token needs a name of 1 to 100 printable characters")
        if wrong or not scopes:
            raise Impossible("; ".join(wrong) or "a token needs a scope, e.g. read")
        many = await self._store.do(lambda: Token.filter(owner_id=owner.id if owner else None, revoked=None).count())
        if many >= MOST_OF_ONE:
            raise Impossible(f"{MOST_OF_ONE} tokens are the most; revoke some that are not used")
        token, now = new_token(), self._clock.wall()
        make = partial(
            Token.create,
            digest=digest(token),
            hint=hint(token),
            name=name.strip(),
            scopes=" ".join(dict.fromkeys(scopes)),
            owner_id=owner.id if owner else None,
            made_by=storable(made_by, 200),
            created=moment(now),
            expires=None if lasts is None else moment(now + lasts),
            used_from="",
        )
        row = await self._store.do(make)
        return New(token, replace(_value(row, None), owner=owner))

    async def find(self, token: str) -> tuple[ApiToken | None, str]:
        """Return which it is, and for the log why it is not believed; None: it is not."""
        if not well_formed(token):
            return None, "it is not formed as a token"
        key = digest(token)
        found = await self._kept.get(key, lambda: self._store.do(partial(_read, key)))
        if found is None:
            return None, "there is no such token"
        state = found.state(self._clock.wall())
        return (found, "") if state == "active" else (None, f"token {found.id} is {state}")

    async def get(self, number: int) -> ApiToken | None:
        """Return one by its number."""
        row = await self._store.do(lambda: Token.filter(id=number).first().prefetch_related("owner"))
        return None if row is None else _of(row)

    def used(self, token: ApiToken, address: str) -> None:
        """Note that it was shown and believed."""
        self._used[token.id] = (self._clock.wall(), address)

    async def all(self, owner: int | None = None) -> list[ApiToken]:
        """Return those of one account or of all, the newest first."""
        query = Token.all if owner is None else partial(Token.filter, owner_id=owner)
        rows = await self._store.do(lambda: query().order_by("-id").limit(1000).prefetch_related("owner"))
        return [self._newest(_of(row)) for row in rows]

    async def revoke(self, number: int, owner: int | None = None) -> ApiToken | None:
        """End one, if it is that account's where one is given; return what it was. One that is over stays so."""
        where = {"id": number} if owner is None else {"id": number, "owner_id": owner}
        row = await self._store.do(lambda: Token.filter(**where).first().prefetch_related("owner"))
        if row is None:
            return None
        if row.revoked is None:
            now = moment(self._clock.wall())
            await self._store.do(lambda: Token.filter(id=row.id, revoked=None).update(revoked=now))
        self.forget()
        return _of(row)

    def forget(self) -> None:
        """Ask the database anew about every token: an account has changed."""
        self._kept.forget()

    async def write(self) -> None:
        """Write when each was last used, and remove those that have been over for long."""
        news, self._used = self._used, {}
        await self._store.do(partial(_write, news, self._clock.wall() - _REMEMBERED))

    def _newest(self, token: ApiToken) -> ApiToken:
        used = self._used.get(token.id)
        return token if used is None else replace(token, used=used[0], used_from=used[1])


def _of(row: Token) -> ApiToken:
    return _value(row, person(row.owner) if row.owner is not None else None)


def _value(row: Token, owner: Person | None) -> ApiToken:
    return ApiToken(
        id=row.id,
        hint=row.hint,
        name=row.name,
        scopes=tuple(row.scopes.split()),
        owner=owner,
        made_by=row.made_by,
        created=seconds(row.created),
        expires=seconds(row.expires),
        used=seconds(row.used),
        used_from=row.used_from,
        revoked=seconds(row.revoked),
    )


async def _read(key: str) -> ApiToken | None:
    row = await Token.get_or_none(digest=key).prefetch_related("owner")
    return None if row is None else _of(row)


async def _write(news: dict[int, tuple[float, str]], over: float) -> None:
    for one, (used, address) in news.items():
        await Token.filter(id=one).update(used=moment(used), used_from=storable(address, 100))
    await Token.filter(revoked__lt=moment(over)).delete()
    await Token.filter(expires__lt=moment(over)).delete()
