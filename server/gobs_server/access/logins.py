"""Browsers that have logged in: what each shows, how long it is believed, and how that is ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from gobs_server.access.credentials import digest, new_session
from gobs_server.access.kept import Kept
from gobs_server.access.people import Person, person
from gobs_server.access.times import moment, seconds, storable
from gobs_server.access_settings import AccessSettings
from gobs_server.clock import Clock
from gobs_server.db import Store
from gobs_server.db.people import Session

_MOST_OF_ONE = 50
"""Logins one account has at once; the oldest end first."""


@dataclass(frozen=True, slots=True)
class Login:
    """One browser. A value. Times: seconds since 1970."""

    id: int
    who: Person
    how: str
    created: float
    seen: float
    expires: float
    address: str
    agent: str


class Logins:
    """All of them. Every method that asks the database raises Unavailable."""

    def __init__(self, store: Store, clock: Clock, settings: AccessSettings) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings
        self._kept: Kept[Login] = Kept(clock)
        self._seen: dict[int, float] = {}
        self._unwritten: set[int] = set()

    async def begin(self, who: Person, how: str, address: str, agent: str) -> str:
        """Let a browser in, and return what it is to show from now on."""
        shown, now = new_session(), self._clock.wall()
        make = partial(
            Session.create,
            digest=digest(shown),
            user_id=who.id,
            how=how,
            created=moment(now),
            seen=moment(now),
            expires=moment(now + self._settings.lifetime),
            address=storable(address, 100),
            agent=storable(agent, 300),
        )
        await self._store.do(make)
        await self._store.do(partial(_end_oldest, who.id))
        return shown

    async def find(self, shown: str) -> Login | None:
        """Return whose browser it is; None: nobody's, or no longer."""
        key = digest(shown)
        found = await self._kept.get(key, lambda: self._store.do(partial(_read, key)))
        if found is None or not self._lasts(found):
            return None
        self._seen[found.id] = self._clock.wall()
        self._unwritten.add(found.id)
        return found

    async def all(self, user: int | None = None) -> list[Login]:
        """Return those that last, of one account or of all, the newest first."""
        query = Session.all if user is None else partial(Session.filter, user_id=user)
        rows = await self._store.do(lambda: query().order_by("-id").limit(1000).prefetch_related("user"))
        return [login for row in rows if self._lasts(login := self._as_value(row))]

    async def end(self, number: int, user: int | None = None) -> Login | None:
        """End one, if it is that account's where one is given; return what it was."""
        where = {"id": number} if user is None else {"id": number, "user_id": user}
        row = await self._store.do(lambda: Session.filter(**where).first().prefetch_related("user"))
        if row is None:
            return None
        await self._store.do(lambda: Session.filter(id=row.id).delete())
        self.forget()
        return self._as_value(row)

    async def end_shown(self, shown: str) -> Login | None:
        """End that of a browser, by what it shows."""
        row = await self._store.do(lambda: Session.get_or_none(digest=digest(shown)))
        return None if row is None else await self.end(row.id)

    async def end_all(self, user: int) -> int:
        """End all of one account, and return how many there were."""
        ended = await self._store.do(lambda: Session.filter(user_id=user).delete())
        self.forget()
        return ended

    def forget(self) -> None:
        """Ask the database anew about every browser: an account has changed."""
        self._kept.forget()

    async def write(self) -> None:
        """Write when each was last seen, and remove those that last no longer."""
        news = {one: self._seen[one] for one in self._unwritten if one in self._seen}
        self._unwritten.clear()
        now = self._clock.wall()
        await self._store.do(partial(_write, news, now - self._settings.idle, now))
        self._seen = {one: seen for one, seen in self._seen.items() if seen > now - self._settings.idle}

    def _lasts(self, login: Login) -> bool:
        now = self._clock.wall()
        seen = max(login.seen, self._seen.get(login.id, 0.0))
        return not login.who.disabled and now < login.expires and now - seen < self._settings.idle

    def _as_value(self, row: Session) -> Login:
        login = _value(row)
        seen = self._seen.get(login.id, 0.0)
        return login if seen <= login.seen else replace(login, seen=seen)


def _value(row: Session) -> Login:
    return Login(
        id=row.id,
        who=person(row.user),
        how=row.how,
        created=seconds(row.created),
        seen=seconds(row.seen),
        expires=seconds(row.expires),
        address=row.address,
        agent=row.agent,
    )


async def _read(key: str) -> Login | None:
    row = await Session.get_or_none(digest=key).prefetch_related("user")
    return None if row is None else _value(row)


async def _end_oldest(user: int) -> None:
    ids = (
        await Session.filter(user_id=user).order_by("-id").offset(_MOST_OF_ONE).limit(1000).values_list("id", flat=True)
    )
    if ids:
        await Session.filter(id__in=list(ids)).delete()


async def _write(news: dict[int, float], idle: float, now: float) -> None:
    for one, seen in news.items():
        await Session.filter(id=one).update(seen=moment(seen))
    await Session.filter(expires__lte=moment(now)).delete()
    await Session.filter(seen__lt=moment(idle)).delete()
