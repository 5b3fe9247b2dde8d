"""All settings of one process: read, checked against everybody's types, every fault reported at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from gobs_core.errors import SettingsError
from gobs_core.plugin import PluginConfig
from gobs_core.plugins import EntryPointLike, Plugins, load_plugins
from gobs_core.plugins.origin import installed, origin_of
from gobs_core.settings.decode import decode
from gobs_core.settings.of_plugins import KINDS, check_sinks, near_misses, plugin_configs, tables, unknown_names
from gobs_core.settings.sections import AgentSettings, LogSettings, PluginsSettings, Section, WorkerSettings
from gobs_core.settings.sources import SYSTEM_FILE, Flag, read_sources
from gobs_core.settings.sources import variable as variable  # noqa: PLC0414  the generator of docs has it from here
from gobs_core.settings.tree import Tree, leaves
from gobs_core.suggest import did_you_mean
from gobs_core.values import secrets_in

SECTIONS_GROUP = "gobs.settings"
"""Entry points `section = module:Struct` of programs that have a section of their own."""
OWN: Mapping[str, type[Section]] = {"agent": AgentSettings, "log": LogSettings, "plugins": PluginsSettings}
PROGRAMS = ("agent", "server")
"""Sections that may stand in the file of a process that does not have their owner."""
S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True)
class Settings:
    """Everything that was set, or left at its default. Immutable; made once at start."""

    agent: AgentSettings = field(default_factory=AgentSettings)
    log: LogSettings = field(default_factory=LogSettings)
    plugins: PluginsSettings = field(default_factory=PluginsSettings)
    sections: Mapping[str, msgspec.Struct] = field(default_factory=dict)
    """Sections of other programs, e.g. `server`."""
    configs: Mapping[tuple[str, str], PluginConfig] = field(default_factory=dict)
    """(kind, name) -> settings of a plugin, where they are not all defaults."""
    named: frozenset[tuple[str, str]] = frozenset()
    """(kind, name) of the plugins that somebody gave settings to."""
    incomplete: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(kind, name) -> what is missing, of plugins that need settings nobody gave; they do not run."""
    unfit: Mapping[str, str] = field(default_factory=dict)
    """Notifier of others -> what is wrong with its section: the channel that the section makes waits, others do not."""
    warnings: tuple[str, ...] = ()
    """What was accepted but looks like a mistake; to be logged once logging works."""

    def config(self, kind: str, cls: type[Any]) -> Any:
        """The settings of a plugin, as its own `Config`."""
        found = self.configs.get((kind, cls.name))
        return cls.Config() if found is None else found

    def section(self, cls: type[S], name: str = "server") -> S:
        """A program's section; raises KeyError where nobody said there is one."""
        section = self.sections[name]
        if not isinstance(section, cls):
            raise KeyError(name)
        return section

    def secrets(self) -> frozenset[str]:
        """The values that must never be shown."""
        structs = [self.agent, self.log, self.plugins, *self.sections.values(), *self.configs.values()]
        return frozenset(secret for struct in structs for secret in secrets_in(struct))


class Setup(NamedTuple):
    """What a process starts with."""

    settings: Settings
    plugins: Plugins


def load_settings(
    *,
    environ: Mapping[str, str],
    config: str | None = None,
    flags: Iterable[Flag] = (),
    sections: Mapping[str, type[msgspec.Struct]] | None = None,
    plugins: Plugins | Callable[[PluginsSettings], Plugins] | None = None,
    server: bool = True,
    owners: Iterable[EntryPointLike] | None = None,
    system_file: Path = SYSTEM_FILE,
) -> Setup:
    """Read file, environment and flags, load the plugins they allow, and check everything; raises SettingsError.

    `sections` are the program's own, section -> struct; those of other installed programs are found by entry point.
    `plugins` are loaded from what is installed unless given; without `server` those for servers alone are left where
    they are, and their settings to whoever uses them.
    """
    tree = read_sources(config, environ, flags, system_file=system_file)
    faults: list[str] = []
    warnings: list[str] = []
    structs = {**OWN, **(sections or {})}
    made = {name: decode(cls, tree.get(name, {}), (name,), faults) for name, cls in structs.items()}
    loaded = _plugins(plugins, made["plugins"], server=server)
    _check_others(tree, structs, owners, faults)
    configs, incomplete, misfits = plugin_configs(tree, loaded, faults, warnings)
    unfit = {name: why for (kind, name), why in misfits.items() if kind == "notifier"}
    warnings += [f"{why}; the channel that these settings make waits until that is mended" for why in unfit.values()]
    loaded = loaded.without({which: why for which, why in misfits.items() if which[0] != "notifier"})
    chosen = made["plugins"]
    warnings += near_misses(environ, structs, loaded)
    warnings += unknown_names(chosen, loaded) if isinstance(chosen, PluginsSettings) else []
    check_sinks(tree, loaded, faults)
    if faults:
        raise SettingsError(faults)
    own: dict[str, Any] = {name: made.pop(name) for name in OWN}
    named = frozenset((kind, name) for section, kind in _kinds() for name in tables(tree.get(section)))
    rest = {name: struct for name, struct in made.items() if struct is not None}
    return Setup(
        Settings(
            **own,
            sections=rest,
            configs=configs,
            named=named,
            incomplete=incomplete,
            unfit=unfit,
            warnings=tuple(warnings),
        ),
        loaded,
    )


def _kinds() -> Iterable[tuple[str, str]]:
    return ((section, contract.kind) for section, contract in KINDS.items())


def _plugins(given: Plugins | Callable[[PluginsSettings], Plugins] | None, chosen: object, *, server: bool) -> Plugins:
    if isinstance(given, Plugins):
        return given
    wanted = chosen if isinstance(chosen, PluginsSettings) else PluginsSettings()
    if given is not None:
        return given(wanted)
    return load_plugins(allow=wanted.allow, deny=wanted.deny, server=server, first=partial(_first, wanted.workers))


def _first(workers: WorkerSettings, point: EntryPointLike) -> None:
    """Import a stranger's module elsewhere first; nothing of what that takes is loaded where there is none."""
    if origin_of(point).foreign:
        from gobs_core.workers.importing import FirstElsewhere

        FirstElsewhere(workers)(point)


def _check_others(
    tree: Tree, structs: Mapping[str, Any], owners: Iterable[EntryPointLike] | None, faults: list[str]
) -> None:
    """Check the sections of programs that this process is not, where they are installed."""
    rest = [name for name in tree if name not in structs and name not in KINDS]
    if not rest:
        return
    points = {point.name: point for point in (installed(SECTIONS_GROUP) if owners is None else owners)}
    for name in rest:
        if name in points:
            try:
                struct = points[name].load()
            except Exception:  # noqa: BLE001, S112  a program that cannot be loaded cannot check its section
                continue
            decode(struct, tree[name], (name,), faults)
        elif name not in PROGRAMS:
            first = next((leaf for leaf in leaves(tree[name])), None)
            known = [*structs, *KINDS, *points, *PROGRAMS]
            faults.append(
                f"{first.where if first else name}: expected a known section, got {name!r}"
                f"{did_you_mean(name, dict.fromkeys(known))}"
            )
