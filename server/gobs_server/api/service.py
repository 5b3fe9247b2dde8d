"""What probes and scrapers ask of the server itself: is it alive, is it ready, how does it fare."""

from __future__ import annotations

import msgspec
from quart import Response, request

from gobs_core.exposition import form_of
from gobs_core.exposition.text import CONTENT_TYPES
from gobs_server.api.problem import Fault, problem_response
from gobs_server.routes import Routes
from gobs_server.services import Services


def service_routes(services: Services) -> Routes:
    """Return /healthz, /readyz and /metrics."""
    routes = Routes("service")

    @routes.get("/healthz", role="public")
    async def healthz() -> Response:
        return _json({"status": "ok", "version": services.version})

    @routes.get("/readyz", role="public")
    async def readyz() -> Response:
        reasons = services.ready()
        if reasons:
            return problem_response(503, "not ready", [Fault(part, reason) for part, reason in reasons.items()])
        return _json({"status": "ready", "troubles": services.troubles()})

    @routes.get("/metrics", role="viewer", scope="metrics")
    async def metrics() -> Response:
        form = form_of(request.headers.get("Accept", ""))
        return Response(services.metrics(form), content_type=CONTENT_TYPES[form])

    return routes


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), content_type="application/json")
