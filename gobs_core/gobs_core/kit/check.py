"""`gobs plugin check`: from names and folders to everything that is wrong with the plugins they mean."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from gobs_core.errors import SettingsError, UserError
from gobs_core.kit.findings import Finding, Level, reason
from gobs_core.kit.project import Project, importable, read_project, same
from gobs_core.kit.trial import Bench, try_out
from gobs_core.plugin import PLUGIN_API
from gobs_core.plugins import KINDS, EntryPointLike, Plugins, load_plugins
from gobs_core.plugins.loader import GROUPS
from gobs_core.plugins.origin import OURS, installed, origin_of
from gobs_core.settings import Setup
from gobs_core.settings.sections import PluginsSettings
from gobs_core.state import PluginState
from gobs_core.suggest import did_you_mean


class Wanted(NamedTuple):
    """What is to be checked: names as they were typed, and the projects among them."""

    names: tuple[str, ...]
    projects: tuple[Project, ...]

    def means(self, name: str, entry_point: str, distribution: str) -> bool:
        """Whether a plugin, or an entry point that never became one, is meant."""
        if any(same(project.name, distribution) for project in self.projects):
            return True
        if not self.names and not self.projects:
            return distribution not in OURS
        return any(word in (name, entry_point) or same(word, distribution) for word in self.names)


def read_words(words: Sequence[str]) -> Wanted:
    """Tell folders of projects from names; without any, this folder if it is a project, else all of others."""
    if not words and os.path.isfile("pyproject.toml") and read_project(Path()).points:
        words = (".",)
    folders = [word for word in words if os.sep in word or word == "." or os.path.isfile(f"{word}/pyproject.toml")]
    return Wanted(tuple(word for word in words if word not in folders), tuple(map(read_project, map(Path, folders))))


def entry_points(wanted: Wanted) -> tuple[EntryPointLike, ...]:
    """What is installed, and what the projects say, which need not be installed for that."""
    found = list(installed(*GROUPS))
    for project in wanted.projects:
        if not any(same(origin_of(point).distribution, project.name) for point in found):
            importable(project)
            found += project.points
    return tuple(found)


def check(
    wanted: Wanted,
    points: Sequence[EntryPointLike],
    load: Callable[[Callable[[PluginsSettings], Plugins]], Setup],
    bench: Callable[[Setup], Bench],
) -> Iterator[Finding]:
    """Yield what is found, the worst first within each plugin; raises UserError for a name that is nobody's.

    `load` reads the settings with the plugins that a function of it makes.
    """
    for project in wanted.projects:
        if project.fault:
            yield Finding(Level.WRONG, project.name, project.fault)
        elif not any(same(origin_of(point).distribution, project.name) for point in installed(*GROUPS)):
            yield Finding(Level.NOTE, project.name, f"is not installed here: python -m pip install -e {project.folder}")
    made: list[Plugins] = []

    def make(chosen: PluginsSettings) -> Plugins:
        made.append(load_plugins(points, allow=chosen.allow, deny=chosen.deny))
        return made[-1]

    try:
        setup = load(make)
    except SettingsError as error:
        yield from (Finding(Level.WRONG, "settings", fault) for fault in error.faults)
        if not made:
            return
        setup = None
    plugins = made[-1]
    _refuse_unknown(wanted, points, plugins)
    if setup is not None:
        yield from (Finding(Level.NOTE, "settings", warning) for warning in setup.settings.warnings)
    yield from _broken(wanted, points, plugins.failed)
    if setup is None:
        yield Finding(Level.NOTE, "settings", "nothing was tried out: first mend the settings")
        return
    yield from _tried(wanted, setup, bench(setup))


def _tried(wanted: Wanted, setup: Setup, bench: Bench) -> Iterator[Finding]:
    settings, plugins = setup
    for kind in KINDS:
        for name, cls in plugins.of_kind(kind).items():
            origin = plugins.origin(kind, name)
            if wanted.means(name, origin.entry_point, origin.distribution):
                if cls.api < PLUGIN_API:
                    old = f"is written for plugin API {cls.api}, which is spoken beside {PLUGIN_API} for a while yet"
                    yield Finding(Level.NOTE, f"{kind} {name}", old)
                lacking = settings.incomplete.get((kind, name))
                if lacking:
                    yield Finding(Level.NOTE, f"{kind} {name}", f"does not run: {lacking}")
                config = None if lacking else settings.config(kind, cls)
                yield from (Finding(level, f"{kind} {name}", text) for level, text in try_out(cls, config, bench))


def _broken(wanted: Wanted, points: Sequence[EntryPointLike], failed: Iterable[PluginState]) -> Iterator[Finding]:
    by_distribution = {origin_of(point).distribution: point.name for point in points}
    for state in failed:
        if wanted.means(state.name, by_distribution.get(state.distribution, ""), state.distribution):
            level = Level.WRONG if state.state == "broken" else Level.NOTE
            about = f"entry point {state.name}" if state.kind == "plugin" else f"{state.kind} {state.name}"
            yield Finding(level, about, reason(state.error))


def _refuse_unknown(wanted: Wanted, points: Sequence[EntryPointLike], plugins: Plugins) -> None:
    known = {point.name for point in points} | {state.name for state in plugins.states()}
    dists = [origin_of(point).distribution for point in points]
    for name in wanted.names:
        if name not in known and not any(same(name, dist) for dist in dists):
            raise UserError(f"no plugin here is called {name!r}{did_you_mean(name, known)}")
