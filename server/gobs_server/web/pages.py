"""The pages and their fragments: what each address shows, and the tag that tells whether it is still so."""

from __future__ import annotations

from collections.abc import Callable
from zlib import crc32

import msgspec
from quart import Response, request

from gobs_server.live import LiveTable, Node
from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.tags import Tags, fresh, with_tag
from gobs_server.web.cache import Cache
from gobs_server.web.cards import Cards
from gobs_server.web.headlines import headlines, in_order
from gobs_server.web.order import Query
from gobs_server.web.plugins import render_plugins
from gobs_server.web.queries import table_query
from gobs_server.web.rendering import Templates
from gobs_server.web.sections import Sections
from gobs_server.web.states import attention, meaning


def page_routes(services: Services, tags: Tags, templates: Templates) -> Routes:
    """Return every page and fragment."""
    routes = Routes("web")
    pages = _Pages(services, tags, templates)

    @routes.get("/", role="viewer")
    async def nodes() -> Response:
        return await pages.nodes()

    @routes.get("/fragments/nodes", role="viewer")
    async def nodes_fragment() -> Response:
        return await pages.cards_fragment()

    @routes.get("/nodes/<name:node>", role="viewer")
    async def node(node: str) -> Response:
        return await pages.node(node)

    @routes.get("/fragments/nodes/<name:node>", role="viewer")
    async def node_fragment(node: str) -> Response:
        return pages.head(node)

    @routes.get("/nodes/<name:node>/tables/<name:table>", role="viewer")
    async def table(node: str, table: str) -> Response:
        return await pages.table(node, table)

    @routes.get("/fragments/nodes/<name:node>/tables/<name:table>", role="viewer")
    async def table_fragment(node: str, table: str) -> Response:
        return await pages.rows(node, table)

    @routes.get("/plugins", role="viewer")
    async def plugins() -> Response:
        return pages.plugins()

    @routes.get("/fragments/plugins", role="viewer")
    async def plugins_fragment() -> Response:
        return _fragment(pages.plugins_tag(), pages.plugins_content)

    return routes


class _Pages:
    """Builds the pages. Lives as long as the app."""

    def __init__(self, services: Services, tags: Tags, templates: Templates) -> None:
        self._services = services
        self._live = services.live
        self._tags = tags
        self._templates = templates
        self._cache = Cache()
        self._sections = Sections(services.live, templates, tags, self._cache)
        self.cards = Cards(services, templates, tags)

    async def nodes(self) -> Response:
        tag = self.cards.tag()
        return self._page("nodes.html", tag=tag, content=self._templates.raw(await self.cards.content()))

    async def cards_fragment(self) -> Response:
        tag = self.cards.tag()
        return fresh(tag) or with_tag(_html(await self.cards.content()), tag)

    async def node(self, name: str) -> Response:
        node = self._live.node(name)
        if node is None:
            return self.missing(_no_node(name))
        query, tables = Query(), node.tables
        sections = [await self._sections.section(node, tables[table], query, alone=False) for table in in_order(tables)]
        return self._node_page(node, sections=sections, alone="")

    async def table(self, name: str, table: str) -> Response:
        node = self._live.node(name)
        if node is None:
            return self.missing(_no_node(name))
        found = node.tables.get(table)
        if found is None:
            return self.missing(_no_table(name, table))
        section = await self._sections.section(node, found, table_query(), alone=True)
        return self._node_page(node, sections=[section], alone=found.table.name)

    def head(self, name: str) -> Response:
        node = self._live.node(name)
        if node is None:
            return self._gone(_no_node(name))
        if request.args.get("shape") not in {None, _shape(node)}:
            response = _html(b"")
            response.headers["HX-Refresh"] = "true"
            return response
        return _fragment(self._tags.of(node.version), lambda: self._head(node))

    async def rows(self, name: str, table: str) -> Response:
        node = self._live.node(name)
        found: LiveTable | None = None if node is None else node.tables.get(table)
        if node is None or found is None:
            return self._gone(_no_node(name) if node is None else _no_table(name, table))
        query = table_query()
        tag = self._sections.tag(node, found, query)
        return fresh(tag) or with_tag(_html(await self._sections.rows(node, found, query)), tag)

    def plugins(self) -> Response:
        content = self._templates.raw(self.plugins_content())
        return self._page("plugins.html", tag=self.plugins_tag(), content=content)

    def plugins_tag(self) -> str:
        return self._tags.of(self._live.plugins_version, crc32(msgspec.msgpack.encode(self._services.plugins())))

    def plugins_content(self) -> bytes:
        return self._cache.get(
            "plugins",
            self.plugins_tag(),
            lambda: render_plugins(self._templates, self._services.plugins(), self._live.nodes()),
        )

    def missing(self, text: str) -> Response:
        response = self._page("error.html", title="Not found", text=text)
        response.status_code = 404
        return response

    def _node_page(self, node: Node, **values: object) -> Response:
        return self._page(
            "node.html",
            node=node,
            tag=self._tags.of(node.version),
            shape=_shape(node),
            head=self._templates.raw(self._head(node)),
            **values,
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

    def _gone(self, text: str) -> Response:
        return _html(self._templates.render("gone.html", text=text))

    def _page(self, template: str, **values: object) -> Response:
        return _html(self._templates.render(template, **values))


def _fragment(tag: str, content: Callable[[], bytes]) -> Response:
    return fresh(tag) or with_tag(_html(content()), tag)


def _html(content: bytes) -> Response:
    response = Response(content, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


def _shape(node: Node) -> str:
    """Return what tells whether the sections on a page are still those of the node's tables."""
    declared = [(name, [column.name for column in node.tables[name].table.keys]) for name in sorted(node.tables)]
    return f"{crc32(repr(declared).encode()):x}"


def _no_node(name: str) -> str:
    return f"No node named {name[:200]!r} has reported since this server was started."


def _no_table(name: str, table: str) -> str:
    return f"Node {name[:200]!r} sends no table {table[:200]!r}."
