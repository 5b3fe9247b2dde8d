"""Which containers there are: a tree of control groups kept up to date by their link counts, instead of walking it all.

A folder of a kernel's has two links and one more for each folder in it. So groups are looked into again only where that
count has changed, or where one of those in it has vanished: another set of as many would miss one of the known.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from gobs_core import NoData, Proc
from gobs_core.control_groups import MAX_DEPTH, TOP, Group, below

MAX_NODES = 5_000
"""Groups that are looked after, the outer ones first; whoever has one delegated may make any number below it."""


class Node:
    """One group that is looked after."""

    __slots__ = ("depth", "group", "inner", "links", "path")

    def __init__(self, group: Group, path: str, depth: int) -> None:
        self.group = group
        self.path = path
        self.depth = depth
        self.links = -1
        """-1: not looked into yet."""
        self.inner: dict[str, Node] = {}


class Tree:
    """All groups below one root, and which of them are containers' own."""

    def __init__(self, proc: Proc, root: Path, most: int = MAX_NODES) -> None:
        self._proc = proc
        self._most = most
        self._root = root
        self._top = Node(TOP, os.fspath(root), 0)
        self._nodes = 1
        self.left_out = 0
        """Groups beyond the limit at the last look."""

    def update(self, idle: Callable[[str], bool]) -> tuple[list[Group], list[str]]:
        """Look where anything may have changed; returns the containers that are new, and the paths of those gone.

        `idle`: whether a container has not run since the last look, and so nobody in it, or in one within it.
        """
        new: list[Group] = []
        gone: list[str] = []
        self.left_out = 0
        waiting = [self._top]
        for node in waiting:
            if node.links < 0 or not node.group.is_container or not idle(node.group.path):
                self._look(node, new, gone)
                waiting.extend(node.inner.values())
        return new, gone

    def lost(self, path: str) -> list[str]:
        """A container's group is gone, and maybe there again under the same name; returns those in it, gone as well."""
        gone: list[str] = []
        outer = self._find(path.rpartition("/")[0])
        if outer is not None and (node := outer.inner.pop(path, None)) is not None:
            outer.links = -1
            self._forget(node, gone)
        return gone

    def _look(self, node: Node, new: list[Group], gone: list[str]) -> None:
        try:
            links = self._proc.stat_at(node.path).st_nlink
        except (NoData, OSError):
            return  # the group around it has lost a link, or will
        if links == node.links and links >= 2:
            return
        node.links = links
        found = (
            {group.path: group for group in below(self._proc, self._root, node.group)} if node.depth < MAX_DEPTH else {}
        )
        for path in node.inner.keys() - found.keys():
            self._forget(node.inner.pop(path), gone)
        for path, group in found.items():
            if path in node.inner:
                continue
            if self._nodes >= self._most:
                self.left_out += 1
                node.links = -1
                continue
            self._nodes += 1
            node.inner[path] = Node(group, os.path.join(self._root, path), node.depth + 1)
            if group.is_container:
                new.append(group)

    def _forget(self, node: Node, gone: list[str]) -> None:
        self._nodes -= 1
        if node.group.is_container:
            gone.append(node.group.path)
        for inner in node.inner.values():
            self._forget(inner, gone)

    def _find(self, path: str) -> Node | None:
        node = self._top
        for part in _prefixes(path):
            inner = node.inner.get(part)
            if inner is None:
                return None
            node = inner
        return node


def _prefixes(path: str) -> Iterator[str]:
    parts = path.split("/") if path else []
    for count in range(1, len(parts) + 1):
        yield "/".join(parts[:count])
