"""Who is logged in, for administrators, and how that is ended."""

from __future__ import annotations

from quart import Response, abort

from gobs_server.access import Access
from gobs_server.access.people import Impossible
from gobs_server.actor import current_actor
from gobs_server.routes import Routes
from gobs_server.web.access.forms import go, page, sentence
from gobs_server.web.rendering import Templates


def add_logins(routes: Routes, access: Access, templates: Templates) -> None:
    """Add the routes of it."""

    @routes.get("/access/logins", role="administrator", scope="access")
    async def logins() -> Response:
        found = await access.logins.all()
        return page(templates, "access/logins.html", logins=found, current=current_actor().via)

    @routes.post("/access/logins/<int:number>/end", role="administrator", scope="access")
    async def login_end(number: int) -> Response:
        try:
            await access.acts.end_login(current_actor(), number)
        except Impossible as error:
            abort(404, sentence(error))
        return go("/access/logins")
