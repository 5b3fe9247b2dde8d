"""Where control groups are mounted, in which version, and which of them are pods and containers.

Version 2 has one tree, version 1 one for each controller; a hybrid machine has those of version 1 and an empty one of
version 2 beside them. Groups are found by walking the tree and never by joining a path of /proc/PID/cgroup: what that
says depends on whose control group namespace it is read from.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from gobs_core.cgroup_path import Place, placed
from gobs_core.errors import NoData
from gobs_core.proc import Proc, text

_FOLDER = "fs/cgroup"
_CONTROLLERS = ("cpu", "cpuacct", "memory", "blkio", "pids")
_TOGETHER = ("cpu,cpuacct", "cpuacct,cpu")
MAX_GROUPS = 20_000
"""Groups that are looked at; whoever has one delegated may make any number of them below it."""
MAX_DEPTH = 24


class Mounts(NamedTuple):
    """The trees of one machine."""

    unified: Path | None
    """That of version 2."""
    controllers: Mapping[str, Path]
    """Those of version 1 by controller; none where version 2 has them all."""

    @property
    def version(self) -> int:
        """1 or 2, that of the trees with the controllers; 0 where there are none."""
        return 1 if self.controllers else 2 if self.unified is not None else 0

    @property
    def root(self) -> Path | None:
        """The tree in which groups are looked for."""
        for name in ("cpuacct", "memory", "cpu", "pids"):
            if name in self.controllers:
                return self.controllers[name]
        return self.unified


def mounted(proc: Proc) -> Mounts:
    """What is mounted below this machine's /sys."""
    folder = proc.sys / _FOLDER
    if is_unified(proc, folder):
        return Mounts(folder, {})
    found = {name: folder / name for name in _CONTROLLERS if _is_tree(proc, folder / name)}
    for together in _TOGETHER:
        if _is_tree(proc, folder / together):
            found = {"cpu": folder / together, "cpuacct": folder / together, **found}
    return Mounts(folder / "unified" if is_unified(proc, folder / "unified") else None, found)


class Group(NamedTuple):
    """One group of a tree."""

    path: str
    """Relative to the root of its tree, without a slash at either end; empty for the root itself."""
    place: Place
    outer: Place
    """What the group around it is."""
    nested: bool
    """Whether it is within a container, which counts all of it as well."""

    @property
    def is_pod(self) -> bool:
        """Whether it is a pod's own, with all its containers in it."""
        return bool(self.place.pod) and not self.place.container and self.place.pod != self.outer.pod

    @property
    def is_container(self) -> bool:
        """Whether it is a container's own."""
        return bool(self.place.container) and self.place.container != self.outer.container


TOP = Group("", Place(), Place(), nested=False)
"""The root of a tree."""


def walk(proc: Proc, root: Path, start: Group | None = None) -> Iterator[Group]:
    """Every group below `start`, the outer before the inner; what vanishes meanwhile is left out."""
    first = start or TOP
    waiting = deque([(first, first.path.count("/") + 1 if first.path else 0)])
    seen = 0
    while waiting and seen < MAX_GROUPS:
        group, depth = waiting.popleft()
        for inner in below(proc, root, group) if depth < MAX_DEPTH else ():
            seen += 1
            yield inner
            waiting.append((inner, depth + 1))


def below(proc: Proc, root: Path, group: Group) -> list[Group]:
    """The groups right below one."""
    try:
        names = proc.folders_at(os.path.join(root, group.path))
    except (NoData, OSError):
        return []
    nested = group.nested or bool(group.place.container)
    paths = [f"{group.path}/{name}" if group.path else name for name in sorted(names)]
    return [Group(path, placed("/" + text(os.fsencode(path))), group.place, nested) for path in paths]


def is_unified(proc: Proc, folder: Path) -> bool:
    """Whether a tree of version 2 is mounted there."""
    return _there(proc, folder / "cgroup.controllers")


def _is_tree(proc: Proc, folder: Path) -> bool:
    return _there(proc, folder / "cgroup.procs")


def _there(proc: Proc, path: Path) -> bool:
    try:
        proc.stat_at(str(path))
    except (NoData, OSError, ValueError):
        return False
    return True
