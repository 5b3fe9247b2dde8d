"""A plugin's project on disk: what its pyproject.toml says of its entry points, and whether it is installed."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from gobs_core.errors import UserError
from gobs_core.plugins.installed import Dist, Point
from gobs_core.plugins.loader import GROUPS
from gobs_core.plugins.registry import GROUP

_ADD = 'add\n[project.entry-points.gobs]\n{name} = "{module}"'


class Project(NamedTuple):
    """What a folder says it is."""

    folder: Path
    name: str
    points: tuple[Point, ...]
    fault: str
    """What keeps it from being a plugin; empty: nothing."""


def read_project(folder: Path) -> Project:
    """Read a project's folder; raises UserError where there is no pyproject.toml that can be read."""
    file = folder / "pyproject.toml"
    try:
        document: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    project = _table(document, "project")
    name = project.get("name")
    if not isinstance(name, str):
        raise UserError(f"{file}: expected [project] with a name")
    dist = Dist(name, str(project.get("version", "")))
    points = tuple(
        Point(key, value, dist, group)
        for group in GROUPS
        for key, value in sorted(_table(_table(project, "entry-points"), group).items())
        if isinstance(value, str)
    )
    return Project(folder, name, points, "" if points else f"{file}: {_missing(project, name)}")


def importable(project: Project) -> None:
    """Let Python find the project's modules where they lie, installed or not."""
    for place in (project.folder, project.folder / "src"):
        if place.is_dir():
            sys.path.insert(0, str(place.resolve()))


def same(one: str, other: str) -> bool:
    """Whether two names are those of one distribution."""
    return _normal(one) == _normal(other)


def _missing(project: dict[str, Any], name: str) -> str:
    others = sorted(_table(project, "entry-points"))
    near = f"there are entry points, but of the groups {', '.join(others)}; " if others else ""
    module = _normal(name).replace("-", "_")
    add = _ADD.format(name=module.removeprefix("gobs_plugin_"), module=module)
    return f"no entry point of the group `{GROUP}`, so nobody will find the plugin: {near}{add}"


def _table(document: dict[str, Any], key: str) -> dict[str, Any]:
    found = document.get(key)
    return found if isinstance(found, dict) else {}


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
