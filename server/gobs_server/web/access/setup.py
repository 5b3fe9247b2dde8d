"""The page behind the one-time link: where the first administrator is made."""

from __future__ import annotations

from quart import Response, abort

from gobs_server.access import Access
from gobs_server.access.login import TooOften, WeakPassword
from gobs_server.access.passwords import Busy
from gobs_server.access.people import Impossible
from gobs_server.access.throttle import network
from gobs_server.access_settings import MIN_PASSWORD
from gobs_server.actor import Actor
from gobs_server.db import Unavailable
from gobs_server.routes import Routes
from gobs_server.web.access.forms import page, sent, sentence
from gobs_server.web.access.login import let_in
from gobs_server.web.rendering import Templates


def add_setup(routes: Routes, access: Access, templates: Templates) -> None:
    """Add the routes of it."""

    @routes.get("/setup/<code>", role="public")
    async def setup(code: str) -> Response:
        _check(access, code)
        return _page(access, templates, code)

    @routes.post("/setup/<code>", role="public")
    async def set_up(code: str) -> Response:
        _check(access, code)
        form = await sent()
        name, password = form.get("name", "").strip(), form.get("password", "")
        try:
            if password != form.get("again", ""):
                raise WeakPassword("the two passwords differ")
            who = await access.setup.finish(code, name, await access.by_password.hashed(password))
        except (Impossible, WeakPassword) as error:
            return _page(access, templates, code, 422, sentence(error), name)
        except (Busy, Unavailable) as error:
            return _page(access, templates, code, 503, f"Try again in a moment: {error}.", name)
        origin = access.identify.origin()
        actor = Actor("set-up link", "administrator", "anonymous", origin.address)
        await access.audit.record(actor, "user.create", who.name, None, who.told())
        return await let_in(access, who, "setup", "/")


def _check(access: Access, code: str) -> None:
    """Let only the code of the link pass, and guesses not often."""
    address = access.identify.origin().address
    place = f"setup {network(address)}"
    if (seconds := access.throttle.wait(place, address)) > 0:
        abort(429, str(TooOften(seconds)))
    if not access.setup.fits(code):
        access.throttle.failed(place, address)
        abort(404, "this link was used already, or is of an earlier start; the server's log has the newest")


def _page(
    access: Access, templates: Templates, code: str, status: int = 200, fault: str = "", name: str = "admin"
) -> Response:
    return page(
        templates,
        "access/setup.html",
        status,
        code=code,
        fault=fault,
        name=name[:100],
        least=MIN_PASSWORD,
        exposed=access.identify.origin().exposed,
    )
