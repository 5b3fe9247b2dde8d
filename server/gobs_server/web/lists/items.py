"""The items of a list, rendered: each once for all who look, and again only when what it shows has changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import NamedTuple


class Item(NamedTuple):
    """One item, ready to be sent."""

    id: str
    made_from: Hashable
    """What it was rendered from; while that is the same, so is the item."""
    version: int
    """The version at which its content last changed."""
    content: bytes


class Items:
    """The items of one list in one look. Lives as long as what it shows."""

    def __init__(self) -> None:
        self._kept: dict[str, Item] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def outdated(self, wanted: Iterable[tuple[str, Hashable]]) -> list[str]:
        """Return the ids of those that have to be rendered, given what each would be made from."""
        kept = self._kept
        return [name for name, made_from in wanted if name not in kept or kept[name].made_from != made_from]

    def put(self, name: str, made_from: Hashable, version: int, content: bytes) -> None:
        """Keep what was rendered; an item that looks as it did before has not changed."""
        old = self._kept.get(name)
        if old is not None and old.content == content:
            version = old.version
        self._kept[name] = Item(name, made_from, version, content)

    def get(self, names: Sequence[str]) -> list[Item]:
        """Return items in that order; raises KeyError for one that was never put."""
        return [self._kept[name] for name in names]

    def keep_only(self, wanted: Callable[[Item], bool]) -> None:
        """Let go of all others."""
        self._kept = {name: item for name, item in self._kept.items() if wanted(item)}
