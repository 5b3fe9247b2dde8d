"""Who has an account, for administrators: adding, changing and removing."""

from __future__ import annotations

from typing import get_args

from quart import Response, abort

from gobs_core import GobsError
from gobs_server.access import Access
from gobs_server.access.login import WeakPassword
from gobs_server.access.passwords import Busy
from gobs_server.access.people import Impossible, NoSuchPerson, Person
from gobs_server.access_settings import MIN_PASSWORD
from gobs_server.actor import Role, current_actor
from gobs_server.paths import segment
from gobs_server.routes import Routes
from gobs_server.web.access.forms import go, page, sent, sentence
from gobs_server.web.access.token_list import token_lines
from gobs_server.web.rendering import Templates

ROLES: tuple[Role, ...] = tuple(role for role in get_args(Role) if role != "public")
_REFUSALS = (Impossible, WeakPassword, Busy)


def add_users(routes: Routes, access: Access, templates: Templates) -> None:
    """Add the routes of it."""
    pages = _Users(access, templates)

    @routes.get("/access/users", role="administrator", scope="access")
    async def users() -> Response:
        return await pages.all()

    @routes.post("/access/users", role="administrator", scope="access")
    async def user_create() -> Response:
        return await pages.create()

    @routes.get("/access/users/<name:user>", role="administrator", scope="access")
    async def user(user: str) -> Response:
        return await pages.one(user)

    @routes.post("/access/users/<name:user>", role="administrator", scope="access")
    async def user_change(user: str) -> Response:
        return await pages.change(user)

    @routes.post("/access/users/<name:user>/password", role="administrator", scope="access")
    async def user_password(user: str) -> Response:
        return await pages.set_password(user)

    @routes.post("/access/users/<name:user>/logout", role="administrator", scope="access")
    async def user_logout(user: str) -> Response:
        return await pages.log_out(user)

    @routes.post("/access/users/<name:user>/remove", role="administrator", scope="access")
    async def user_remove(user: str) -> Response:
        return await pages.remove(user)


class _Users:
    """Builds the pages and does what their forms ask for."""

    def __init__(self, access: Access, templates: Templates) -> None:
        self._access = access
        self._templates = templates

    async def all(self, status: int = 200, fault: str = "", name: str = "") -> Response:
        people = await self._access.people.all()
        return page(
            self._templates,
            "access/users.html",
            status,
            people=people,
            fault=fault,
            name=name,
            roles=ROLES,
            least=MIN_PASSWORD,
            local=self._access.settings.access.local,
            provider=self._access.settings.oidc.title if self._access.oidc else "",
        )

    async def create(self) -> Response:
        form = await sent()
        name = form.get("name", "")
        try:
            await self._access.acts.create_user(
                current_actor(), name, _role(form.get("role", "")), form.get("password", "")
            )
        except _REFUSALS as error:
            return await self.all(422, sentence(error), name[:100])
        return go("/access/users")

    async def one(self, name: str, status: int = 200, fault: str = "") -> Response:
        who = await self._find(name)
        access = self._access
        return page(
            self._templates,
            "access/user.html",
            status,
            who=who,
            fault=fault,
            roles=ROLES,
            least=MIN_PASSWORD,
            me=current_actor(),
            provider=access.settings.oidc.title,
            logins=await access.logins.all(who.id),
            tokens=token_lines(access, await access.tokens.all(who.id)),
        )

    async def change(self, name: str) -> Response:
        form, who = await sent(), await self._find(name)
        try:
            role = _role(form["role"]) if "role" in form else None
            disabled = form.get("state", "enabled") == "disabled"
            await self._access.acts.change_user(current_actor(), who.name, role=role, disabled=disabled)
        except _REFUSALS as error:
            return await self._refused(who, error)
        return go(_address(who))

    async def set_password(self, name: str) -> Response:
        form, who = await sent(), await self._find(name)
        try:
            await self._access.acts.set_password(current_actor(), who.name, form.get("password", ""))
        except _REFUSALS as error:
            return await self._refused(who, error)
        return go(_address(who))

    async def log_out(self, name: str) -> Response:
        who = await self._find(name)
        await self._access.acts.end_logins(current_actor(), who)
        return go(_address(who))

    async def remove(self, name: str) -> Response:
        form, who = await sent(), await self._find(name)
        try:
            if form.get("confirm", "").strip().lower() != who.name:
                raise Impossible("type the name of the account to remove it")
            await self._access.acts.remove_user(current_actor(), who.name)
        except _REFUSALS as error:
            return await self._refused(who, error)
        return go("/access/users")

    async def _find(self, name: str) -> Person:
        try:
            return await self._access.people.get(name)
        except NoSuchPerson as error:
            abort(404, sentence(error))

    async def _refused(self, who: Person, error: GobsError) -> Response:
        return await self.one(who.name, 422, sentence(error))


def _role(text: str) -> Role:
    if text not in ROLES:
        raise Impossible(f"a role is one of {', '.join(ROLES)}")
    return text


def _address(who: Person) -> str:
    return f"/access/users/{segment(who.name)}"
