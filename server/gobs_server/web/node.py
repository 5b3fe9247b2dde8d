"""The page of one node and of one of its tables: the head above, and what says that either has another shape now."""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32

from quart import Response, request

from gobs_server.live import LiveTable, Node
from gobs_server.reasons import reasons
from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.tags import Tags
from gobs_server.web.answers import fragment, gone, html, missing, no_node, no_table
from gobs_server.web.cache import Cache
from gobs_server.web.drawings import of_table
from gobs_server.web.headlines import headlines, in_order
from gobs_server.web.lists import Asked, Poll, Tag, Window, asked, next_part
from gobs_server.web.profiles.asked import Target
from gobs_server.web.ranges import ranges
from gobs_server.web.rendering import Templates
from gobs_server.web.states import attention, meaning
from gobs_server.web.table import MOST, USUAL, Shown, TableLists


def add_node(routes: Routes, pages: NodePages) -> None:
    """Add the pages of nodes and tables, and the fragment that keeps their head up to date."""

    @routes.get("/nodes/<name:node>", role="viewer")
    async def node(node: str) -> Response:
        return await pages.node(node)

    @routes.get("/nodes/<name:node>/tables/<name:table>", role="viewer")
    async def table(node: str, table: str) -> Response:
        return await pages.table(node, table)

    @routes.get("/fragments/nodes/<name:node>", role="viewer")
    async def node_fragment(node: str) -> Response:
        return pages.head(node)


_FIRST = 40
"""Rows of each table that the page of a node is sent at first."""


class Section(NamedTuple):
    """One table on a page."""

    name: str
    prefix: str
    """Of what in the page's address is about it."""
    tag: Tag
    content: object
    following: str
    """What asks for the rows after those on the page; empty: there are none."""


class NodePages:
    """Builds them. Lives as long as the app."""

    def __init__(self, services: Services, tags: Tags, templates: Templates, cache: Cache, lists: TableLists) -> None:
        self._live = services.live
        self._retention = services.history.retention
        self._tags = tags
        self._templates = templates
        self._cache = cache
        self._lists = lists

    async def node(self, name: str) -> Response:
        """Return the page of a node with all its tables."""
        node = self._live.node(name)
        if node is None:
            return missing(self._templates, no_node(name))
        sections = [await self._section(node, node.tables[table], f"{table}.") for table in in_order(node.tables)]
        drawn = [of_table(table.view(), reasons(node, name)) for name, table in _charted(node)]
        charts = [some[0] for some in drawn], [one for some in drawn for one in some[1:]]
        return self._page(node, sections=sections, alone="", charts=charts)

    async def table(self, name: str, table: str) -> Response:
        """Return the page of one table of a node."""
        node = self._live.node(name)
        if node is None:
            return missing(self._templates, no_node(name))
        found = node.tables.get(table)
        if found is None:
            return missing(self._templates, no_table(name, table))
        section = await self._section(node, found)
        charts = of_table(found.view(), reasons(node, table))
        return self._page(node, sections=[section], alone=found.table.name, charts=(charts, []))

    def head(self, name: str) -> Response:
        """Return what stands above the tables of a node; a page of another shape is asked to load itself anew."""
        node = self._live.node(name)
        if node is None:
            return gone(self._templates, no_node(name))
        if request.args.get("shape") not in {None, shape(node)}:
            response = html(b"")
            response.headers["HX-Refresh"] = "true"
            return response
        return fragment(self._tags.of(node.version), lambda: self._head(node))

    async def _section(self, node: Node, table: LiveTable, prefix: str = "") -> Section:
        """Return one table as the address of the page asks for it, in names that begin with `prefix`."""
        query = asked(request.args, prefix)
        window = Window(0, _FIRST) if prefix else Window.asked(USUAL, MOST)
        shown = await self._lists.show(node, table, query, window, _nothing)
        return Section(
            table.table.name, prefix, shown.tag, self._templates.raw(shown.content), _more(query, window, shown)
        )

    def _page(self, node: Node, **values: object) -> Response:
        return html(
            self._templates.render(
                "node.html",
                node=node,
                tag=self._tags.of(node.version),
                shape=shape(node),
                ranges=ranges(self._retention),
                recorded=Target(node.name).query,
                head=self._templates.raw(self._head(node)),
                **values,
            )
        )

    def _head(self, node: Node) -> bytes:
        return self._cache.get(
            ("head", node.name),
            self._tags.of(node.version),
            lambda: self._templates.render(
                "head.html",
                node=node,
                values=headlines(self._live, node),
                meaning=meaning(node),
                attention=attention(node),
            ),
        )


def _nothing(_tag: Tag) -> Poll:
    return Poll(-1, frozenset(), all=False)


def _more(query: Asked, window: Window, shown: Shown) -> str:
    return next_part(query, window, shown.total)


def _charted(node: Node) -> list[tuple[str, LiveTable]]:
    """Return the tables that ask for charts, in the order of the page."""
    return [(name, node.tables[name]) for name in in_order(node.tables) if node.tables[name].table.charts]


def shape(node: Node) -> str:
    """Return what tells whether the sections on a page are still those of the node's tables."""
    declared = [(name, [column.name for column in node.tables[name].table.keys]) for name in sorted(node.tables)]
    return f"{crc32(repr(declared).encode()):x}"
