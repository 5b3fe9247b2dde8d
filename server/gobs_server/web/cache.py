"""Keeps what was rendered until it is older than what it shows, and shares it among all who look and may the same."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

from gobs_server.actor import current_actor


class Cache:
    """Rendered bytes by view, each under the tag of what it was made from; the least used go when it gets too much."""

    def __init__(self, max_bytes: int = 32 << 20) -> None:
        self._kept: OrderedDict[tuple[Hashable, str], tuple[str, bytes]] = OrderedDict()
        self._max_bytes = max_bytes
        self.bytes = 0
        """What is kept now."""

    def get(self, view: Hashable, tag: str, render: Callable[[], bytes]) -> bytes:
        """Return the view as it is under `tag`, rendered only if what is kept has another tag."""
        content = self.kept(view, tag)
        return self.keep(view, tag, render()) if content is None else content

    def kept(self, view: Hashable, tag: str) -> bytes | None:
        """Return the view if it is kept under `tag`."""
        place = (view, current_actor().standing)
        kept = self._kept.get(place)
        if kept is None or kept[0] != tag:
            return None
        self._kept.move_to_end(place)
        return kept[1]

    def keep(self, view: Hashable, tag: str, content: bytes) -> bytes:
        """Keep the view in place of what was kept of it, and return it."""
        place = (view, current_actor().standing)
        if (old := self._kept.pop(place, None)) is not None:
            self.bytes -= len(old[1])
        self._kept[place] = (tag, content)
        self.bytes += len(content)
        while self.bytes > self._max_bytes and len(self._kept) > 1:
            self.bytes -= len(self._kept.popitem(last=False)[1][1])
        return content
