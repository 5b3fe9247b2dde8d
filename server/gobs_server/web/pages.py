"""The pages and their fragments: what each address shows, and the tag that tells whether it is still so."""

from __future__ import annotations

from zlib import crc32

import msgspec
from quart import Response

from gobs_server.beside import Beside
from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.tags import Tags
from gobs_server.web.alerts import add_alerts
from gobs_server.web.answers import fragment, html
from gobs_server.web.badges import Badges
from gobs_server.web.cache import Cache
from gobs_server.web.cluster import add_cluster
from gobs_server.web.find import Finder
from gobs_server.web.gallery import add_gallery
from gobs_server.web.inspect_pages import add_inspect
from gobs_server.web.node import NodePages, add_node
from gobs_server.web.plugins import render_plugins
from gobs_server.web.pods import add_pods
from gobs_server.web.profiles import add_profiles
from gobs_server.web.rendering import Templates
from gobs_server.web.row import RowPages, add_rows
from gobs_server.web.search import add_search
from gobs_server.web.table import PastTables, TableLists, TablePages, add_tables


def page_routes(services: Services, tags: Tags, templates: Templates) -> Routes:
    """Return every page and fragment."""
    routes = Routes("web")
    pages = _Pages(services, tags, templates)
    add_cluster(routes, services, tags, templates)
    add_node(routes, pages.of_nodes)
    add_tables(routes, TablePages(services, pages.of_tables, pages.of_past, templates))
    add_pods(routes, services, tags, templates)
    add_rows(routes, pages.of_rows)
    add_inspect(routes, services, templates)
    add_alerts(routes, services, tags, templates)
    add_profiles(routes, services, tags, templates)
    add_search(routes, Finder(services.live), templates)
    if services.settings.gallery:
        add_gallery(routes, templates)

    @routes.get("/plugins", role="viewer")
    async def plugins() -> Response:
        return pages.plugins()

    @routes.get("/fragments/plugins", role="viewer")
    async def plugins_fragment() -> Response:
        return fragment(pages.plugins_tag(), pages.plugins_content)

    return routes


class _Pages:
    """Builds the pages. Lives as long as the app."""

    def __init__(self, services: Services, tags: Tags, templates: Templates) -> None:
        self._services = services
        self._live = services.live
        self._tags = tags
        self._templates = templates
        self._cache = Cache()
        self.of_tables = TableLists(services.live, templates, tags, Badges(services.alerts.keeper))
        self.of_past = PastTables(services.history, services.clock, templates, tags)
        self.of_rows = RowPages(services, tags, templates, Beside())
        self.of_nodes = NodePages(services, tags, templates, self._cache, self.of_tables, self.of_past)

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

    def _page(self, template: str, **values: object) -> Response:
        return html(self._templates.render(template, **values))
