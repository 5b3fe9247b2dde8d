"""The page of one node and of one of its tables: the head above, and what says that either has another shape now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from zlib import crc32

from quart import Response, request

from gobs_server.live import Node, View
from gobs_server.paths import segment
from gobs_server.reasons import reasons
from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.tags import Tags
from gobs_server.web.answers import fragment, gone, html, missing, no_node, no_table, unclear
from gobs_server.web.cache import Cache
from gobs_server.web.drawings import of_table
from gobs_server.web.headlines import headlines, in_order, past_headlines
from gobs_server.web.lists import Poll, Tag, Window, asked, next_part
from gobs_server.web.looking import Looking
from gobs_server.web.profiles.asked import Target
from gobs_server.web.ranges import ranges
from gobs_server.web.rendering import Templates
from gobs_server.web.states import attention, meaning
from gobs_server.web.table import MOST, USUAL, PastTables, TableLists
from gobs_server.web.timebar import asked_moment, timebar


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

    def __init__(
        self, services: Services, tags: Tags, templates: Templates, cache: Cache, lists: TableLists, past: PastTables
    ) -> None:
        self._services = services
        self._live = services.live
        self._tags = tags
        self._templates = templates
        self._cache = cache
        self._lists = lists
        self._past = past

    async def node(self, name: str) -> Response:
        """Return the page of a node with all its tables, now or as they were."""
        node = self._live.node(name)
        if node is None:
            return missing(self._templates, no_node(name))
        path = f"/nodes/{segment(name)}"
        try:
            there = asked_moment(self._services.clock.wall())
        except ValueError as error:
            return unclear(self._templates, f"at: {error}", path)
        views = await self._views(node, in_order(node.tables), there)
        sections = [await self._section(node, table, there, f"{table}.") for table in in_order(node.tables)]
        unknown = {} if there is not None else {table: reasons(node, table) for table in views}
        drawn = [of_table(view, unknown.get(table, {})) for table, view in views.items() if view.table.charts]
        charts = [some[0] for some in drawn if some], [one for some in drawn for one in some[1:]]
        return self._page(node, path, there, views, sections=sections, alone="", charts=charts)

    async def table(self, name: str, table: str) -> Response:
        """Return the page of one table of a node, now or as it was."""
        node = self._live.node(name)
        if node is None:
            return missing(self._templates, no_node(name))
        if table not in node.tables:
            return missing(self._templates, no_table(name, table))
        path = f"/nodes/{segment(name)}/tables/{segment(table)}"
        try:
            there = asked_moment(self._services.clock.wall())
        except ValueError as error:
            return unclear(self._templates, f"at: {error}", path)
        section = await self._section(node, table, there)
        views = await self._views(node, [table], there)
        unknown = {} if there is not None else reasons(node, table)
        charts = of_table(views[table], unknown) if table in views else []
        glance = views if there is None else await self._views(node, in_order(node.tables), there)
        return self._page(node, path, there, glance, sections=[section], alone=table, charts=(charts, []))

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

    async def _views(self, node: Node, tables: Iterable[str], there: Looking | None) -> dict[str, View]:
        """Return the tables a page is about, as it shows them."""
        if there is not None:
            return await self._past.views(node.name, tables, there)
        return {name: node.tables[name].view() for name in tables}

    async def _section(self, node: Node, table: str, there: Looking | None, prefix: str = "") -> Section:
        """Return one table as the address of the page asks for it, in names that begin with `prefix`."""
        query = asked(request.args, prefix)._replace(at="", against="")
        window = Window(0, _FIRST) if prefix else Window.asked(USUAL, MOST)
        if there is None:
            shown = await self._lists.show(node, node.tables[table], query, window, _nothing)
        else:
            query = query._replace(at=there.written["at"], against=there.written.get("against", ""))
            shown = await self._past.show(node, table, there, query, window, _nothing)
        following = next_part(query, window, shown.total)
        return Section(table, prefix, shown.tag, self._templates.raw(shown.content), following)

    def _page(
        self, node: Node, path: str, there: Looking | None, views: Mapping[str, View], **values: object
    ) -> Response:
        head = self._head(node) if there is None else self._past_head(views)
        return html(
            self._templates.render(
                "node.html",
                node=node,
                path=path,
                tag=self._tags.of(node.version),
                shape=shape(node),
                ranges=ranges(self._services.history.retention),
                recorded=Target(node.name).query,
                head=self._templates.raw(head),
                past=there,
                bar=timebar(
                    self._services.clock.wall(), self._services.history.span(node.name), path, there, node.interval
                ),
                **values,
            )
        )

    def _past_head(self, views: Mapping[str, View]) -> bytes:
        return self._templates.render("head_past.html", values=past_headlines(views))

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


def shape(node: Node) -> str:
    """Return what tells whether the sections on a page are still those of the node's tables."""
    declared = [(name, [column.name for column in node.tables[name].table.keys]) for name in sorted(node.tables)]
    return f"{crc32(repr(declared).encode()):x}"
