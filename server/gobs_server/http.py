"""The server's HTTP side in one place: which routes there are, and what holds for all of them."""

from __future__ import annotations

from contextlib import suppress

from quart import Quart, Response, request
from werkzeug.exceptions import HTTPException

from gobs_core.logs import get_logger
from gobs_server.access.policy import names
from gobs_server.actor import answering
from gobs_server.api import api_routes, export_routes, original_routes, problem_response, service_routes
from gobs_server.db import Unavailable
from gobs_server.guard import allowed_hosts, guard
from gobs_server.routes import Denied, Unknown, prepare
from gobs_server.services import Services
from gobs_server.tags import Tags
from gobs_server.web import Assets, Templates, access_routes, denied_page, error_page, page_routes, unknown_page

log = get_logger("gobs.http")
_MACHINES = ("/api/", "/healthz", "/readyz", "/metrics")


def create_app(services: Services) -> Quart:
    """Return the app that serves the pages and REST; one per server. Raises UserError without a bundled front end."""
    app = Quart("gobs_server", static_folder=None)
    tags, assets, settings = Tags(), Assets(), services.settings
    alerts = services.alerts.keeper
    templates = Templates(
        assets, services.version, tags.run, refresh=settings.refresh, firing=lambda: len(alerts.alerts)
    )
    guard(app, allowed_hosts(settings.http, names(settings), by_name=settings.access.anonymous))
    prepare(app, services.identify)
    for routes in (
        api_routes(services, tags),
        original_routes(services),
        service_routes(services),
        export_routes(services),
        assets.routes(),
        page_routes(services, tags, templates),
        access_routes(services, templates),
    ):
        routes.install(app)
    _answer_errors(app, services, templates)
    return app


def _answer_errors(app: Quart, services: Services, templates: Templates) -> None:
    async def answer(status: int, detail: str) -> Response:
        if request.path.startswith(_MACHINES):
            return problem_response(status, detail)
        if request.endpoint is None:
            with suppress(HTTPException):  # a page that is not there is shown as to anybody, with who they are
                answering(await services.identify())
        return error_page(templates, status, detail)

    async def refused(error: HTTPException) -> Response:
        status = error.code or 500
        own = error.description if error.description != type(error).description else ""
        response = await _refusal(error) or await answer(status, own or "")
        if allowed := getattr(error, "valid_methods", None):
            response.headers["Allow"] = ", ".join(sorted(allowed))
        if status == 401 and response.status_code == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        return response

    async def _refusal(error: HTTPException) -> Response | None:
        """Return what a person sees who may not; None where a program asks, or it is about something else."""
        if request.path.startswith(_MACHINES):
            return None
        if isinstance(error, Unknown):
            return unknown_page(templates)
        return await denied_page(services.access, templates, error) if isinstance(error, Denied) else None

    async def without_database(error: Unavailable) -> Response:
        return await answer(503, f"the database does not work now, and this needs it: {error}")

    async def broken(error: Exception) -> Response:
        log.error("a request failed", path=request.path[:200], exc_info=error)
        return await answer(500, "")

    app.register_error_handler(HTTPException, refused)
    app.register_error_handler(Unavailable, without_database)
    app.register_error_handler(Exception, broken)
