"""Tables as fragments: each reading chosen from once and each row rendered once, for all who look at the same."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial

from gobs_server.beside import Beside
from gobs_server.live import Live, LiveTable, Node
from gobs_server.privacy import seen
from gobs_server.reasons import reasons, refused
from gobs_server.tags import Tags
from gobs_server.web.badges import Badges
from gobs_server.web.format import last_read
from gobs_server.web.lists import Asked, Poll, Tag, Window, tag_of
from gobs_server.web.rendering import Templates
from gobs_server.web.table.chosen import Chosen, choose
from gobs_server.web.table.face import Face
from gobs_server.web.table.listing import listing_of
from gobs_server.web.table.made import Maker, Shown, Source

MOST = 500
"""Rows a page is sent at once."""
_FACES = 100
"""Tables of which something is kept at once."""
_SMALL = 2000
"""Cells that take no longer to render than to hand to a thread and back, about."""
_FEW = 20_000
"""Cells that take no longer to choose from."""


class TableLists:
    """The lists of all tables. Lives as long as the app."""

    def __init__(self, live: Live, templates: Templates, tags: Tags, badges: Badges) -> None:
        self._live = live
        self._templates = templates
        self._tags = tags
        self._badges = badges
        self._maker = Maker(templates, tags)
        self._faces: OrderedDict[tuple[str, str], Face] = OrderedDict()
        self._beside = Beside()

    def tag(self, node: Node, table: LiveTable, query: Asked, window: Window) -> Tag:
        """Return the tag of what `show` would be now."""
        face = self._face(node.name, table.table.name)
        unknown, overdue = reasons(node, table.table.name), self._overdue(node, table)
        return tag_of(
            self._tags,
            table.version + self._badges.version,
            window,
            query,
            unknown,
            overdue,
            refused(node, table.table.name),
            face.declared(table.layout),
        )

    async def show(
        self, node: Node, table: LiveTable, query: Asked, window: Window, has: Callable[[Tag], Poll]
    ) -> Shown:
        """Return a part of a table as it is now, of that what a page lacks; a large table beside the event loop."""
        face = self._face(node.name, table.table.name)
        async with face.lock:
            tag = self.tag(node, table, query, window)
            view, unknown = seen(table.view()), reasons(node, table.table.name)
            source = Source(
                partial(listing_of, node.name, view, unknown, fires=self._badges.now),
                table.version + self._badges.version,
                table.interval,
                (unknown, face.declared(table.layout)),
                self._overdue(node, table),
                refused(node, table.table.name),
            )
            columns = len(table.table.columns)
            make = partial(self._maker.make, face, source, query, window, tag, has(tag))
            if table.rows * columns <= _FEW and min(table.rows, window.size) * columns <= _SMALL:
                return make()
            return await self._beside.run(make)

    async def all(self, node: Node, table: LiveTable, query: Asked) -> Chosen:
        """Return all that a query makes of a table as it is now."""
        view, unknown = seen(table.view()), reasons(node, table.table.name)
        return await self._beside.run(lambda: choose(listing_of(node.name, view, unknown), query))

    def _face(self, node: str, table: str) -> Face:
        """Return what is kept of a table; of those nobody looked at for longest nothing is."""
        face = self._faces.setdefault((node, table), Face(self._templates))
        self._faces.move_to_end((node, table))
        while len(self._faces) > _FACES:
            self._faces.popitem(last=False)
        return face

    def _overdue(self, node: Node, table: LiveTable) -> str:
        age = self._live.overdue(node, table)
        return "" if age is None else last_read(age)
