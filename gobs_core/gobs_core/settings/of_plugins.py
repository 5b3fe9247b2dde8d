"""The settings of plugins: read into each one's own `Config`, and names that are no plugin's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gobs_core.plugin import PluginConfig
from gobs_core.plugins import Plugins
from gobs_core.plugins.registry import CONTRACTS, SERVER_KINDS, Contract
from gobs_core.settings.decode import decode, decode_one
from gobs_core.settings.sections import PluginsSettings
from gobs_core.settings.sources import variable
from gobs_core.settings.tree import Leaf, Rank, Tree, leaves
from gobs_core.suggest import did_you_mean

KINDS: Mapping[str, Contract] = {contract.section: contract for contract in CONTRACTS}
"""Section -> kind of plugin."""


def plugin_configs(
    tree: Tree, plugins: Plugins, faults: list[str], warnings: list[str]
) -> tuple[dict[tuple[str, str], PluginConfig], dict[tuple[str, str], str], dict[tuple[str, str], str]]:
    """(kind, name) -> settings of each plugin that was given any, what others need, and what is wrong with some.

    The last of plugins of others alone, whose own fault it is: the rest starts.
    """
    configs: dict[tuple[str, str], PluginConfig] = {}
    misfits: dict[tuple[str, str], str] = {}
    incomplete: dict[tuple[str, str], str] = {}
    for section, contract in KINDS.items():
        classes, kind = plugins.of_kind(contract.kind), contract.kind
        given = tree.get(section, {})
        if isinstance(given, Leaf):
            faults.append(f"{given.where}: expected a table of {section}, got {given.value!r}")
            continue
        for name, cls in classes.items():
            if name in given:
                wrong: list[str] = []
                made = decode(cls.Config, given[name], (section, name), wrong)
                if made is not None:
                    configs[kind, name] = made
                elif plugins.origin(kind, name).foreign:
                    misfits[kind, name] = "; ".join(wrong)
                else:
                    faults += wrong
                continue
            missing: list[str] = []
            if decode(cls.Config, {}, (section, name), missing) is None:
                incomplete[kind, name] = "; ".join(missing)
        for name in given.keys() - classes.keys():
            _note_unknown_plugin(contract, name, given[name], plugins, faults, warnings)
    return configs, incomplete, misfits


def _note_unknown_plugin(
    contract: Contract, name: str, below: Tree | Leaf, plugins: Plugins, faults: list[str], warnings: list[str]
) -> None:
    classes = plugins.of_kind(contract.kind)
    written = [leaf for leaf in leaves(below) if leaf.rank is not Rank.ORIGINAL]
    if not written and any(True for _ in leaves(below)):
        return
    if not plugins.server and contract.kind in SERVER_KINDS:
        return
    if not classes or name in plugins.entry_points or any(state.name == name for state in plugins.failed):
        return
    where = written[0].where if written else f"{contract.section}.{name}"
    fault = f"{where}: expected the name of a {contract.kind}, got {name!r}{did_you_mean(name, classes)}"
    broken = any(state.state == "broken" for state in plugins.failed)
    (warnings if broken else faults).append(fault)


def check_sinks(tree: Tree, plugins: Plugins, faults: list[str]) -> None:
    """Note the names in `agent.sinks` that are no sink's."""
    written = tables(tree.get("agent")).get("sinks")
    where = next((leaf.where for leaf in leaves(written or {})), "agent.sinks")
    known = {*plugins.sinks, *(state.name for state in plugins.failed)}
    faults += [
        f"{where}: expected the name of a sink, got {name!r}{did_you_mean(name, plugins.sinks)}"
        for name in decode_one(list[str], written) or ()
        if name not in known
    ]


def unknown_names(chosen: PluginsSettings, plugins: Plugins) -> list[str]:
    """Names in the deny-list that are nobody's: a warning each. Those of the allow-list are told as broken plugins."""
    known = dict.fromkeys(plugins.entry_points)
    known |= {state.name: None for state in plugins.states()}
    return [
        f"plugins.deny: no plugin here is called {name!r}{did_you_mean(name, known)}"
        for name in chosen.deny
        if name not in known
    ]


def near_misses(environ: Mapping[str, str], structs: Mapping[str, Any], plugins: Plugins) -> list[str]:
    """Variables that are no settings, but would be with a second underscore."""
    paths = [f"{name}.{field}" for name, struct in structs.items() for field in struct.__struct_fields__]
    for contract in CONTRACTS:
        for name, cls in plugins.of_kind(contract.kind).items():
            paths += [f"{contract.section}.{name}.{field}" for field in cls.Config.__struct_fields__]
    meant = {variable(path).replace("__", "_"): variable(path) for path in paths}
    return [f"{name} is not read; did you mean {meant[name]}?" for name in sorted(meant.keys() & environ.keys())]


def tables(tree: Tree | Leaf | None) -> Tree:
    """What stands below, if anything does."""
    return tree if isinstance(tree, dict) else {}
