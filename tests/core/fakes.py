"""Collectors, sinks and entry points that do what a test says."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from gobs_core import (
    Cell,
    Collector,
    CollectorConfig,
    Frame,
    Notification,
    Notifier,
    PluginConfig,
    Proc,
    Profile,
    ProfileOrder,
    ProfileProcesses,
    ProfileProgress,
    Profiler,
    Receipt,
    Rows,
    RowValues,
    Sink,
    Table,
    counter,
    gauge,
    hookimpl,
    info,
    key,
)
from gobs_core.agent.loop import Agent
from gobs_core.plugins import Plugins
from gobs_core.settings import AgentSettings, Settings
from gobs_core.settings.sections import BudgetSettings
from gobs_core.testing import FakeClock, FakeProc


@dataclass(frozen=True)
class FakeDistribution:
    """The distribution behind a fake entry point."""

    name: str
    version: str = "1.2.3"


@dataclass(frozen=True)
class FakeEntryPoint:
    """An entry point that gives what it is told to, or raises it."""

    name: str
    gives: Any
    dist: FakeDistribution | None = field(default_factory=lambda: FakeDistribution("acme"))
    value: str = "acme.module"
    loaded: list[str] = field(default_factory=list)
    group: str = "gobs"

    def load(self) -> Any:
        """Note that it was imported, and give or raise."""
        self.loaded.append(self.name)
        if isinstance(self.gives, BaseException):
            raise self.gives
        return self.gives


def module(**hooks: Any) -> ModuleType:
    """Return a plugin module whose hooks (`collectors`, `sinks`, …) return what is given, or raise it."""
    made = ModuleType("acme")
    for kind, result in hooks.items():

        def hook(result: Any = result) -> Any:
            if isinstance(result, BaseException):
                raise result
            return result

        hook.__name__ = f"gobs_register_{kind}"
        setattr(made, hook.__name__, hookimpl(lambda result=result: _give(result)))
    return made


def _give(result: Any) -> Any:
    if isinstance(result, BaseException):
        raise result
    return result


def table(name: str) -> Table:
    """Return a table with one column of every type, and a key."""
    return Table(
        name,
        f"What {name} has",
        [
            key("id", "Which"),
            counter("events", "How many", source="/proc/x"),
            gauge("level", "How much"),
            info("label", "A"),
        ],
    )


class FakeCollector(Collector):
    """Yields what `script` returns, or raises what it raises; `script` may be changed at any time."""

    tables = (table("fake"),)
    script: Callable[[], Any]

    def __init__(self, config: CollectorConfig, context: Any) -> None:
        super().__init__(config, context)
        self.calls: list[str] = []
        self.threads: set[str] = set()

    def open(self, proc: Proc) -> None:
        """Note it."""
        self.calls.append("open")

    def collect(self, proc: Proc) -> Iterator[Rows]:
        """Do what the script says."""
        self.calls.append("collect")
        self.threads.add(threading.current_thread().name)
        result = type(self).script()
        return result if isinstance(result, Iterator) else iter(result)

    def close(self) -> None:
        """Note it."""
        self.calls.append("close")


def collector(name: str, script: Callable[[], Any], *, tables: tuple[Table, ...] | None = None, **more: Any) -> Any:
    """Return a collector class of that name; it declares a table of the same name unless told otherwise."""
    values = {"name": name, "tables": tables or (table(name),), "script": staticmethod(script), **more}
    return type(name.title(), (FakeCollector,), values)


def healthy(name: str) -> Any:
    """Return a collector class that yields one row, with a counter that grows at every reading."""
    mine, count = table(name), iter(range(1, 1_000_000))
    return collector(name, lambda: [mine.row(id="a", events=next(count), level=0.5, label="x")], tables=(mine,))


class FakeSink(Sink):
    """Keeps the frames it was sent."""

    name = "fake"
    default = True

    def __init__(self, config: Any, source: Any) -> None:
        super().__init__(config, source)
        self.frames: list[Frame] = []
        self.calls: list[str] = []
        self.arrived = asyncio.Event()

    async def open(self) -> None:
        """Note it."""
        self.calls.append("open")

    async def send(self, frame: Frame) -> None:
        """Keep it."""
        self.frames.append(frame)
        self.arrived.set()

    async def close(self) -> None:
        """Note it."""
        self.calls.append("close")


def make_agent(
    proc: FakeProc,
    *collectors: Any,
    sinks: tuple[Any, ...] = (FakeSink,),
    clock: FakeClock | None = None,
    interval: float = 5.0,
    configs: Mapping[tuple[str, str], PluginConfig] | None = None,
    named: frozenset[tuple[str, str]] = frozenset(),
    chosen: list[str] | None = None,
    inventories: tuple[Any, ...] = (),
    budget: BudgetSettings | None = None,
) -> Agent:
    """Return an agent of these classes on a fake machine with a fake clock."""
    settings = Settings(
        agent=AgentSettings(node="here", interval=interval, sinks=chosen, budget=budget or BudgetSettings()),
        configs=configs or {},
        named=named,
    )
    plugins = Plugins(
        collectors={c.name: c for c in collectors},
        sinks={s.name: s for s in sinks},
        inventories={i.name: i for i in inventories},
    )
    return Agent(settings, plugins, proc, clock=clock or FakeClock(), run="0123")


def rows_of(frame: Frame | None, name: str) -> list[dict[str, Cell]]:
    """Return the rows of one table of a frame as cells by column; raises KeyError where it is not in it."""
    assert frame is not None
    for reading in frame.readings:
        if reading.table.name == name:
            return [_named(reading.table, row) for row in reading.rows]
    raise KeyError(name)


def _named(found: Table, row: RowValues) -> dict[str, Cell]:
    return {column.name: cell for column, cell in zip(found.stored, row, strict=True)}


class FakeNotifier(Notifier):
    """Keeps what it is given."""

    name = "fake"

    async def send(self, notification: Notification) -> Receipt:
        """Keep it, and edit nothing."""
        self.sent: list[Notification] = [*getattr(self, "sent", ()), notification]
        return Receipt(said="200 OK")


class FakeProfiler(Profiler):
    """Finds nothing, at once."""

    name = "fake"
    title = "nothing"

    async def record(
        self, order: ProfileOrder, processes: ProfileProcesses, tell: Callable[[ProfileProgress], None]
    ) -> Profile:
        return Profile(
            profiler=self.name, event="wall", frequency=order.frequency, started=0, duration=0, frames=[], parents=[],
            functions=[], threads=[], counts=[], samples=0,
        )  # fmt: skip
