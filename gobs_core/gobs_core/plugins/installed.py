"""Which entry points are installed: what the `.dist-info` folders on the path say, without importlib.metadata.

That one brings mail, archive and compression modules along, 3 MiB of memory that an agent would keep for good after
reading a few lines. Where the path holds anything but folders (an archive), it is asked all the same.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, NamedTuple

_FOLDER = re.compile(r"(?P<name>.+?)(?:-(?P<version>[^-]+))?(?:-[^-]+)*\.(?:dist-info|egg-info)\Z")


class Dist(NamedTuple):
    """A distribution; its name as its metadata have it, its version as its folder is called."""

    name: str
    version: str
    folder: str = ""
    """That of its metadata, `….dist-info`; empty: not known."""


class Point(NamedTuple):
    """One entry point."""

    name: str
    value: str
    dist: Dist
    group: str = ""

    def load(self) -> Any:
        """Import what it points to; anything may be raised."""
        module, _, attributes = self.value.partition(":")
        found: Any = import_module(module.strip())
        for attribute in filter(None, attributes.partition("[")[0].strip().split(".")):
            found = getattr(found, attribute)
        return found


def entry_points(group: str, path: Sequence[str] | None = None) -> list[Any]:
    """Return the entry points of a group; of a distribution that is on the path twice, the first counts."""
    path = sys.path if path is None else path
    found: dict[str, list[Any]] = {}
    for place in path:
        if os.path.isfile(place):
            for name, points in _in_archive(place, group):
                found.setdefault(_plain(name), points)
            continue
        for folder, match in _folders(place):
            if (name := _plain(match["name"])) not in found:
                found[name] = list(_points(folder, match["name"], match["version"] or "", group))
    return [point for points in found.values() for point in points]


def silent(path: Sequence[str] | None = None) -> list[Dist]:
    """Return the distributions that by their name, `gobs-plugin-…`, are plugins, and have no entry point for it."""
    found: dict[str, Dist | None] = {}
    for place in sys.path if path is None else path:
        for folder, match in _folders(place):
            name = _plain(match["name"])
            if name.startswith("gobs_plugin_") and name not in found:
                groups = [line for line in _lines(folder, "entry_points.txt") if line.startswith("[gobs")]
                dist = Dist(_header(folder, "Name") or match["name"], match["version"] or "", folder)
                found[name] = None if groups else dist
    return [dist for dist in found.values() if dist is not None]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


def _in_archive(place: str, group: str) -> Iterator[tuple[str, list[Any]]]:
    from importlib import metadata

    for dist in metadata.distributions(path=[place]):
        yield dist.name, list(dist.entry_points.select(group=group))


def _folders(place: str) -> Iterator[tuple[str, re.Match[str]]]:
    try:
        names = sorted(os.listdir(place or "."))
    except OSError:
        return
    for name in names:
        if match := _FOLDER.match(name):
            yield os.path.join(place, name), match


def _points(folder: str, name: str, version: str, group: str) -> Iterator[Point]:
    section = ""
    lines = _lines(folder, "entry_points.txt")
    if f"[{group}]" not in lines:
        return
    dist = Dist(_header(folder, "Name") or name, _header(folder, "Version") or version, folder)
    for line in lines:
        if line.startswith("["):
            section = line[1:-1].strip()
        elif section == group and "=" in line and line[0] not in "#;":
            left, _, right = line.partition("=")
            yield Point(left.strip(), right.strip(), dist, group)


def _header(folder: str, field: str) -> str:
    for line in _lines(folder, "METADATA") or _lines(folder, "PKG-INFO"):
        if not line:
            break
        if line.startswith(f"{field}:"):
            return line.partition(":")[2].strip()
    return ""


def _lines(folder: str, name: str) -> list[str]:
    try:
        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
            return [line.strip() for line in file]
    except OSError:
        return []
