"""What a person sees who may not: where to log in, or which role it takes and who can give it."""

from __future__ import annotations

from quart import Response, request

from gobs_server.access import Access
from gobs_server.db import Unavailable
from gobs_server.routes import Denied
from gobs_server.web.access.forms import go, goal, login_address, page
from gobs_server.web.rendering import Templates

_MOST_NAMES = 10


def unknown_page(templates: Templates) -> Response:
    """Send a browser to log in, and bring it back here afterwards."""
    if "HX-Request" in request.headers:
        response = Response(b"", 401)
        current = request.headers.get("HX-Current-URL", "").partition(request.host)[2]
        response.headers["HX-Redirect"] = login_address(goal(current or "/"))
        return response
    if request.method == "GET":
        query = request.query_string.decode("latin-1")
        return go(login_address(goal(f"{request.path}?{query}" if query else request.path)))
    return page(templates, "access/unknown.html", 401)


async def denied_page(access: Access, templates: Templates, error: Denied) -> Response:
    """Say which role it takes, which one somebody has, and who can give another."""
    try:
        people = await access.people.all()
    except Unavailable:
        people = []
    givers = [person.name for person in people if person.role == "administrator" and not person.disabled]
    own = next((one for one in people if error.actor.kind == "user" and one.name == error.actor.name), None)
    return page(
        templates,
        "access/denied.html",
        403,
        wanted=error.wanted.role,
        who=error.actor,
        givers=givers[:_MOST_NAMES],
        source=own.source if own else error.actor.kind,
        provider=access.settings.oidc.title,
        text=str(error.description),
    )
