"""Going to the provider to log in, and coming back."""

from __future__ import annotations

from quart import Response, abort, request

from gobs_core.logs import get_logger
from gobs_server.access import Access, cookies
from gobs_server.access.audit import REFUSED
from gobs_server.access.oidc import CALLBACK, LASTS, NotLetIn
from gobs_server.access.provider import ProviderFault
from gobs_server.access.throttle import network
from gobs_server.actor import Actor
from gobs_server.db import Unavailable
from gobs_server.routes import Routes
from gobs_server.web.access.forms import go, goal
from gobs_server.web.access.login import let_in, login_page
from gobs_server.web.rendering import Templates

log = get_logger("gobs.access")


def add_provider(routes: Routes, access: Access, templates: Templates) -> None:
    """Add the routes of it."""

    @routes.get("/login/oidc", role="public")
    async def to_provider() -> Response:
        if access.oidc is None:
            abort(404)
        onward, origin = goal(request.args.get("next")), access.identify.origin()
        try:
            leaving = await access.oidc.depart(onward)
        except ProviderFault as error:
            return _refused(access, templates, onward, error)
        response = go(leaving.url)
        cookies.give(response, "gobs-oidc", leaving.cookie, encrypted=origin.encrypted, seconds=LASTS)
        return response

    @routes.get(CALLBACK, role="public")
    async def from_provider() -> Response:
        if access.oidc is None:
            abort(404)
        origin = access.identify.origin()
        carried = cookies.read(request, "gobs-oidc", encrypted=origin.encrypted)
        place = f"oidc {network(origin.address)}"
        if access.throttle.wait(place, origin.address) > 0:
            return login_page(access, templates, "/", 429, "Too many tries; wait a little.")
        access.throttle.failed(place, origin.address)
        try:
            who, onward = await access.oidc.arrive(request.args.to_dict(), carried)
            if who.disabled:
                raise NotLetIn(who.name)
            response = await let_in(access, who, "oidc", goal(onward))
        except NotLetIn as error:
            stranger = Actor(error.name, "public", "anonymous", origin.address)
            await access.audit.record(stranger, REFUSED, error.name)
            text = "You are known there, but nobody has let you in here. Ask an administrator of this server."
            response = login_page(access, templates, "/", 403, text)
        except ProviderFault as error:
            response = _refused(access, templates, "/", error)
        except Unavailable:
            response = login_page(access, templates, "/", 503, "The database does not work now; try again later.")
        else:
            access.throttle.succeeded(place, origin.address)
        cookies.take(response, "gobs-oidc", encrypted=origin.encrypted)
        return response


def _refused(access: Access, templates: Templates, onward: str, error: ProviderFault) -> Response:
    access.saying.now_and_then("logging in at the provider failed", access.identify.origin().address, why=str(error))
    text = f"Logging in with {access.settings.oidc.title} did not work; the server's log says why. Try again."
    return login_page(access, templates, onward, 502, text)
