"""Rules in files, looked at again as they change: put into the book, and taken out when they are gone."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec

from gobs_core.logs import get_logger
from gobs_server.alerts.book import Book
from gobs_server.alerts.desk import Desk
from gobs_server.alerts.judging.judging import Judging
from gobs_server.alerts.keeping.journal import Drop, Journal, JournalError, Op, Put
from gobs_server.alerts.keeping.keeper import Keeper
from gobs_server.alerts.rules.files import Stamp, load_folder, same_rules, stamp
from gobs_server.alerts.rules.rule import Rule, judged_alike
from gobs_server.clock import Clock

log = get_logger("gobs.alerts")


class RuleFiles:
    """Follows one folder. `run` until cancelled; `look` once before."""

    def __init__(
        self,
        folder: Path | None,
        desk: Desk,
        book: Book,
        keeper: Keeper,
        journal: Journal,
        clock: Clock,
        judging: Judging,
        *,
        every: float = 10.0,
    ) -> None:
        self.faults: list[str] = []
        """What is wrong in the files, each with its file, rule and field."""
        self._folder = folder
        self._desk = desk
        self._book = book
        self._keeper = keeper
        self._journal = journal
        self._clock = clock
        self._judging = judging
        self._every = every
        self._stamp: Stamp | None = None

    async def run(self) -> None:
        """Look now and then."""
        while self._folder is not None:
            await asyncio.sleep(self._every)
            try:
                await self.look()
            except JournalError:
                continue

    async def look(self) -> None:
        """Take up what the files say now, if they were changed."""
        if self._folder is None:
            async with self._keeper.lock:
                await self._take([])
            return
        now = await asyncio.to_thread(stamp, self._folder)
        if now == self._stamp:
            return
        around = self._desk.surroundings()
        own = {rule.name for rule in self._book.rules.values() if rule.origin == "file"}
        others = [name for name in around.others if name not in own]
        loaded = await asyncio.to_thread(load_folder, self._folder, around.named(others), self._clock.wall())
        self.faults, self._stamp = loaded.faults, now
        for fault in loaded.faults:
            log.warning("a rule in a file is not right and is left out", fault=fault)
        async with self._keeper.lock:
            await self._take(loaded.rules + self._waiting(loaded.faulty))

    def _waiting(self, faulty: Collection[str]) -> list[Rule]:
        """Of the rules that are not right now, those as they were whose condition is broken: they wait for it."""
        rules = [rule for rule in self._book.rules.values() if rule.origin == "file" and rule.name in faulty]
        return [rule for rule in rules if self._judging.why_unjudged(rule)]

    async def _take(self, rules: Sequence[Rule]) -> None:
        """Put these rules in the place of those that files brought before."""
        changed: list[Rule] = []
        void: list[str] = []
        there = {rule.id for rule in rules}
        for rule in rules:
            old = self._book.rule(rule.id)
            if old is not None and same_rules(old, rule):
                continue
            if old is not None:
                alike = judged_alike(old, rule)
                rule = msgspec.structs.replace(rule, created=old.created, judged=old.judged if alike else rule.judged)
                void += [] if alike else [rule.id]
            changed.append(rule)
        gone = [rule.id for rule in self._book.rules.values() if rule.origin == "file" and rule.id not in there]
        ops: list[Op] = [Put("rule", rule.id, msgspec.json.encode(rule)) for rule in changed]
        ops += [Drop("rule", rule) for rule in gone]
        if not ops:
            return
        await self._journal.write(ops)
        for rule in changed:
            self._book.put_rule(rule)
        for one in gone:
            self._book.drop_rule(one)
        await self._desk.judge(void, gone)
