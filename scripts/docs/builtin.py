"""Knows what is documented: the plugins that this repository's packages bring, and the agent's own tables."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import NamedTuple

from gobs_core import Table
from gobs_core.agent.selftables import OWN_TABLES
from gobs_core.plugins import Plugins, load_plugins
from gobs_core.plugins.loader import GROUPS

DISTRIBUTIONS = frozenset({"gobs-core", "gobs-collectors", "gobs-sinks", "gobs-notifiers", "gobs-server"})


class Declared(NamedTuple):
    """A table, and whose it is."""

    table: Table
    collector: str
    """The collector that fills it; empty for the agent's own."""


@cache
def plugins() -> Plugins:
    """Return the built-in plugins, whatever else is installed here; raises RuntimeError when one is broken."""
    found = load_plugins(
        point
        for group in GROUPS
        for point in entry_points(group=group)
        if point.dist is not None and point.dist.name in DISTRIBUTIONS
    )
    if found.failed:
        raise RuntimeError("\n".join(f"{state.kind} {state.name}: {state.error}" for state in found.failed))
    return found


def tables() -> list[Declared]:
    """Return every table there is without a plugin of others, by name."""
    found = [Declared(table, name) for name, cls in plugins().collectors.items() for table in cls.tables]
    return sorted([*found, *(Declared(table, "") for table in OWN_TABLES)], key=lambda item: item.table.name)
