"""What was found: classes by kind and name, each with its origin, and what could not be loaded with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NamedTuple

from gobs_core.collector import Collector
from gobs_core.condition import Condition
from gobs_core.inventory import Inventory
from gobs_core.notifier import Notifier
from gobs_core.plugin import Plugin
from gobs_core.plugins.origin import Origin
from gobs_core.profiler import Profiler
from gobs_core.sink import Sink
from gobs_core.state import PluginState


class Contract(NamedTuple):
    """One kind of plugin: how it is called, what announces it, what it must be."""

    kind: str
    hook: str
    base: type[Plugin]

    @property
    def section(self) -> str:
        """Where its settings are: `[<section>.<name>]`."""
        return plural(self.kind)


def plural(kind: str) -> str:
    """What several of a kind are called, in settings and here: `sinks`, `inventories`."""
    return f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"


CONTRACTS = (
    Contract("collector", "gobs_register_collectors", Collector),
    Contract("sink", "gobs_register_sinks", Sink),
    Contract("inventory", "gobs_register_inventories", Inventory),
    Contract("profiler", "gobs_register_profilers", Profiler),
    Contract("condition", "gobs_register_conditions", Condition),
    Contract("notifier", "gobs_register_notifiers", Notifier),
)
KINDS = tuple(contract.kind for contract in CONTRACTS)
GROUP, SERVER_GROUP = "gobs", "gobs.server"
"""Groups of entry points: plugins for whoever has a use for them, and those for servers alone."""
SERVER_KINDS = ("condition", "notifier")
"""What only a server has a use for, and so all that may be announced in its group."""


def contract_of(base: type[Plugin]) -> Contract:
    """The contract that this class is the base of."""
    return next(contract for contract in CONTRACTS if contract.base is base)


@dataclass(frozen=True)
class Plugins:
    """All plugins of this process. Immutable; made once at start by `load_plugins`, or by hand in a test."""

    collectors: Mapping[str, type[Collector]] = field(default_factory=dict)
    sinks: Mapping[str, type[Sink]] = field(default_factory=dict)
    inventories: Mapping[str, type[Inventory]] = field(default_factory=dict)
    profilers: Mapping[str, type[Profiler]] = field(default_factory=dict)
    conditions: Mapping[str, type[Condition]] = field(default_factory=dict)
    notifiers: Mapping[str, type[Notifier]] = field(default_factory=dict)
    origins: Mapping[tuple[str, str], Origin] = field(default_factory=dict)
    """(kind, name) -> where it came from."""
    failed: tuple[PluginState, ...] = ()
    """What could not be used, `broken` with its traceback or reason, and what the settings left out, `off`."""
    entry_points: frozenset[str] = frozenset()
    """The names of all entry points that were found, used or not."""
    server: bool = True
    """Whether those for servers alone were looked at."""

    def of_kind(self, kind: str) -> Mapping[str, type[Plugin]]:
        """Name -> class of one of KINDS."""
        classes: Mapping[str, type[Plugin]] = getattr(self, plural(kind))
        return classes

    def origin(self, kind: str, name: str) -> Origin:
        """Where a plugin came from; an empty origin where that is not known."""
        return self.origins.get((kind, name), Origin(""))

    def states(self) -> tuple[PluginState, ...]:
        """Every plugin as it was after loading: `ok`, or why not; sorted by kind and name."""
        found = [self.state(kind, name) for kind in KINDS for name in self.of_kind(kind)]
        order = {kind: place for place, kind in enumerate(KINDS)}
        return tuple(sorted([*found, *self.failed], key=lambda state: (order.get(state.kind, 9), state.name)))

    def without(self, faults: Mapping[tuple[str, str], str]) -> Plugins:
        """The same without these, (kind, name) -> why: they are broken by that."""
        if not faults:
            return self
        kept = {
            plural(kind): MappingProxyType({name: cls for name, cls in self.of_kind(kind).items()
                                            if (kind, name) not in faults})
            for kind in KINDS
        }  # fmt: skip
        broken = tuple(self.state(kind, name, "broken", why) for (kind, name), why in faults.items())
        changed: dict[str, Any] = {**kept, "failed": self.failed + broken}
        return replace(self, **changed)

    def state(self, kind: str, name: str, state: str = "ok", error: str = "") -> PluginState:
        """One plugin's state with its provenance filled in."""
        origin = self.origin(kind, name)
        cls = self.of_kind(kind).get(name)
        return PluginState(
            kind=kind,
            name=name,
            distribution=origin.distribution,
            version=origin.version,
            api=None if cls is None else cls.api,
            state=state,
            error=error,
        )


def freeze(classes: dict[str, dict[str, type[Plugin]]], **rest: Any) -> Plugins:
    """Make Plugins from classes by kind and name; each was checked against its contract by the loader."""
    kinds: dict[str, Any] = {
        plural(kind): MappingProxyType(dict(sorted(classes.get(kind, {}).items()))) for kind in KINDS
    }
    return Plugins(**kinds, **rest)
