"""The server's HTTP side in one place: which routes there are, and what holds for all of them."""

from __future__ import annotations

from quart import Quart, Response, request
from werkzeug.exceptions import HTTPException

from gobs_core.logs import get_logger
from gobs_server.api import api_routes, problem_response, service_routes
from gobs_server.guard import allowed_hosts, guard
from gobs_server.routes import prepare
from gobs_server.services import Services
from gobs_server.tags import Tags
from gobs_server.web import Assets, Templates, error_page, page_routes

log = get_logger("gobs.http")
_MACHINES = ("/api/", "/healthz", "/readyz", "/metrics")


def create_app(services: Services) -> Quart:
    """Return the app that serves the pages and REST; one per server. Raises UserError without a bundled front end."""
    app = Quart("gobs_server", static_folder=None)
    tags, assets = Tags(), Assets()
    templates = Templates(assets, services.version, tags.run, refresh=services.settings.refresh)
    guard(app, allowed_hosts(services.settings.http, services.settings.allowed_hosts.split(",")))
    prepare(app, services.identify)
    for routes in (
        api_routes(services, tags),
        service_routes(services),
        assets.routes(),
        page_routes(services, tags, templates),
    ):
        routes.install(app)
    _answer_errors(app, templates)
    return app


def _answer_errors(app: Quart, templates: Templates) -> None:
    def answer(status: int, detail: str) -> Response:
        if request.path.startswith(_MACHINES):
            return problem_response(status, detail)
        return error_page(templates, status, detail)

    async def refused(error: HTTPException) -> Response:
        status = error.code or 500
        own = error.description if error.description != type(error).description else ""
        response = answer(status, own or "")
        if allowed := getattr(error, "valid_methods", None):
            response.headers["Allow"] = ", ".join(sorted(allowed))
        if status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        return response

    async def broken(error: Exception) -> Response:
        log.error("a request failed", path=request.path[:200], exc_info=error)
        return answer(500, "")

    app.register_error_handler(HTTPException, refused)
    app.register_error_handler(Exception, broken)
