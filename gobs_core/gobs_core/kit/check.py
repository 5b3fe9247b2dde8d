"""`gobs plugin check`: from names and folders to everything that is wrong with the plugins they mean."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from gobs_core.errors import DeclarationError, SettingsError, UserError
from gobs_core.kit.findings import Finding, Level, reason
from gobs_core.kit.project import Project, copy_elsewhere, importable, read_project, same
from gobs_core.kit.trial import MAIN, Bench, try_out
from gobs_core.plugin import PLUGIN_API
from gobs_core.plugins import KINDS, EntryPointLike, Plugins, load_plugins
from gobs_core.plugins.installed import Dist, silent
from gobs_core.plugins.loader import GROUPS
from gobs_core.plugins.origin import OURS, installed, origin_of
from gobs_core.plugins.places import Place, place_of_class
from gobs_core.settings import Setup
from gobs_core.settings.sections import PluginsSettings
from gobs_core.state import PluginState
from gobs_core.suggest import did_you_mean

IMPORT = 30.0
"""Seconds an entry point may take to be imported."""


class Steps:
    """Who is told what is being done, and what is to be left out. This one tells nobody."""

    skip: frozenset[str] = frozenset()
    """`KIND NAME` and `entry point NAME` that have been tried already."""

    def begin(
        self,
        about: str,
        *,
        wanted: bool = True,
        what: str = "trying it",
        seconds: float | None = None,
        place: Place | None = None,
    ) -> None:
        """Something begins that may hang, or end the process; `seconds` is how long it may take at most."""


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
    """What is installed; of the projects what they themselves say, whatever copy of them is installed."""
    found = list(installed(*GROUPS))
    for project in wanted.projects:
        if project.points:
            found = [point for point in found if not same(origin_of(point).distribution, project.name)]
        importable(project)
        found += project.points
    return tuple(found)


def beside(wanted: Wanted) -> Iterator[Finding]:
    """Yield how the projects differ from what is installed; to be asked before `entry_points`."""
    there = {origin_of(point).distribution for point in installed(*GROUPS)}
    for project in wanted.projects:
        if project.fault:
            yield Finding(Level.WRONG, project.name, project.fault)
        elif not any(same(name, project.name) for name in there):
            yield Finding(Level.NOTE, project.name, f"is not installed here: python -m pip install -e {project.folder}")
        elif other := copy_elsewhere(project):
            differs = f"{project.folder} is checked, and differs from the copy that is installed ({other})"
            yield Finding(Level.NOTE, project.name, f"{differs}: python -m pip install {project.folder}")


def check(
    wanted: Wanted,
    points: Sequence[EntryPointLike],
    load: Callable[[Callable[[PluginsSettings], Plugins]], Setup],
    bench: Callable[[Setup], Bench],
    steps: Steps = Steps(),  # noqa: B008  it holds nothing
) -> Iterator[Finding]:
    """Yield what is found, the worst first within each plugin; raises UserError for a name that is nobody's.

    `load` reads the settings with the plugins that a function of it makes.
    """
    made: list[Plugins] = []

    def make(chosen: PluginsSettings) -> Plugins:
        made.append(load_plugins(points, allow=chosen.allow, deny=chosen.deny, first=first, silent=_silent(wanted)))
        steps.begin("", wanted=False)
        return made[-1]

    def first(point: EntryPointLike) -> None:
        about = f"entry point {point.name}"
        if about in steps.skip:
            raise DeclarationError("was tried already")
        meant = wanted.means(point.name, point.name, origin_of(point).distribution)
        steps.begin(about, wanted=meant, what="importing it", seconds=IMPORT)

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
    failed = plugins.failed if setup is None else setup.plugins.failed
    yield from (found for found in _broken(wanted, points, failed) if found.about not in steps.skip)
    yield from _from_elsewhere(wanted)
    if setup is None:
        yield Finding(Level.NOTE, "settings", "nothing was tried out: first mend the settings")
        return
    yield from _tried(wanted, setup, bench(setup), steps)


def _silent(wanted: Wanted) -> list[Dist]:
    """What is installed without an entry point, but for the projects, of which their own files say it."""
    return [dist for dist in silent() if not any(same(dist.name, project.name) for project in wanted.projects)]


def _from_elsewhere(wanted: Wanted) -> Iterator[Finding]:
    """Modules that were imported, and not from the folder that was to be checked."""
    for project in wanted.projects:
        for module in project.modules:
            file = getattr(sys.modules.get(module), "__file__", None)
            if file and not project.holds(file):
                text = f"{module} was read from {file}, not from {project.folder}: what follows is not about the folder"
                yield Finding(Level.WRONG, project.name, text)


def _tried(wanted: Wanted, setup: Setup, bench: Bench, steps: Steps) -> Iterator[Finding]:
    settings, plugins = setup
    for kind in KINDS:
        for name, cls in plugins.of_kind(kind).items():
            origin, about = plugins.origin(kind, name), f"{kind} {name}"
            if wanted.means(name, origin.entry_point, origin.distribution) and about not in steps.skip:
                steps.begin(about, place=place_of_class(cls, *MAIN))
                if cls.api < PLUGIN_API:
                    old = f"is written for plugin API {cls.api}, which is spoken beside {PLUGIN_API} for a while yet"
                    yield Finding(Level.NOTE, about, old)
                yield from (Finding(Level.NOTE, about, f"needs {need}") for need in cls.needs)
                lacking = settings.incomplete.get((kind, name))
                if lacking:
                    yield Finding(Level.NOTE, about, _incomplete(about, name, lacking))
                    continue
                found = try_out(cls, settings.config(kind, cls), bench)
                yield from (Finding(level, about, text) for level, text in found)


def _incomplete(about: str, name: str, lacking: str) -> str:
    """What to type for settings that nobody gave."""
    paths = [fault.partition(": ")[0] for fault in lacking.split("; ")]
    sets = " ".join(f"--set {path}=VALUE" for path in paths)
    send = "--send " if about.startswith(("sink", "notifier")) else ""
    return f"was not tried, since it needs settings: gobs plugin check {name} {send}{sets}\n{lacking}"


def _broken(wanted: Wanted, points: Sequence[EntryPointLike], failed: Iterable[PluginState]) -> Iterator[Finding]:
    by_distribution = {origin_of(point).distribution: point.name for point in points}
    for state in failed:
        if wanted.means(state.name, by_distribution.get(state.distribution, ""), state.distribution):
            level = Level.WRONG if state.state == "broken" else Level.NOTE
            about = f"entry point {state.name}" if state.kind == "plugin" else f"{state.kind} {state.name}"
            yield Finding(level, about, reason(state))


def _refuse_unknown(wanted: Wanted, points: Sequence[EntryPointLike], plugins: Plugins) -> None:
    known = {point.name for point in points} | {state.name for state in plugins.states()}
    dists = [*(origin_of(point).distribution for point in points), *(state.distribution for state in plugins.failed)]
    for name in wanted.names:
        if name not in known and not any(same(name, dist) for dist in dists):
            raise UserError(f"no plugin here is called {name!r}{did_you_mean(name, known)}")
