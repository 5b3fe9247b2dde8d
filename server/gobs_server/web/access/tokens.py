"""All API tokens, for administrators: whose they are, what they may, when they were used; and those of programs."""

from __future__ import annotations

from quart import Response

from gobs_server.access import Access
from gobs_server.access.acts import DEFAULT_LASTS
from gobs_server.access.people import Impossible
from gobs_server.actor import current_actor
from gobs_server.routes import Routes
from gobs_server.web.access.forms import go, page, seconds_of_days, sent, sent_lists, sentence
from gobs_server.web.access.token_list import token_choices, token_lines
from gobs_server.web.rendering import Templates


def add_tokens(routes: Routes, access: Access, templates: Templates) -> None:
    """Add the routes of it."""

    @routes.get("/access/tokens", role="administrator", scope="access")
    async def tokens() -> Response:
        return await _page(access, templates)

    @routes.post("/access/tokens", role="administrator", scope="access")
    async def token_create() -> Response:
        form = await sent()
        try:
            lasts = seconds_of_days(form.get("days", ""))
            scopes = await sent_lists("scope")
            made = await access.acts.create_token(current_actor(), form.get("name", ""), scopes, None, lasts)
        except (Impossible, ValueError) as error:
            return await _page(access, templates, 422, fault=sentence(error))
        return await _page(access, templates, 201, token=made.token)

    @routes.post("/access/tokens/<int:number>/revoke", role="administrator", scope="access")
    async def token_revoke(number: int) -> Response:
        try:
            await access.acts.revoke_token(current_actor(), number)
        except Impossible as error:
            return await _page(access, templates, 404, fault=sentence(error))
        return go("/access/tokens")


async def _page(access: Access, templates: Templates, status: int = 200, fault: str = "", token: str = "") -> Response:
    return page(
        templates,
        "access/tokens.html",
        status,
        fault=fault,
        token=token,
        tokens=token_lines(access, await access.tokens.all()),
        scopes=token_choices("administrator"),
        days=int(DEFAULT_LASTS // 86400),
    )
