"""The whole extension surface: six hooks, each announcing classes of one kind.

Hooks only register. They are called once, at start, in an order nobody may rely on; the objects made from the classes
carry the contracts, each in a module of its own.
"""

from __future__ import annotations

import pluggy

from gobs_core.collector import Collector
from gobs_core.condition import Condition
from gobs_core.inventory import Inventory
from gobs_core.notifier import Notifier
from gobs_core.profiler import Profiler
from gobs_core.sink import Sink

hookspec = pluggy.HookspecMarker("gobs")
hookimpl = pluggy.HookimplMarker("gobs")


@hookspec
def gobs_register_collectors() -> list[type[Collector]]:  # type: ignore[empty-body]
    """Announce collectors: what reads one source and yields rows."""


@hookspec
def gobs_register_inventories() -> list[type[Inventory]]:  # type: ignore[empty-body]
    """Announce inventories: what knows the workloads of a node by name."""


@hookspec
def gobs_register_sinks() -> list[type[Sink]]:  # type: ignore[empty-body]
    """Announce sinks: what takes frames somewhere."""


@hookspec
def gobs_register_profilers() -> list[type[Profiler]]:  # type: ignore[empty-body]
    """Announce profilers: what records stacks on demand."""


@hookspec
def gobs_register_conditions() -> list[type[Condition]]:  # type: ignore[empty-body]
    """Announce conditions: what decides which rows are breaching."""


@hookspec
def gobs_register_notifiers() -> list[type[Notifier]]:  # type: ignore[empty-body]
    """Announce notifiers: what tells people."""
