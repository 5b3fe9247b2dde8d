"""Tables as they were: a reading out of history in place of the newest, and two of them compared."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from gobs_server.beside import Beside
from gobs_server.clock import Clock
from gobs_server.history import History
from gobs_server.live import Node, View
from gobs_server.privacy import HIDDEN, hidden, seen
from gobs_server.tags import Tags
from gobs_server.web.lists import Asked, Poll, Tag, Window, tag_of
from gobs_server.web.looking import Looking
from gobs_server.web.rendering import Templates
from gobs_server.web.table.chosen import Chosen, choose
from gobs_server.web.table.compared import compared
from gobs_server.web.table.face import Face
from gobs_server.web.table.listing import Listing, listing_of
from gobs_server.web.table.made import Maker, Shown, Source

_KEPT = 60
"""Readings of tables that are kept, for whoever looks at the same again."""
_FRESH = 10.0
"""Seconds for which they are taken for all there is."""


@dataclass(slots=True)
class Reading:
    """A table of a node at one moment, and what was made of it."""

    view: View | None
    """None: nothing kept is recent enough for it."""
    before: View | None
    """The same at the moment it is compared with."""
    face: Face
    read: float
    """When it was read, on the server's monotonic clock."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class PastTables:
    """The lists of tables as they were. Lives as long as the app."""

    def __init__(self, history: History, clock: Clock, templates: Templates, tags: Tags) -> None:
        self._history = history
        self._clock = clock
        self._templates = templates
        self._tags = tags
        self._maker = Maker(templates, tags)
        self._readings: OrderedDict[tuple[str, str, Looking], Reading] = OrderedDict()
        self._beside = Beside()

    async def views(self, node: str, tables: Iterable[str], looking: Looking) -> dict[str, View]:
        """Return those of these tables of which anything is kept, as they were, as who asks may see them."""
        found = {name: (await self._reading(node, name, looking)).view for name in tables}
        return {name: seen(view) for name, view in found.items() if view is not None}

    async def show(
        self, node: Node, table: str, looking: Looking, query: Asked, window: Window, has: Callable[[Tag], Poll]
    ) -> Shown:
        """Return a part of a table as it was; of one of which nothing is kept, a sentence that says so."""
        reading = await self._reading(node.name, table, looking)
        query = query._replace(at=looking.written["at"], against=looking.written.get("against", ""))
        tag = tag_of(self._tags, 0, window, query, node.name, table, self._times(reading))
        listing = self._listing(node.name, reading, looking)
        if listing is None:
            span = self._history.span(node.name)
            content = self._templates.render(
                "table_none.html", name=table, node=node, past=looking, lacking=reading.view is None, span=span
            )
            return Shown(tag, content, 0)
        interval = node.tables[table].interval if table in node.tables else 0.0
        source = Source(listing, 0, interval, "", looking=looking)
        async with reading.lock:
            make = partial(self._maker.make, reading.face, source, query, window, tag, has(tag))
            return await self._beside.run(make)

    async def all(self, node: Node, table: str, looking: Looking, query: Asked) -> Chosen | None:
        """Return all that a query makes of a table as it was; None: nothing is kept of it."""
        listing = self._listing(node.name, await self._reading(node.name, table, looking), looking)
        return None if listing is None else await self._beside.run(lambda: choose(listing(), query))

    async def _reading(self, node: str, table: str, looking: Looking) -> Reading:
        """Return what is meant of a table; it is read anew after a while, for what comes late may change it."""
        place, now = (node, table, looking), self._clock.monotonic()
        reading = self._readings.get(place)
        if reading is None or now - reading.read > _FRESH:
            past = self._history.past(node)
            view, before = await self._beside.run(
                lambda: (
                    past.at(table, looking.at),
                    None if looking.against is None else past.at(table, looking.against),
                )
            )
            times = self._times(reading) if reading is not None else None
            made = Reading(view, before, Face(self._templates), now)
            if reading is None or self._times(made) != times:
                reading = self._readings[place] = made
            reading.read = now
        self._readings.move_to_end(place)
        while len(self._readings) > _KEPT:
            self._readings.popitem(last=False)
        return reading

    def _listing(self, node: str, reading: Reading, looking: Looking) -> Callable[[], Listing] | None:
        if reading.view is None:
            return None
        view = seen(reading.view)
        if looking.against is None:
            unknown = dict.fromkeys(hidden(view.table), HIDDEN)
            return partial(listing_of, node, view, unknown, looking)
        if reading.before is None or reading.before.table.columns != view.table.columns:
            return None
        return partial(compared, node, view, seen(reading.before), looking)

    def _times(self, reading: Reading) -> tuple[float, float]:
        """Return what tells one answer from another: which readings there are."""
        times = [-1.0 if view is None else view.time for view in (reading.view, reading.before)]
        return times[0], times[1]
