"""The pages and their fragments: what each address shows, and the tag that tells whether it is still so."""

from __future__ import annotations

from gobs_server.beside import Beside
from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.tags import Tags
from gobs_server.web.alerts import add_alerts
from gobs_server.web.badges import Badges
from gobs_server.web.cache import Cache
from gobs_server.web.cluster import add_cluster
from gobs_server.web.find import Finder
from gobs_server.web.gallery import add_gallery
from gobs_server.web.inspect_pages import add_inspect
from gobs_server.web.node import NodePages, add_node
from gobs_server.web.originals import add_originals
from gobs_server.web.plugin_pages import add_plugins
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
    add_plugins(routes, services, tags, templates, pages.cache)
    add_originals(routes, services.live)
    if services.settings.gallery:
        add_gallery(routes, templates)
    return routes


class _Pages:
    """Builds the pages. Lives as long as the app."""

    def __init__(self, services: Services, tags: Tags, templates: Templates) -> None:
        self.cache = Cache()
        self.of_tables = TableLists(services.live, templates, tags, Badges(services.alerts.keeper))
        self.of_past = PastTables(services.history, services.clock, templates, tags)
        self.of_rows = RowPages(services, tags, templates, Beside())
        self.of_nodes = NodePages(services, tags, templates, self.cache, self.of_tables, self.of_past)
