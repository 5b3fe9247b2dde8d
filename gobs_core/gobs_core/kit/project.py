"""A plugin's project on disk: what its pyproject.toml says of its entry points, and whether it is installed."""

from __future__ import annotations

import ast
import importlib.util
import sys
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from gobs_core.errors import UserError
from gobs_core.plugins.installed import Dist, Point
from gobs_core.plugins.loader import GROUPS
from gobs_core.plugins.registry import GROUP

_HOOK = "gobs_register_"
_ADD = 'add\n[project.entry-points.gobs]\n{name} = "{module}"'


class Project(NamedTuple):
    """What a folder says it is."""

    folder: Path
    name: str
    points: tuple[Point, ...]
    fault: str
    """What keeps it from being a plugin; empty: nothing."""

    @property
    def modules(self) -> tuple[str, ...]:
        """The top modules that its entry points are in."""
        return tuple(dict.fromkeys(point.value.partition(":")[0].partition(".")[0].strip() for point in self.points))

    def holds(self, file: str | Path) -> bool:
        """Whether a file lies in the project's folder."""
        return Path(file).resolve().is_relative_to(self.folder.resolve())


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
    dynamic = "entry-points" in (project.get("dynamic") or ())
    fault = "" if points or dynamic else f"{file}: {_missing(project, folder, name)}"
    return Project(folder, name, points, fault)


def importable(project: Project) -> None:
    """Let Python find the project's modules where they lie, installed or not."""
    for place in (project.folder, project.folder / "src"):
        if place.is_dir():
            sys.path.insert(0, str(place.resolve()))


def copy_elsewhere(project: Project) -> str:
    """Where Python finds another copy of the project's code that is not the same; empty: nowhere.

    To be asked before `importable`.
    """
    for module in project.modules:
        try:
            spec = importlib.util.find_spec(module)
        except (ImportError, ValueError):
            continue
        if spec is None or not spec.origin or project.holds(spec.origin):
            continue
        there = Path(spec.origin)
        beside = (place / there.relative_to(there.parents[1 if there.name == "__init__.py" else 0])
                  for place in (project.folder, project.folder / "src"))  # fmt: skip
        here = next((file for file in beside if file.is_file()), None)
        if here is None or _code(here) != _code(there):
            return str(there)
    return ""


def _code(file: Path) -> dict[str, bytes]:
    """What a module or a package is made of."""
    files = sorted(file.parent.rglob("*.py")) if file.name == "__init__.py" else [file]
    return {str(one.relative_to(file.parent)): one.read_bytes() for one in files}


def same(one: str, other: str) -> bool:
    """Whether two names are those of one distribution."""
    return _normal(one) == _normal(other)


def _missing(project: dict[str, Any], folder: Path, name: str) -> str:
    others = sorted(_table(project, "entry-points"))
    near = f"there are entry points, but of the groups {', '.join(others)}; " if others else ""
    plain = _normal(name).replace("-", "_")
    module = _announcing(folder) or plain
    add = _ADD.format(name=plain.removeprefix("gobs_plugin_").removeprefix("gobs_"), module=module)
    return f"no entry point of the group `{GROUP}`, so nobody will find the plugin: {near}{add}"


def _announcing(folder: Path) -> str:
    """The module of the folder that has a hook of ours, as Python would import it; empty: none has."""
    for place in (folder / "src", folder):
        for file in sorted((*place.glob("*.py"), *place.glob("*/*.py"))):
            try:
                tree = ast.parse(file.read_bytes())
            except (OSError, SyntaxError, ValueError):
                continue
            if any(isinstance(item, ast.FunctionDef) and item.name.startswith(_HOOK) for item in tree.body):
                parts = file.relative_to(place).with_suffix("").parts
                return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return ""


def _table(document: dict[str, Any], key: str) -> dict[str, Any]:
    found = document.get(key)
    return found if isinstance(found, dict) else {}


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
