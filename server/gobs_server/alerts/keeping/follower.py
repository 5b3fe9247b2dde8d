"""The follower: brings the database up to what the journal says, whenever it can be had, and lets go of what is old."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial

import msgspec

from gobs_core.logs import get_logger
from gobs_server.alerts.keeping.journal import Fed, Journal, JournalError
from gobs_server.alerts.records import Alert, Change, Delivery
from gobs_server.alerts.words import searched
from gobs_server.clock import Clock
from gobs_server.db import Store, Unavailable, of_rows
from gobs_server.db.alerts import (
    Kept,
    KeptAlert,
    KeptChange,
    KeptDelivery,
    KeptRecord,
    drop_records,
    has_record,
    prune_alerts,
    put_alerts,
    read_wordless,
    set_words,
)

log = get_logger("gobs.alerts")
_BATCH = 500
_JOURNAL = "journal"
_HOUR = 3600.0
KEPT_HERE = 1000
"""Alerts, steps and messages of the past that stay in the journal, whatever the database has."""


class Follower:
    """Follows. `run` until cancelled; nobody waits for it."""

    def __init__(self, journal: Journal, store: Store, clock: Clock, *, keep: float, every: float = 1.0) -> None:
        self.behind = 0
        """Records that the database does not have yet."""
        self.failures = 0
        """Records that the database did not take."""
        self.fault = ""
        """Why the database is not written now, though it may answer; empty: it is, or was not tried."""
        self._journal = journal
        self._store = store
        self._clock = clock
        self._keep = keep
        self._every = every
        self._opening = 0
        self._pruned = float("-inf")
        self._woken = asyncio.Event()

    async def caught_up(self, patience: float = 1.0) -> None:
        """Wait until the database has what the journal has now, or that long; not while it takes nothing."""
        if self.fault or self._store.fault:
            return
        until = asyncio.get_running_loop().time() + patience
        self._woken.set()
        while await self._journal.waiting() and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.02)
            self._woken.set()

    async def run(self) -> None:
        """Follow."""
        while True:
            self._woken.clear()
            try:
                self.behind = await self._journal.waiting()
                async with asyncio.timeout(5.0):  # wait_for of Python 3.11 may swallow a cancellation
                    await self._store.opened()
                await self._catch_up()
                await self._prune()
            except (TimeoutError, Unavailable, JournalError) as error:
                self._said(str(error) if isinstance(error, Unavailable) else "")
                await asyncio.sleep(self._every)
                continue
            self._said("")
            with suppress(TimeoutError):
                async with asyncio.timeout(self._every):
                    await self._woken.wait()

    def _said(self, fault: str) -> None:
        if fault and not self.fault:
            log.warning("the database of alerts lies behind; the journal has everything", why=fault)
        self.fault = fault

    async def _catch_up(self) -> None:
        if self._opening != self._store.openings:
            opening = self._store.openings
            if not await self._store.do(partial(has_record, self._journal.id)):
                await self._journal.feed_all()
                mark = KeptRecord(self._journal.id, _JOURNAL, "{}")
                await self._store.do(partial(put_alerts, [mark]))
            self._opening = opening
            await self._find_words()
        while lines := await self._journal.feed(_BATCH):
            await self._follow(lines)
            await self._journal.fed(lines[-1].seq)
            self.behind = await self._journal.waiting()

    async def _find_words(self) -> None:
        """Let what was written before there were words be found by them, once."""
        while bodies := await self._store.do(partial(read_wordless, _BATCH)):
            alerts = [msgspec.json.decode(body, type=Alert) for body in bodies]
            await self._store.do(partial(set_words, {alert.id: searched(alert) for alert in alerts}))

    async def _follow(self, lines: Sequence[Fed]) -> None:
        rows: defaultdict[type[Kept], list[Kept]] = defaultdict(list)
        for row in kept(lines):
            rows[type(row)].append(row)
        gone = [line.id for line in lines if line.body is None and line.kind in ("rule", "silence", "channel")]
        if gone:
            await self._store.do(partial(drop_records, gone))
        for some in rows.values():
            try:
                await self._store.do(partial(put_alerts, some))
            except Unavailable:
                raise
            except Exception:  # noqa: BLE001  drivers raise what they like: is it one row?
                await self._each(some)

    async def _each(self, rows: Iterable[Kept]) -> None:
        """Row by row, so that one the database does not take costs no other."""
        for row in rows:
            try:
                await self._store.do(partial(put_alerts, [row]))
            except Unavailable:
                raise
            except Exception as error:
                if not of_rows(error):
                    raise Unavailable(f"it takes nothing now ({type(error).__name__})") from error
                self.failures += 1
                log.warning("the database does not take a record of an alert", id=row.id, error=type(error).__name__)

    async def _prune(self) -> None:
        now = self._clock.monotonic()
        if now - self._pruned < _HOUR:
            return
        self._pruned = now
        before = self._clock.wall() - self._keep
        gone = await self._store.do(partial(prune_alerts, before))
        here = await self._journal.prune(self._clock.wall() - min(self._keep, 24 * _HOUR), KEPT_HERE)
        if gone or here:
            log.info("old alerts are let go", database=gone, journal=here)


def kept(lines: Iterable[Fed]) -> Iterable[Kept]:
    """Lines of the feed as rows of the database."""
    for line in lines:
        if line.body is None:
            continue
        body = line.body.decode()
        if line.kind == "alert":
            a = msgspec.json.decode(line.body, type=Alert)
            yield KeptAlert(
                a.id, a.rule, a.severity.value, a.state, a.node, a.namespace, a.pod, a.fired, a.resolved, searched(a),
                body,
            )  # fmt: skip
        elif line.kind == "change":
            c = msgspec.json.decode(line.body, type=Change)
            yield KeptChange(c.id, c.alert, c.at, body)
        elif line.kind == "delivery":
            d = msgspec.json.decode(line.body, type=Delivery)
            yield KeptDelivery(d.id, d.channel, d.state, d.made, body)
        else:
            yield KeptRecord(line.id, line.kind, body)
