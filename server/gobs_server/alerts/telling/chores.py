"""Chores: what the clock alone brings: the engine's tick, reminders, silences that end, and a sign of life."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from gobs_core import Event
from gobs_server.alerts.book import Book
from gobs_server.alerts.judging.engine import Engine
from gobs_server.alerts.keeping.journal import Drop, Journal, JournalError, Op, Put
from gobs_server.alerts.keeping.keeper import Keeper
from gobs_server.alerts.keeping.loading import ALIVE
from gobs_server.alerts.records import Alert, Intent
from gobs_server.alerts.telling.announcing import Announcing
from gobs_server.alerts.telling.post import Post
from gobs_server.alerts.telling.silence import Silence
from gobs_server.clock import Clock

_KEPT = 30 * 86400.0
"""Seconds a silence that is over stays to be seen."""


class Chores:
    """Done once a second. Lives as long as the server."""

    def __init__(
        self,
        engine: Engine,
        keeper: Keeper,
        book: Book,
        announcing: Announcing,
        post: Post,
        journal: Journal,
        clock: Clock,
    ) -> None:
        self._engine = engine
        self._keeper = keeper
        self._book = book
        self._announcing = announcing
        self._post = post
        self._journal = journal
        self._clock = clock
        self._seconds = 0

    async def tick(self) -> None:
        """Do what is due."""
        self._engine.tick()
        now = self._clock.wall()
        async with self._keeper.lock:
            intents = [*self._reminders(now), *await self._silences(now)]
            await self._keeper.look_again(intents)
        self._seconds += 1
        try:
            await self._journal.set_meta(ALIVE, repr(now))
            if self._seconds % 60 == 0:
                await self._post.tidy()
        except JournalError:
            pass

    def _reminders(self, now: float) -> list[Intent]:
        """Intents to tell again of what still fires."""
        groups: dict[tuple[str, str], Alert] = {}
        for alert in self._keeper.alerts.values():
            for channel in alert.told or ():
                groups.setdefault((channel, alert.group), alert)
        return [
            self._announcing.reminder(alert, channel, now)
            for (channel, group), alert in groups.items()
            if (rule := self._book.rule(alert.rule)) is not None
            and rule.repeat_seconds
            and (sent := self._post.sent_at(channel, group))
            and now - sent >= rule.repeat_seconds
            and not self._post.waits(channel, group)
            and not self._announcing.why_quiet(alert, now)
        ]

    async def _silences(self, now: float) -> list[Intent]:
        """Let silences end, and tell of those that soon will."""
        ops: list[Op] = []
        intents: list[Intent] = []
        for silence in self._book.silences:
            if silence.ended is not None:
                if now - silence.ended > _KEPT:
                    self._book.drop_silence(silence.id)
                    ops.append(Drop("silence", silence.id))
                continue
            changed = self._gone_on(silence, now)
            if not changed.reminded and _soon(changed, now):
                intents += self._ending(changed, now)
                changed = msgspec.structs.replace(changed, reminded=True)
            if changed is not silence:
                self._book.put_silence(changed)
                ops.append(Put("silence", changed.id, msgspec.json.encode(changed)))
        if ops:
            try:
                await self._journal.write(ops)
            except JournalError:
                return []
        return intents

    def _gone_on(self, silence: Silence, now: float) -> Silence:
        """The silence as it is now."""
        if silence.until is not None and now >= silence.until:
            return msgspec.structs.replace(silence, ended=silence.until)
        if silence.until is None and silence.weekly is None and now >= silence.since_when:
            fires = bool(self._book.matched(silence, self._keeper.alerts.values()))
            if fires and not silence.matched:
                return msgspec.structs.replace(silence, matched=True)
            if silence.matched and not fires:
                return msgspec.structs.replace(silence, ended=now)
        return silence

    def _ending(self, silence: Silence, now: float) -> Iterable[Intent]:
        """Intents to tell that a silence ends."""
        matched = self._book.matched(silence, self._keeper.alerts.values())
        channels = silence.channels
        if channels is None:
            channels = sorted({name for alert in matched for name in self._book.channels_for(alert.rule)})
        until = datetime.fromtimestamp(silence.until or now, UTC).strftime("%Y-%m-%d %H:%M UTC")
        said = f": {silence.comment}" if silence.comment else ""
        quiet = f"; {len(matched)} alerts fire under it" if matched else ""
        summary = f"A silence ends at {until}{said}{quiet}"
        return [
            Intent(
                id=str(uuid.uuid4()), channel=channel, group=f"silence|{silence.id}", rule="", event=Event.SILENCE,
                at=now, summary=summary,
            )
            for channel in channels
        ]  # fmt: skip


def _soon(silence: Silence, now: float) -> bool:
    """Whether people are to be told now that it ends."""
    before, until = silence.remind_seconds, silence.until
    if not before or until is None or silence.weekly is not None or silence.ended is not None:
        return False
    return until - silence.since_when >= 2 * before and until - before <= now < until
