"""All of the alerts, alive: over machines that exist only here, with a real journal and a real database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gobs_core import Condition, Notification, Notifier, NotifierConfig, PluginConfig, PluginState, Receipt, RowValues
from gobs_core.plugins import Origin, Plugins
from gobs_server.alert_settings import AlertSettings
from gobs_server.alerts.conditions import gobs_register_conditions
from gobs_server.alerts.holding import Extensions
from gobs_server.alerts.rules.rule import Rule, RuleFields
from gobs_server.alerts.service import Alerts, Ground
from gobs_server.db import Address, Database, Store
from gobs_server.web.format import full
from tests.server.alerts.rig import BOX
from tests.server.feeding import Cluster, HeldClock, Machine
from tests.support.database import fresh
from tests.support.waiting import until

Send = Callable[[Notification], Receipt]


class Memory(Notifier):
    """Keeps what it is given, and answers as it is told to."""

    name = "memory"
    sent: list[Notification]
    answer: Send

    async def send(self, notification: Notification) -> Receipt:
        """Keep it."""
        receipt = type(self).answer(notification)
        type(self).sent.append(notification)
        return receipt


def memory(answer: Send = lambda notification: Receipt(reference=notification.key, said="200 OK")) -> type[Memory]:
    """Return a notifier of one's own."""
    return type("Memory", (Memory,), {"sent": [], "answer": staticmethod(answer)})


class Ticking(HeldClock):
    """Goes on by itself, and can be moved on besides."""

    def __init__(self) -> None:
        super().__init__()
        self._began = asyncio.get_running_loop().time()
        self.moved = self.now

    def wall(self) -> float:
        return self.moved + asyncio.get_running_loop().time() - self._began

    def monotonic(self) -> float:
        return self.wall() - self.now + 1000

    def move(self, seconds: float) -> None:
        self.moved += seconds


class Living:
    """The alerts of one server. `async with` it; `again()` makes the next server on the same files."""

    def __init__(
        self,
        folder: Path,
        *notifiers: type[Notifier],
        address: Address | None = None,
        cluster: Cluster | None = None,
        configs: Mapping[str, NotifierConfig] | None = None,
        conditions: tuple[type[Condition], ...] = (),
        inside: tuple[str, ...] = (),
        origins: Mapping[tuple[str, str], Origin] | None = None,
        unfit: Mapping[str, str] | None = None,
        failed: tuple[PluginState, ...] = (),
        **settings: Any,
    ) -> None:
        self.folder = folder
        self.notifiers = notifiers or (memory(),)
        self.address = address or fresh(folder)
        self.cluster = cluster or Cluster(Ticking())
        self.clock = self.cluster.clock
        self.configs = dict(configs) if configs is not None else {cls.name: cls.Config() for cls in self.notifiers}
        self.conditions = conditions
        self.inside = inside
        self.origins = origins or {}
        self.settings = {"starter": False, "grace": 0.0, **settings}
        self.store = Store(Database(self.address), pause=0.05)
        plugins = Plugins(
            conditions={cls.name: cls for cls in (*gobs_register_conditions(), *conditions)},
            notifiers={cls.name: cls for cls in self.notifiers},
            origins=self.origins,
            failed=failed,
        )
        own: dict[tuple[str, str], PluginConfig] = {("notifier", name): one for name, one in self.configs.items()}
        ground = Ground(self.cluster.live, self.cluster.history, self.store, self.clock)
        made = AlertSettings(**self.settings)
        self.alerts = Alerts(
            made,
            folder,
            ground,
            shown=full,
            url="https://gobs.example",
            inside=inside,
            extensions=Extensions(plugins, own, unfit=unfit or {}, named=frozenset(self.configs)),
        )
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self.store.run())]
        await self.alerts.open()
        self._tasks += [asyncio.create_task(work()) for work in self.alerts.parts().values()]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks[1:]:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self.alerts.close()
        self.store.finish()
        await asyncio.wait_for(self._tasks[0], 20)

    def again(self) -> Living:
        """Return the next server on the same files and machines."""
        return Living(
            self.folder, *self.notifiers, address=self.address, cluster=self.cluster, configs=self.configs,
            conditions=self.conditions, inside=self.inside, **self.settings,
        )  # fmt: skip

    @property
    def sent(self) -> list[Notification]:
        """What the first notifier was given."""
        found: list[Notification] = self.notifiers[0].sent  # type: ignore[attr-defined]  # one of memory()
        return found

    async def rule(self, **more: Any) -> Rule:
        """Save a rule about boxes."""
        said: dict[str, Any] = {"name": "large", "target": "row", "metric": "box.size", "threshold": 50.0, **more}
        return (await self.alerts.desk.add_rule(RuleFields(**said), "ann")).rule

    def machine(self, name: str = "n1") -> Machine:
        """Return a node with boxes."""
        return self.cluster.machine(name, BOX)

    async def feed(self, machine: Machine, boxes: Mapping[str, float | None], *, after: float = 5.0) -> None:
        """Let a node be read, and what is found be written down."""
        rows: list[RowValues] = [(name, "shop", "", size, 0) for name, size in boxes.items()]
        machine.feed({BOX: rows}, after=after)
        await self.settled()

    def move(self, seconds: float) -> None:
        """Let time pass for those who send."""
        self.clock.move(seconds)
        for sender in self.alerts.post._senders.values():
            sender.wake()

    async def settled(self) -> None:
        """Wait until what was found is written down."""
        async with self.alerts.keeper.lock:
            await self.alerts.keeper.settle()

    async def told(self, count: int) -> list[Notification]:
        """Wait for so many messages, and until it is noted when they were taken: time may be moved on after that."""
        await until(lambda: len(self.sent) >= count and not self._sending(self.notifiers[0].name), 20)
        return self.sent

    def _sending(self, kind: str) -> bool:
        """Whether a notifier is at work."""
        senders = self.alerts.post._senders.values()
        return any(sender._turn.locked() for sender in senders if sender.made.settings.kind == kind)

    def states(self) -> dict[str, str]:
        """Box -> state of the alerts that fire, by the last part of their key."""
        return {alert.key[-1]: alert.state for alert in self.alerts.keeper.alerts.values()}
