"""Where a row is: in the newest reading, at a moment of the past, or last seen before it went."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple, TypeAlias

from gobs_server.beside import Beside
from gobs_server.history import History
from gobs_server.live import Node, View
from gobs_server.privacy import seen
from gobs_server.web.looking import Looking

Key: TypeAlias = tuple[str, ...]

_KEPT = 64
"""Rows that have gone whose last values are remembered."""


class FoundRow(NamedTuple):
    """A row, and the table it was found in."""

    view: View
    row: int
    gone: bool
    """Whether the newest reading does not have it."""
    looking: Looking | None = None
    """The moment of the past it was asked for; None: now."""


class RowFinding:
    """Finds rows. Lives as long as the app."""

    def __init__(self, history: History, beside: Beside) -> None:
        self._history = history
        self._beside = beside
        self._gone: OrderedDict[tuple[str, str, Key], View] = OrderedDict()

    def now(self, node: Node, table: str, key: Key) -> FoundRow | None:
        """Return the row as the newest reading has it."""
        live = node.tables.get(table)
        if live is None:
            return None
        view = seen(live.view())
        row = view.find(key)
        if row is None:
            return None
        self._gone.pop((node.name, table, key), None)
        return FoundRow(view, row, gone=False)

    async def at(self, node: str, table: str, key: Key, looking: Looking) -> FoundRow | None:
        """Return the row as it was at a moment."""
        found = _in(await self.reading(node, table, looking), key, gone=False)
        return None if found is None else found._replace(looking=looking)

    async def reading(self, node: str, table: str, looking: Looking) -> View | None:
        """Return a table as it was at a moment; None: nothing is kept of it."""
        past = self._history.past(node)
        return await self._beside.run(lambda: past.at(table, looking.at))

    async def last(self, node: str, table: str, key: Key) -> FoundRow | None:
        """Return a row that has gone as it was read last; None: nothing kept has it."""
        place = (node, table, key)
        view = self._gone.get(place)
        if view is None:
            past = self._history.past(node)
            view = await self._beside.run(lambda: past.last(table, key))
            if view is None:
                return None
        self._gone[place] = view
        self._gone.move_to_end(place)
        while len(self._gone) > _KEPT:
            self._gone.popitem(last=False)
        return _in(view, key, gone=True)


def _in(view: View | None, key: Key, *, gone: bool) -> FoundRow | None:
    if view is None:
        return None
    shown = seen(view)
    row = shown.find(key)
    return None if row is None else FoundRow(shown, row, gone)
