"""Loading: what was so when the last server ended, from the journal, or from the database where there is no journal."""

from __future__ import annotations

import asyncio
from functools import partial
from math import nan
from typing import TypeVar

import msgspec

from gobs_core.logs import get_logger
from gobs_server.alerts.book import Book
from gobs_server.alerts.judging.engine import Engine
from gobs_server.alerts.judging.events import LaneId, LaneState, after_restart
from gobs_server.alerts.judging.lanes import FIRING
from gobs_server.alerts.keeping.journal import Journal, Op, Put
from gobs_server.alerts.keeping.keeper import Keeper, LaneRecord
from gobs_server.alerts.records import Alert, ChannelSettings, Reason
from gobs_server.alerts.rules.rule import Rule
from gobs_server.alerts.telling.silence import Silence
from gobs_server.clock import Clock
from gobs_server.db import Store, Unavailable
from gobs_server.db.alerts import read_firing, read_records

log = get_logger("gobs.alerts")
ALIVE = "alive"
"""The name under which the journal has when this server last lived."""
SEEDED = "seeded"
"""The name under which the journal has that the starter rules were put in."""
_PATIENCE = 15.0
"""Seconds the database is waited for at a start without a journal."""
T = TypeVar("T")


async def from_database(journal: Journal, store: Store) -> bool:
    """Put into a new journal what the database has; whether it had anything."""
    try:
        async with asyncio.timeout(_PATIENCE):
            await store.opened()
        ops: list[Op] = []
        for kind in ("rule", "silence", "channel"):
            bodies = await store.do(partial(read_records, kind))
            ops += [Put(kind, _id_of(body), body.encode()) for body in bodies]
        ops += [Put("alert", _id_of(body), body.encode()) for body in await store.do(read_firing)]
    except (TimeoutError, Unavailable):
        log.warning(
            "there is no journal, and the database does not answer: rules and what fired before are not known",
            journal=str(journal.path),
        )
        return False
    if ops:
        log.warning("there was no journal; rules and what fired are taken from the database", records=len(ops))
        await journal.write(ops)
    return bool(ops)


async def load_book(journal: Journal, book: Book) -> None:
    """Read rules, silences and channels."""
    for raw in await journal.load("rule"):
        if (rule := _decode(raw, Rule)) is not None:
            book.put_rule(rule)
    for raw in await journal.load("silence"):
        if (silence := _decode(raw, Silence)) is not None:
            book.put_silence(silence)
    for raw in await journal.load("channel"):
        if (channel := _decode(raw, ChannelSettings)) is not None:
            book.put_channel(channel)


async def load_lanes(
    journal: Journal, book: Book, engine: Engine, keeper: Keeper, clock: Clock
) -> list[tuple[LaneId, Reason]]:
    """Let engine and keeper go on where the last ones ended; returns the lanes whose rule is another one now."""
    now, shift = clock.wall(), clock.monotonic() - clock.wall()
    alive = min(float(await journal.meta(ALIVE) or now), now)
    alerts = {alert.id: alert for raw in await journal.load("alert") if (alert := _decode(raw, Alert)) is not None}
    firing = {name: alert for name, alert in alerts.items() if alert.state == "firing"}
    left: list[tuple[LaneId, Reason]] = []
    for raw in await journal.load("lane"):
        record = msgspec.json.decode(raw, type=LaneRecord)
        alert = alerts.get(record.alert)
        if alert is not None:
            keeper.adopt(record.lane, alert)
            firing.pop(alert.id, None)
        if why := _gone(record, book, engine, after_restart(_state(record, shift), alive + shift)):
            left.append((record.lane, why))
    for alert in firing.values():
        lane = keeper.lane_of(alert)
        keeper.adopt(lane, alert)
        since = alert.since + shift
        state = LaneState(FIRING, since, clock.monotonic(), clock.monotonic(), alert.worst or nan, late=True)
        if book.rule(lane.rule) is None or not engine.restore(lane, state):
            left.append((lane, "deleted" if book.rule(lane.rule) is None else "disabled"))
    return left


def _gone(record: LaneRecord, book: Book, engine: Engine, state: LaneState) -> Reason | None:
    """Let the engine go on with a lane; returns why that cannot be."""
    rule = book.rule(record.lane.rule)
    if rule is None:
        return "deleted"
    if not rule.enabled:
        return "disabled"
    return None if rule.judged <= record.judged and engine.restore(record.lane, state) else "changed"


def _state(record: LaneRecord, shift: float) -> LaneState:
    return LaneState(
        record.state,
        record.since + shift,
        record.at + shift,
        record.hot_at + shift,
        nan if record.worst is None else record.worst,
        record.cooling,
        record.late,
    )


def _id_of(body: str) -> str:
    return msgspec.json.decode(body, type=_Id).id


class _Id(msgspec.Struct):
    id: str


def _decode(raw: bytes, kind: type[T]) -> T | None:
    """A record, or nothing where another version wrote what this one does not understand."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        log.warning("a record of the journal is not understood and left alone", kind=kind.__name__, error=str(error))
        return None
