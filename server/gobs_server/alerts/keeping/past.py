"""Alerts of the past: from the database, and from the journal while that does not answer, or not soon."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple, TypeVar

import msgspec

from gobs_server.alerts.keeping.journal import Journal
from gobs_server.alerts.records import Alert, Change
from gobs_server.alerts.words import searched
from gobs_server.db import Store, Unavailable
from gobs_server.db.alerts import AlertSearch, read_alert, read_changes, search_alerts
from gobs_server.db.patience import within

T = TypeVar("T")
_PATIENCE = 2.0
"""Seconds somebody who looks at a page waits for the database."""
_REST = 10.0
"""Seconds it is not asked again after that."""
_HERE = 20_000
"""Alerts of the journal that are looked through at most."""


class Page(NamedTuple):
    """Some alerts of those that were found."""

    total: int
    alerts: list[Alert]
    complete: bool
    """Whether the database was asked; the journal has only the newest."""


class Past:
    """Finds alerts. Lives as long as the server."""

    def __init__(self, journal: Journal, store: Store) -> None:
        self._journal = journal
        self._store = store
        self._rests = 0.0

    async def search(self, wanted: AlertSearch, limit: int, offset: int) -> Page:
        """Alerts, those that fired last first."""
        try:
            count, bodies = await self._ask(partial(search_alerts, wanted, limit, offset))
        except Unavailable:
            return await self._here(wanted, limit, offset)
        return Page(count, [_alert(body) for body in bodies], True)

    async def alert(self, id: str) -> Alert | None:  # noqa: A002  a record's own word
        """One alert."""
        raw = await self._journal.get("alert", id)
        if raw is not None:
            return _alert(raw)
        try:
            body = await self._ask(partial(read_alert, id))
        except Unavailable:
            return None
        return None if body is None else _alert(body)

    async def changes(self, alert: str) -> list[Change]:
        """The steps of an alert's life."""
        try:
            bodies: list[str] = await self._ask(partial(read_changes, alert))
        except Unavailable:
            bodies = []
        found = [msgspec.json.decode(body, type=Change) for body in bodies]
        known = {change.id for change in found}
        here = [msgspec.json.decode(raw, type=Change) for raw in await self._journal.latest("change", _HERE)]
        found += [change for change in here if change.alert == alert and change.id not in known]
        return sorted(found, key=lambda change: change.at)

    async def _ask(self, work: Callable[[], Awaitable[T]]) -> T:
        """Ask the database; raises Unavailable where it does not answer soon, or did not of late."""
        now = asyncio.get_running_loop().time()
        if now < self._rests:
            raise Unavailable("it did not answer of late")
        try:
            return await within(self._store.do(work), _PATIENCE)
        except TimeoutError:
            self._rests = now + _PATIENCE + _REST
            raise Unavailable("it does not answer") from None

    async def _here(self, wanted: AlertSearch, limit: int, offset: int) -> Page:
        alerts = [_alert(raw) for raw in await self._journal.load("alert")]
        found = [alert for alert in alerts if matches(alert, wanted)]
        found.sort(key=lambda alert: (-alert.fired, alert.id))
        return Page(len(found), found[offset : offset + limit], False)


def matches(alert: Alert, wanted: AlertSearch) -> bool:
    """Whether an alert is wanted: what the database says in its own words."""
    for name in ("state", "severity", "node", "namespace", "pod", "rule"):
        text, own = getattr(wanted, name), str(getattr(alert, name))
        if text and not (own.startswith(text[:-1]) if text.endswith("*") and name != "rule" else own == text):
            return False
    if wanted.words and not all(word in text for text in [searched(alert)] for word in wanted.words):
        return False
    if wanted.until is not None and alert.fired > wanted.until:
        return False
    return wanted.since is None or alert.resolved is None or alert.resolved >= wanted.since


def _alert(body: str | bytes) -> Alert:
    return msgspec.json.decode(body, type=Alert)
