"""The REST interface below /api/v1, its OpenAPI document, and what probes and scrapers ask of the server itself."""

from __future__ import annotations

from functools import cache

import msgspec
from quart import Response

from gobs_server.api.access import add_access
from gobs_server.api.alerting import add_alerting
from gobs_server.api.chart import add_chart
from gobs_server.api.export import export_routes
from gobs_server.api.history import add_history
from gobs_server.api.nodes import add_nodes
from gobs_server.api.openapi import document
from gobs_server.api.operations import Operations
from gobs_server.api.original import original_routes
from gobs_server.api.plugins import add_plugins
from gobs_server.api.pods import add_pods
from gobs_server.api.problem import problem_response
from gobs_server.api.processes import add_processes
from gobs_server.api.profiles import add_profiles
from gobs_server.api.service import service_routes
from gobs_server.api.tables import add_tables
from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.tags import Tags

__all__ = ["PREFIX", "api_routes", "export_routes", "original_routes", "problem_response", "service_routes"]

PREFIX = "/api/v1"


def api_routes(services: Services, tags: Tags) -> Routes:
    """Return every route below /api/v1."""
    api = Operations("api", PREFIX)
    add_nodes(api, services, tags)
    add_tables(api, services, tags)
    add_history(api, services)
    add_chart(api, services, tags)
    add_pods(api, services, tags)
    add_processes(api, services)
    add_plugins(api, services, tags)
    add_access(api, services)
    add_profiles(api, services)
    add_alerting(api, services)

    @cache
    def described() -> bytes:
        return msgspec.json.encode(document(api.all, PREFIX, services.version))

    @api.routes.get(f"{PREFIX}/openapi.json", role="viewer")
    async def openapi() -> Response:
        return Response(described(), content_type="application/json")

    return api.routes
