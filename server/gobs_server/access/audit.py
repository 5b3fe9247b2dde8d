"""The record of who changed what: written as it happens, kept for so long and no more, and never in anybody's way."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from gobs_core.logs import get_logger
from gobs_core.redact import STARS, Redactor, telling
from gobs_server.access.times import moment, seconds, storable
from gobs_server.access_settings import AccessSettings
from gobs_server.actor import Actor
from gobs_server.clock import Clock
from gobs_server.db import Store
from gobs_server.db.people import Record

log = get_logger("gobs.audit")
REFUSED = "login.refused"
"""The one action that anybody can cause; it never displaces others."""
_WAITING = 1000
_MOST_TEXT = 4096
_MOST_ACTOR, _MOST_ACTION = 200, 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One record. `time`: seconds since 1970; `before` and `after`: what differs, None: it was not there."""

    id: int
    time: float
    actor: str
    kind: str
    role: str
    address: str
    via: str
    action: str
    target: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class AuditLog:
    """All records. Lives as long as the server."""

    def __init__(self, store: Store, clock: Clock, settings: AccessSettings, redact: Redactor | None = None) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings
        self._redact = redact or Redactor()
        self._waiting: deque[dict[str, Any]] = deque(maxlen=_WAITING)
        self.unwritten = 0
        """Records the database has not taken yet, or never will; the log has them all."""

    async def record(
        self,
        actor: Actor,
        action: str,
        target: str,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
    ) -> None:
        """Record one thing done. While the database does not work it waits in memory; the log has it at once."""
        who = {
            "actor": storable(actor.name, _MOST_ACTOR),
            "kind": actor.kind,
            "role": actor.role,
            "address": storable(actor.address, 64),
            "via": storable(actor.via, 64),
            "action": storable(action, _MOST_ACTION),
            "target": storable(self._redact(target), 500),
        }
        was, is_now = _text(self._told(before)), _text(self._told(after))
        log.info("audit", **who, before=was, after=is_now)
        row = {"time": moment(self._clock.wall()), **who, "before": was, "after": is_now}
        self._waiting.append(row)
        self.unwritten += 1
        await self.write()

    async def write(self) -> None:
        """Write what waits; what the database does not take goes on waiting. Raises nothing."""
        while self._waiting:
            row = self._waiting.popleft()
            try:
                await self._store.do(partial(Record.create, **row))
            except Exception as error:  # noqa: BLE001  a record may fail nobody's work
                if self._store.fault:
                    self._waiting.appendleft(row)
                else:
                    log.warning("the database does not take a record", error=repr(error))
                return
            self.unwritten -= 1

    async def prune(self) -> None:
        """Remove what is older than is kept, and what is more; raises Unavailable."""
        oldest = moment(self._clock.wall() - self._settings.audit)
        most = self._settings.audit_rows
        await self._store.do(partial(_prune, oldest, most))

    async def find(
        self,
        *,
        actor: str | None = None,
        action: str | None = None,
        since: float | None = None,
        until: float | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Entry]:
        """Return records, the newest first; `action` may end with a dot for all that begin so. Raises Unavailable."""
        where: dict[str, Any] = {}
        if actor:
            where["actor"] = storable(actor, _MOST_ACTOR)
        if action:
            where["action__startswith" if action.endswith(".") else "action"] = storable(action, _MOST_ACTION)
        if since is not None:
            where["time__gte"] = moment(since)
        if until is not None:
            where["time__lte"] = moment(until)
        if before is not None:
            where["id__lt"] = before
        rows = await self._store.do(lambda: Record.filter(**where).order_by("-id").limit(limit))
        return [_entry(row) for row in rows]

    def _told(self, values: Mapping[str, object] | None) -> dict[str, object] | None:
        return None if values is None else {_key(key): self._clean(str(key), value) for key, value in values.items()}

    def _clean(self, key: str, value: object, depth: int = 0) -> object:
        if telling(key):
            return STARS if value else value
        if isinstance(value, str):
            return storable(self._redact(value), _MOST_TEXT)
        if isinstance(value, Mapping) and depth < 6:
            return {_key(name): self._clean(str(name), inner, depth + 1) for name, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset) and depth < 6:
            return [self._clean("", inner, depth + 1) for inner in value]
        return (
            value
            if value is None or isinstance(value, bool | int | float)
            else storable(self._redact(repr(value)), 200)
        )


def _key(key: object) -> str:
    return storable(str(key), 200)


def _text(values: dict[str, object] | None) -> str:
    if values is None:
        return ""
    text = msgspec.json.encode(values).decode()
    return text if len(text) <= _MOST_TEXT else msgspec.json.encode({"cut": text[: _MOST_TEXT // 2]}).decode()


def _values(text: str) -> dict[str, Any] | None:
    return msgspec.json.decode(text, type=dict[str, Any]) if text else None


def _entry(row: Record) -> Entry:
    return Entry(
        id=row.id,
        time=seconds(row.time),
        actor=row.actor,
        kind=row.kind,
        role=row.role,
        address=row.address,
        via=row.via,
        action=row.action,
        target=row.target,
        before=_values(row.before),
        after=_values(row.after),
    )


async def _prune(oldest: Any, most: int) -> None:
    await Record.filter(time__lt=oldest).delete()
    for rows, keep in ((Record.filter(action=REFUSED), most // 10), (Record.exclude(action=REFUSED), most)):
        over = await rows.order_by("-id").offset(keep).limit(1).values_list("id", flat=True)
        if over:
            await rows.filter(id__lte=over[0]).delete()
