"""The login page, and how one leaves again."""

from __future__ import annotations

from quart import Response, request

from gobs_server.access import Access, cookies
from gobs_server.access.audit import REFUSED
from gobs_server.access.login import TooOften, WrongPassword
from gobs_server.access.passwords import Busy
from gobs_server.access.people import Person
from gobs_server.actor import Actor
from gobs_server.db import Unavailable
from gobs_server.routes import Routes
from gobs_server.web.access.forms import go, goal, page, sent, sentence
from gobs_server.web.rendering import Templates


def add_login(routes: Routes, access: Access, templates: Templates) -> None:
    """Add the routes of it."""

    @routes.get("/login", role="public")
    async def login() -> Response:
        return login_page(access, templates, goal(request.args.get("next")))

    @routes.post("/login", role="public")
    async def log_in() -> Response:
        form, origin = await sent(), access.identify.origin()
        onward, name = goal(form.get("next")), form.get("name", "")
        if not access.settings.access.local:
            return login_page(access, templates, onward, 403, "Passwords let nobody in here.")
        try:
            who = await access.by_password.check(name, form.get("password", ""), origin.address)
            return await let_in(access, who, "password", onward)
        except TooOften as error:
            response = login_page(access, templates, onward, 429, sentence(error), name)
            response.headers["Retry-After"] = str(max(1, round(error.seconds)))
            return response
        except WrongPassword as error:
            await access.audit.record(_stranger(origin.address), REFUSED, name[:200])
            return login_page(access, templates, onward, 401, sentence(error), name)
        except Busy:
            return login_page(access, templates, onward, 503, "Too many people log in just now; try again.", name)
        except Unavailable:
            text = "The database does not work now, so nobody can log in; the server's log says more."
            return login_page(access, templates, onward, 503, text, name)

    @routes.post("/logout", role="public")
    async def log_out() -> Response:
        origin = access.identify.origin()
        shown = cookies.read(request, "gobs", encrypted=origin.encrypted)
        if shown and (ended := await access.logins.end_shown(shown)) is not None:
            who = Actor(ended.who.name, ended.who.role, "user", origin.address, via=f"login {ended.id}")
            await access.audit.record(who, "login.end", ended.who.name)
        response = go("/login")
        cookies.take(response, "gobs", encrypted=origin.encrypted)
        return response


async def let_in(access: Access, who: Person, how: str, onward: str) -> Response:
    """Give the browser a login of its own, whatever it showed before; raises Unavailable."""
    origin = access.identify.origin()
    before = cookies.read(request, "gobs", encrypted=origin.encrypted)
    if before:
        await access.logins.end_shown(before)
    shown = await access.logins.begin(who, how, origin.address, request.headers.get("User-Agent", ""))
    await access.people.came_in(who)
    actor = Actor(who.name, who.role, "user", origin.address)
    await access.audit.record(actor, "login.begin", who.name, None, {"how": how})
    response = go(onward)
    cookies.give(response, "gobs", shown, encrypted=origin.encrypted, seconds=access.settings.access.lifetime)
    return response


def login_page(
    access: Access, templates: Templates, onward: str, status: int = 200, fault: str = "", name: str = ""
) -> Response:
    """Return the page that asks who somebody is."""
    return page(
        templates,
        "access/login.html",
        status,
        onward=onward,
        fault=fault,
        name=name[:100],
        local=access.settings.access.local,
        provider=access.settings.oidc.title if access.oidc else "",
        pending=access.setup.pending,
        exposed=access.identify.origin().exposed,
        anonymous=access.settings.access.anonymous,
    )


def _stranger(address: str) -> Actor:
    return Actor("", "public", "anonymous", address)
