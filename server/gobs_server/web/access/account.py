"""One's own account: password, logins and tokens."""

from __future__ import annotations

from quart import Response, abort

from gobs_core import GobsError
from gobs_server.access import Access
from gobs_server.access.acts import DEFAULT_LASTS
from gobs_server.access.login import TooOften, WeakPassword, WrongPassword
from gobs_server.access.passwords import Busy
from gobs_server.access.people import Impossible, Person
from gobs_server.access_settings import MIN_PASSWORD
from gobs_server.actor import current_actor
from gobs_server.routes import Routes
from gobs_server.web.access.forms import go, page, seconds_of_days, sent, sent_lists, sentence
from gobs_server.web.access.login import let_in
from gobs_server.web.access.token_list import token_choices, token_lines
from gobs_server.web.rendering import Templates

_REFUSALS = (Impossible, WeakPassword, WrongPassword, TooOften, Busy)


def add_account(routes: Routes, access: Access, templates: Templates) -> None:
    """Add the routes of it."""
    pages = _Account(access, templates)

    @routes.get("/account", role="viewer", private=True)
    async def account() -> Response:
        return await pages.show()

    @routes.post("/account/password", role="viewer")
    async def account_password() -> Response:
        return await pages.change_password()

    @routes.post("/account/tokens", role="viewer")
    async def account_token() -> Response:
        return await pages.create_token()

    @routes.post("/account/tokens/<int:number>/revoke", role="viewer")
    async def account_token_revoke(number: int) -> Response:
        return await pages.revoke_token(number)

    @routes.post("/account/logins/<int:number>/end", role="viewer")
    async def account_login_end(number: int) -> Response:
        return await pages.end_login(number)


class _Account:
    """Builds the page and does what its forms ask for."""

    def __init__(self, access: Access, templates: Templates) -> None:
        self._access = access
        self._templates = templates

    async def show(self, status: int = 200, fault: str = "", token: str = "") -> Response:
        access, actor = self._access, current_actor()
        who = await self._own()
        return page(
            self._templates,
            "access/account.html",
            status,
            fault=fault,
            token=token,
            who=who,
            me=actor,
            current=actor.via,
            logins=await access.logins.all(who.id) if who else [],
            tokens=token_lines(access, await access.tokens.all(who.id)) if who else [],
            scopes=token_choices(actor.role),
            days=int(DEFAULT_LASTS // 86400),
            least=MIN_PASSWORD,
            provider=access.settings.oidc.title,
        )

    async def change_password(self) -> Response:
        who, form, access = await self._needed(), await sent(), self._access
        try:
            if form.get("password", "") != form.get("again", ""):
                raise WeakPassword("the two new passwords differ")
            address = access.identify.origin().address
            await access.by_password.check(who.name, form.get("current", ""), address)
            changed = await access.acts.set_password(current_actor(), who.name, form.get("password", ""))
        except _REFUSALS as error:
            return await self._refused(error)
        return await let_in(access, changed, "password", "/account")

    async def create_token(self) -> Response:
        who, form, access = await self._needed(), await sent(), self._access
        try:
            lasts = seconds_of_days(form.get("days", ""))
            scopes = await sent_lists("scope")
            made = await access.acts.create_token(current_actor(), form.get("name", ""), scopes, who, lasts)
        except (*_REFUSALS, ValueError) as error:
            return await self._refused(error)
        return await self.show(201, token=made.token)

    async def revoke_token(self, number: int) -> Response:
        who = await self._needed()
        try:
            await self._access.acts.revoke_token(current_actor(), number, who.id)
        except Impossible as error:
            return await self._refused(error)
        return go("/account#tokens")

    async def end_login(self, number: int) -> Response:
        who = await self._needed()
        try:
            await self._access.acts.end_login(current_actor(), number, who.id)
        except Impossible as error:
            return await self._refused(error)
        return go("/account#logins")

    async def _refused(self, error: GobsError | ValueError) -> Response:
        return await self.show(422, fault=sentence(error))

    async def _own(self) -> Person | None:
        """Return the account of who asks; None for a program, for who comes by a proxy, and on loopback."""
        actor = current_actor()
        return await self._access.people.find(actor.name) if actor.kind == "user" else None

    async def _needed(self) -> Person:
        if (who := await self._own()) is None:
            abort(403, "this is for those who have an account here and have logged in with it")
        return who
