"""Alerts as the server has them: all parts put together, begun in order, and ended in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from gobs_core import PluginConfig, PluginState
from gobs_core.logs import get_logger
from gobs_server.alert_settings import AlertSettings
from gobs_server.alerts import words
from gobs_server.alerts.book import Book
from gobs_server.alerts.desk import Desk
from gobs_server.alerts.holding import Extensions, Holding
from gobs_server.alerts.judging.engine import Engine
from gobs_server.alerts.judging.judging import Judging
from gobs_server.alerts.keeping.contributors import Contributors
from gobs_server.alerts.keeping.follower import KEPT_HERE, Follower
from gobs_server.alerts.keeping.journal import Journal, JournalError, Put
from gobs_server.alerts.keeping.keeper import Keeper
from gobs_server.alerts.keeping.loading import SEEDED, from_database, load_book, load_lanes
from gobs_server.alerts.keeping.past import Page, Past, matches
from gobs_server.alerts.records import Alert, ChannelSettings, Delivery
from gobs_server.alerts.rules.files import starter_rules
from gobs_server.alerts.rules.rulefiles import RuleFiles
from gobs_server.alerts.telling.announcing import Announcing
from gobs_server.alerts.telling.channels import Kinds
from gobs_server.alerts.telling.chores import Chores
from gobs_server.alerts.telling.faring import notifier_states
from gobs_server.alerts.telling.messages import Messages
from gobs_server.alerts.telling.post import Post
from gobs_server.alerts.telling.switchboard import Switchboard
from gobs_server.alerts.trying.trials import Trials
from gobs_server.alerts.words import Shown
from gobs_server.clock import Clock
from gobs_server.db import Store
from gobs_server.db.alerts import AlertSearch
from gobs_server.history import History
from gobs_server.live import Live

log = get_logger("gobs.alerts")
Work = Callable[[], Coroutine[Any, Any, None]]


class Ground(NamedTuple):
    """What alerts stand on."""

    live: Live
    history: History
    store: Store
    clock: Clock


class Texts(NamedTuple):
    """What people read of an alert."""

    row: str
    value: str
    worst: str
    threshold: str
    reason: str
    quiet: str
    """Why nobody is told of it; empty: people are, or it is over."""


class Alerts:
    """All of it. Lives as long as the server: `open`, run what `parts` names, then `close`.

    `shown` writes values for people, `inside` are targets on the inside that channels may call, `redact` hides secrets.
    """

    def __init__(
        self,
        settings: AlertSettings,
        folder: Path,
        ground: Ground,
        *,
        shown: Shown,
        url: str = "",
        inside: Sequence[str] = (),
        extensions: Extensions | None = None,
        redact: Callable[[str], str] = str,
    ) -> None:
        live, history, store, clock = ground
        self._settings = settings
        self._live = live
        self._history = history
        self._store = store
        self._clock = clock
        self._shown = shown
        self._plugins, self._configs, workers, unfit, _ = self._extensions = extensions or Extensions()
        path = Path(settings.journal).expanduser() if settings.journal else folder / "alerts.sqlite3"
        self.journal = Journal(path)
        self._holding = Holding(self._plugins, workers, redact)
        self.judging = Judging(self._plugins.conditions, self._of_kind("condition"), self._holding)
        self.engine = Engine(live, self.judging, clock, grace=settings.grace)
        self.book = Book()
        self.kinds = Kinds(self._plugins.notifiers, url, inside, self._holding, unfit)
        self.announcing = Announcing(self.book)
        self.post = Post(
            self.journal,
            self.book,
            self.kinds,
            Messages(clock, shown, lambda: url),
            clock,
            firing=lambda: self.keeper.alerts,
            stopped=self._stopped,
        )
        self.keeper = Keeper(
            self.engine,
            self.journal,
            self.book,
            self.announcing,
            Contributors(history, shown),
            clock,
            shown,
            self.post.deliver,
        )
        self.desk = Desk(self.book, self.keeper, self.engine, self.judging, self.journal, live, clock)
        self.switchboard = Switchboard(self.book, self.keeper, self.journal, self.kinds, self.post, clock)
        self.follower = Follower(self.journal, store, clock, keep=settings.keep)
        self.past = Past(self.journal, store)
        rules = Path(settings.rules).expanduser() if settings.rules else None
        self.files = RuleFiles(rules, self.desk, self.book, self.keeper, self.journal, clock, self.judging)
        self.trials = Trials(self.engine, self.judging, live, history, clock, self._begin)
        self._chores = Chores(self.engine, self.keeper, self.book, self.announcing, self.post, self.journal, clock)
        self._beside: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Take up what was so when the last server ended; raises UserError where the journal cannot be used."""
        await self.journal.open()
        self.judging.open()
        if self.journal.fresh:
            await from_database(self.journal, self._store)
        await load_book(self.journal, self.book)
        await self._seed()
        await self.switchboard.from_settings(
            self._extensions.channels(), self._extensions.broken(self.book.channels.values())
        )
        await self.judging.learn(self.book.rules.values())
        self.engine.set_rules(self.book.rules.values())
        await self.files.look()
        self.judging.note_rules(self.book.rules.values())
        async with self.keeper.lock:
            left = await load_lanes(self.journal, self.book, self.engine, self.keeper, self._clock)
            await self.post.open()
            await self.keeper.settle(left)
        self._live.observer = self.engine.frame
        self._history.observer = self.trials.filled

    async def close(self) -> None:
        """Write down what was found last, deliver no more, and close."""
        self._live.observer = self._history.observer = None
        if self.journal.id:
            async with self.keeper.lock:
                await self.keeper.settle()
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
        await self.post.close()
        await self.judging.end()
        self.judging.close()
        await self.journal.close()

    # -- what pages and REST ask

    async def search(self, wanted: AlertSearch, limit: int, offset: int) -> Page:
        """Alerts, those that fired last first; those that fire now are from memory."""
        if wanted.state == "firing":
            return self._of_memory(wanted, limit, offset, complete=True)
        try:
            await self.follower.caught_up()
            return await self.past.search(wanted, limit, offset)
        except JournalError:
            return self._of_memory(wanted, limit, offset, complete=False)

    def firing(self, wanted: AlertSearch) -> list[Alert]:
        """The alerts that fire now, the newest first."""
        found = [alert for alert in self.keeper.alerts.values() if matches(alert, wanted)]
        return sorted(found, key=lambda alert: (-alert.fired, alert.id))

    def _of_memory(self, wanted: AlertSearch, limit: int, offset: int, *, complete: bool) -> Page:
        found = self.firing(wanted)
        return Page(len(found), found[offset : offset + limit], complete)

    async def find(self, alert_id: str) -> Alert | None:
        """One alert."""
        return self.keeper.alerts.get(alert_id) or await self.past.alert(alert_id)

    async def deliveries(self, channel: str, state: str, limit: int) -> list[Delivery]:
        """Messages: those on their way, then the newest of the others."""
        under_way = sorted(self.post.under_way(), key=lambda one: -one.made)
        asked = {name: said for name, said in (("channel", channel), ("state", state)) if said}
        raw = await self.journal.latest("delivery", KEPT_HERE, **asked)
        over = [msgspec.json.decode(one, type=Delivery) for one in raw]
        known = {one.id for one in under_way}
        found = [*under_way, *(one for one in over if one.id not in known)]
        return [one for one in found if channel in ("", one.channel) and state in ("", one.state)][:limit]

    async def delivery(self, delivery_id: str) -> Delivery | None:
        """One message."""
        raw = await self.journal.get("delivery", delivery_id)
        return None if raw is None else msgspec.json.decode(raw, type=Delivery)

    def texts(self, alert: Alert) -> Texts:
        """What people read of an alert."""
        quiet = ""
        if alert.state == "firing" and alert.told is None:
            quiet = self.announcing.why_quiet(alert, self._clock.wall()) or "a graver severity fires as well"
        return Texts(
            words.row(alert),
            words.value(alert.value, alert, self._shown),
            words.value(alert.worst, alert, self._shown),
            words.value(alert.threshold, alert, self._shown),
            words.reason(alert),
            quiet,
        )

    # -- life

    def parts(self) -> Mapping[str, Work]:
        """What works in the background, by name."""
        return {
            "alerts": self.keeper.run,
            "alert clock": self._ticking,
            "alert history": self.follower.run,
            "rule files": self.files.run,
        }

    def troubles(self) -> dict[str, str]:
        """What does not work: part -> what is to be said of it."""
        found = {}
        if self.journal.fault:
            found["alert journal"] = "it cannot be written: alerts are found, and told as soon as it can be again"
        if self.follower.fault:
            found["alert history"] = f"the database lies {self.follower.behind} records behind: {self.follower.fault}"
        if stopped := [channel.name for channel in self.book.channels.values() if channel.stopped]:
            found["channels"] = f"nothing is sent on {', '.join(sorted(stopped)[:5])}"
        if self.files.faults:
            found["rule files"] = f"{len(self.files.faults)} faults; the server's log names each"
        return found

    def states(self) -> list[PluginState]:
        """How the plugins that judge and tell fare."""
        telling = notifier_states(self._plugins.notifiers, self.book, self.post, self._holding)
        return [*self.judging.states(self._plugins), *telling]

    def lift(self, kind: str, name: str) -> bool:
        """Let a plugin in quarantine be tried again at once; returns whether it was in one."""
        if kind == "notifier":
            return self.post.lift(name)
        return kind == "condition" and self.judging.lift(name)

    async def _ticking(self) -> None:
        while True:
            await asyncio.sleep(1)
            await self._chores.tick()
            self._holding.watch()
            await self.desk.learn_again()

    async def _seed(self) -> None:
        """Put in the starter rules, once."""
        if await self.journal.meta(SEEDED):
            return
        if self._settings.starter and not self.book.rules:
            rules = starter_rules(self.desk.surroundings(), self._clock.wall())
            await self.journal.write([Put("rule", rule.id, msgspec.json.encode(rule)) for rule in rules])
            for rule in rules:
                self.book.put_rule(rule)
        await self.journal.set_meta(SEEDED, "1")

    def _of_kind(self, kind: str) -> dict[str, PluginConfig]:
        return {name: config for (one, name), config in self._configs.items() if one == kind}

    def _stopped(self, channel: ChannelSettings) -> None:
        if channel.stopped:
            log.warning("nothing more is sent on a channel", channel=channel.name, why=channel.stopped)
        else:
            log.info("a channel is used again", channel=channel.name)
        self._begin(self.switchboard.stop(channel))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside all else."""
        task = asyncio.get_running_loop().create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._beside.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("work beside the alerts failed", exc_info=error)
