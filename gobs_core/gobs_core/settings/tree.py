"""The merged settings before anybody knows their types: a tree of leaves, each with where it was written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple, TypeAlias


class Rank(IntEnum):
    """Whose word counts: the higher one's."""

    FILE = 0
    ORIGINAL = 1
    """A variable of the original Gobservability."""
    ENVIRONMENT = 2
    FLAG = 3


class Leaf(NamedTuple):
    """One value, as it was written."""

    value: object
    where: str
    """What an error calls the place, e.g. `gobs.toml:agent.interval`, `GOBS_AGENT__INTERVAL`, `--interval`."""
    rank: Rank

    @property
    def lax(self) -> bool:
        """Whether it is text that stands for a value of any type."""
        return self.rank is not Rank.FILE and isinstance(self.value, str)


Tree: TypeAlias = "dict[str, Tree | Leaf]"


def put(tree: Tree, path: Sequence[str], leaf: Leaf) -> None:
    """Set one leaf; it replaces whatever stands in its way."""
    for name in path[:-1]:
        below = tree.get(name)
        if not isinstance(below, dict):
            below = tree[name] = {}
        tree = below
    tree[path[-1]] = leaf


def leaves(tree: Tree | Leaf) -> Iterator[Leaf]:
    """All leaves of a tree, in order."""
    if isinstance(tree, Leaf):
        yield tree
        return
    for below in tree.values():
        yield from leaves(below)


def plain(tree: Tree | Leaf) -> object:
    """The values alone."""
    return tree.value if isinstance(tree, Leaf) else {name: plain(below) for name, below in tree.items()}
