"""All settings of one process: read, checked against everybody's types, every fault reported at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from gobs_core.errors import SettingsError
from gobs_core.plugin import PluginConfig
from gobs_core.plugins import EntryPointLike, Plugins, load_plugins
from gobs_core.plugins.origin import installed
from gobs_core.plugins.registry import CONTRACTS, Contract
from gobs_core.settings.decode import decode, decode_one
from gobs_core.settings.sections import AgentSettings, LogSettings, PluginsSettings, Section
from gobs_core.settings.sources import PREFIX, SYSTEM_FILE, Flag, read_sources
from gobs_core.settings.tree import Leaf, Rank, Tree, leaves
from gobs_core.suggest import did_you_mean
from gobs_core.values import Secret

SECTIONS_GROUP = "gobs.settings"
"""Entry points `section = module:Struct` of programs that have a section of their own."""
OWN: Mapping[str, type[Section]] = {"agent": AgentSettings, "log": LogSettings, "plugins": PluginsSettings}
PROGRAMS = ("agent", "server")
"""Sections that may stand in the file of a process that does not have their owner."""
_KINDS: Mapping[str, Contract] = {contract.section: contract for contract in CONTRACTS}
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
        return frozenset(secret for struct in structs for secret in _secrets(struct))


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
    owners: Iterable[EntryPointLike] | None = None,
    system_file: Path = SYSTEM_FILE,
) -> Setup:
    """Read file, environment and flags, load the plugins they allow, and check everything; raises SettingsError.

    `sections` are the program's own, section -> struct; those of other installed programs are found by entry point.
    `plugins` are loaded from what is installed unless given.
    """
    tree = read_sources(config, environ, flags, system_file=system_file)
    faults: list[str] = []
    warnings: list[str] = []
    structs = {**OWN, **(sections or {})}
    made = {name: decode(cls, tree.get(name, {}), (name,), faults) for name, cls in structs.items()}
    loaded = _plugins(plugins, made["plugins"])
    _check_others(tree, structs, owners, faults)
    configs, incomplete = _plugin_configs(tree, loaded, faults, warnings)
    chosen = made["plugins"]
    warnings += _near_misses(environ, structs, loaded)
    warnings += _unknown_names(chosen, loaded) if isinstance(chosen, PluginsSettings) else []
    _check_sinks(tree, loaded, faults)
    if faults:
        raise SettingsError(faults)
    own: dict[str, Any] = {name: made.pop(name) for name in OWN}
    named = frozenset((kind, name) for section, kind in _kinds() for name in _tables(tree.get(section)))
    rest = {name: struct for name, struct in made.items() if struct is not None}
    return Setup(
        Settings(**own, sections=rest, configs=configs, named=named, incomplete=incomplete, warnings=tuple(warnings)),
        loaded,
    )


def _kinds() -> Iterable[tuple[str, str]]:
    return ((section, contract.kind) for section, contract in _KINDS.items())


def _tables(tree: Tree | Leaf | None) -> Tree:
    return tree if isinstance(tree, dict) else {}


def _plugins(given: Plugins | Callable[[PluginsSettings], Plugins] | None, chosen: object) -> Plugins:
    if isinstance(given, Plugins):
        return given
    wanted = chosen if isinstance(chosen, PluginsSettings) else PluginsSettings()
    return given(wanted) if given is not None else load_plugins(allow=wanted.allow, deny=wanted.deny)


def _check_others(
    tree: Tree, structs: Mapping[str, Any], owners: Iterable[EntryPointLike] | None, faults: list[str]
) -> None:
    """Check the sections of programs that this process is not, where they are installed."""
    rest = [name for name in tree if name not in structs and name not in _KINDS]
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
            known = [*structs, *_KINDS, *points, *PROGRAMS]
            faults.append(
                f"{first.where if first else name}: expected a known section, got {name!r}"
                f"{did_you_mean(name, dict.fromkeys(known))}"
            )


def _plugin_configs(
    tree: Tree, plugins: Plugins, faults: list[str], warnings: list[str]
) -> tuple[dict[tuple[str, str], PluginConfig], dict[tuple[str, str], str]]:
    configs: dict[tuple[str, str], PluginConfig] = {}
    incomplete: dict[tuple[str, str], str] = {}
    for section, contract in _KINDS.items():
        classes, kind = plugins.of_kind(contract.kind), contract.kind
        given = tree.get(section, {})
        if isinstance(given, Leaf):
            faults.append(f"{given.where}: expected a table of {section}, got {given.value!r}")
            continue
        for name, cls in classes.items():
            if name in given:
                made = decode(cls.Config, given[name], (section, name), faults)
                if made is not None:
                    configs[kind, name] = made
                continue
            missing: list[str] = []
            if decode(cls.Config, {}, (section, name), missing) is None:
                incomplete[kind, name] = "; ".join(missing)
        for name in given.keys() - classes.keys():
            _note_unknown_plugin(contract, name, given[name], plugins, faults, warnings)
    return configs, incomplete


def _note_unknown_plugin(
    contract: Contract, name: str, below: Tree | Leaf, plugins: Plugins, faults: list[str], warnings: list[str]
) -> None:
    classes = plugins.of_kind(contract.kind)
    written = [leaf for leaf in leaves(below) if leaf.rank is not Rank.ORIGINAL]
    if not written and any(True for _ in leaves(below)):
        return
    if not classes or name in plugins.entry_points or any(state.name == name for state in plugins.failed):
        return
    where = written[0].where if written else f"{contract.section}.{name}"
    fault = f"{where}: expected the name of a {contract.kind}, got {name!r}{did_you_mean(name, classes)}"
    broken = any(state.state == "broken" for state in plugins.failed)
    (warnings if broken else faults).append(fault)


def _check_sinks(tree: Tree, plugins: Plugins, faults: list[str]) -> None:
    written = _tables(tree.get("agent")).get("sinks")
    where = next((leaf.where for leaf in leaves(written or {})), "agent.sinks")
    known = {*plugins.sinks, *(state.name for state in plugins.failed)}
    faults += [
        f"{where}: expected the name of a sink, got {name!r}{did_you_mean(name, plugins.sinks)}"
        for name in decode_one(list[str], written) or ()
        if name not in known
    ]


def _unknown_names(chosen: PluginsSettings, plugins: Plugins) -> list[str]:
    known = dict.fromkeys(plugins.entry_points)
    known |= {state.name: None for state in plugins.states()}
    return [
        f"plugins.{key}: no plugin here is called {name!r}{did_you_mean(name, known)}"
        for key, names in (("allow", chosen.allow or ()), ("deny", chosen.deny))
        for name in names
        if name not in known
    ]


def _near_misses(environ: Mapping[str, str], structs: Mapping[str, Any], plugins: Plugins) -> list[str]:
    """Variables that are no settings, but would be with a second underscore."""
    paths = [f"{name}.{field}" for name, struct in structs.items() for field in struct.__struct_fields__]
    for contract in CONTRACTS:
        for name, cls in plugins.of_kind(contract.kind).items():
            paths += [f"{contract.section}.{name}.{field}" for field in cls.Config.__struct_fields__]
    meant = {variable(path).replace("__", "_"): variable(path) for path in paths}
    return [f"{name} is not read; did you mean {meant[name]}?" for name in sorted(meant.keys() & environ.keys())]


def _secrets(struct: object) -> Iterable[str]:
    if isinstance(struct, Secret):
        if struct:
            yield str(struct)
    elif isinstance(struct, msgspec.Struct):
        for name in struct.__struct_fields__:
            yield from _secrets(getattr(struct, name))
    elif isinstance(struct, Mapping):
        for value in struct.values():
            yield from _secrets(value)
    elif isinstance(struct, list | tuple | set | frozenset):
        for value in struct:
            yield from _secrets(value)


def variable(path: str) -> str:
    """The environment variable of a setting: `agent.interval` -> `GOBS_AGENT__INTERVAL`."""
    return PREFIX + "__".join(path.split(".")).upper()
