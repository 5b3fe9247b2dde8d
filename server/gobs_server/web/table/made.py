"""A part of a table as it is sent, from one reading of it: whoever asks, and whenever the reading is of."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial

from gobs_server.tags import Tags
from gobs_server.web.lists import Asked, Poll, Tag, Window, answer, headings
from gobs_server.web.looking import Looking
from gobs_server.web.rendering import Templates
from gobs_server.web.table.chosen import Chosen, choose
from gobs_server.web.table.face import Face
from gobs_server.web.table.lines import lines
from gobs_server.web.table.listing import Listing


@dataclass(frozen=True, slots=True)
class Source:
    """What a table's rows are taken from."""

    listing: Callable[[], Listing]
    """Makes it of one reading, as who asks may see it."""
    version: int
    interval: float
    look: Hashable
    """What rows look by besides what they hold: how the table is declared, and why columns are not known."""
    overdue: str = ""
    """In words, how long no newer reading has come that should have; empty: none is missing."""
    refused: str = ""
    """Why the newest reading was not taken; empty: it was."""
    looking: Looking | None = None
    """The moment of the past it is of; None: it is the newest there is."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A part of a table as it was sent."""

    tag: Tag
    content: bytes
    total: int
    """Rows there are to see, in the part or not."""


class Maker:
    """Chooses and renders, in whatever thread it is called. Lives as long as the app."""

    def __init__(self, templates: Templates, tags: Tags) -> None:
        self._templates = templates
        self._tags = tags

    def make(self, face: Face, source: Source, query: Asked, window: Window, tag: Tag, has: Poll) -> Shown:
        """Return a part of a table, of that what a page lacks."""
        chosen = face.chosen(tag.view, source.version, lambda: choose(source.listing(), query))
        known = has.since >= 0
        frame = face.frame(tag.view, partial(self._frame, source, query, chosen, known=known), known=known)
        rows = chosen.rows[window.first : window.first + window.size] if frame.listed else []
        pinned = max(chosen.pinned - window.first, 0)
        look = self._tags.of(0, query.columns, query.at, query.against, chosen.listing.grouped, source.look)
        items = [
            *face.items((look, True), source.version, chosen, rows[:pinned]),
            *face.items((look, False), source.version, chosen, rows[pinned:]),
        ]
        return Shown(tag, answer(frame, items, window, len(chosen.rows), has), len(chosen.rows))

    def _frame(self, source: Source, query: Asked, chosen: Chosen, *, known: bool) -> bytes:
        """Render what stands around the rows; of a table without keys the one row it has."""
        listing = chosen.listing
        single = not listing.view.table.keys
        shown = lines(chosen, chosen.rows[:1]) if single else []
        heads = headings(chosen.fields, chosen.sort, query)
        return self._templates.render(
            "table_list.html",
            table=listing.view.table,
            home=listing.home,
            query=query,
            known=known,
            chosen=chosen,
            headings=heads,
            pairs=list(zip(heads, shown[0].cells, strict=True)) if shown else [],
            single=single,
            idles=not listing.compared and any(field.numeric and field.rate for field in chosen.all),
            read_at=listing.view.time,
            interval=source.interval,
            overdue=source.overdue,
            refused=source.refused,
            past=source.looking,
        )
