"""What is done to accounts, logins and tokens, from a page or over REST: each with its record and at once in effect."""

from __future__ import annotations

from collections.abc import Sequence

from gobs_server.access.audit import AuditLog
from gobs_server.access.login import PasswordLogin
from gobs_server.access.logins import Login, Logins
from gobs_server.access.people import Impossible, NoSuchPerson, People, Person
from gobs_server.access.scopes import ALL
from gobs_server.access.tokens import ApiToken, New, Tokens
from gobs_server.actor import RANK, Actor, Role, scope

DEFAULT_LASTS = 90 * 86400.0
"""Seconds a token lasts unless something else is asked for."""


class Acts:
    """Every method raises Unavailable; those that make or change something raise Impossible, with a text for people."""

    def __init__(
        self, people: People, logins: Logins, tokens: Tokens, passwords: PasswordLogin, audit: AuditLog
    ) -> None:
        self._people = people
        self._logins = logins
        self._tokens = tokens
        self._passwords = passwords
        self._audit = audit

    async def create_user(self, actor: Actor, name: str, role: Role, password: str) -> Person:
        """Add an account; raises WeakPassword, Busy besides."""
        made = await self._people.create(name.strip(), role, await self._passwords.hashed(password))
        await self._audit.record(actor, "user.create", made.name, None, made.told())
        return made

    async def change_user(
        self, actor: Actor, name: str, *, role: Role | None = None, disabled: bool | None = None
    ) -> Person:
        """Change what somebody may; one who is disabled is out at once."""
        found = await self._people.get(name)
        if role is not None and role != found.role and found.source == "oidc":
            raise Impossible("the provider's groups decide on this role: change [server.oidc], or the groups there")
        before, after = await self._people.change(name, role=role, disabled=disabled)
        if before.told() != after.told():
            self._changed()
            await self._audit.record(actor, "user.change", after.name, before.told(), after.told())
        if after.disabled:
            await self._logins.end_all(after.id)
        return after

    async def set_password(self, actor: Actor, name: str, password: str) -> Person:
        """Give somebody a new password, which ends all logins with the old; raises WeakPassword, Busy besides."""
        found = await self._people.get(name)
        if found.source != "local":
            where = "the settings" if found.source == "settings" else "the provider"
            raise Impossible(f"the password of {found.name!r} is kept by {where} and changed there")
        hashed = await self._passwords.hashed(password)
        _, after = await self._people.change(name, password=hashed)
        await self._logins.end_all(after.id)
        await self._audit.record(actor, "user.password", after.name)
        return after

    async def remove_user(self, actor: Actor, name: str) -> Person:
        """Remove an account with its logins and tokens."""
        gone = await self._people.remove(name)
        self._changed()
        await self._audit.record(actor, "user.remove", gone.name, gone.told(), None)
        return gone

    async def end_login(self, actor: Actor, number: int, user: int | None = None) -> Login:
        """End one login, of that account where one is given."""
        ended = await self._logins.end(number, user)
        if ended is None:
            raise NoSuchPerson(f"there is no login {number}")
        await self._audit.record(actor, "login.end", ended.who.name, {"login": number, "address": ended.address})
        return ended

    async def end_logins(self, actor: Actor, who: Person) -> int:
        """End all logins of one account."""
        ended = await self._logins.end_all(who.id)
        await self._audit.record(actor, "login.end-all", who.name, {"logins": ended})
        return ended

    async def create_token(
        self, actor: Actor, name: str, scopes: Sequence[str], owner: Person | None, lasts: float | None
    ) -> New:
        """Make a token, which may no more than its owner, or than who makes it."""
        if actor.kind == "token" and not actor.may("administrator", "access"):
            raise Impossible("a token makes no tokens, unless it is an administrator's")
        most: Role = owner.role if owner is not None else "administrator"
        for one in scopes:
            if one in ALL and RANK[ALL[one].role] > RANK[most]:
                raise Impossible(f"the scope {one} is more than the role {most} may; {scope(most)} is the most")
        made = await self._tokens.create(name, scopes, owner=owner, made_by=actor.name, lasts=lasts)
        await self._audit.record(actor, "token.create", f"{made.info.id} {made.info.name}", None, made.info.told())
        return made

    async def revoke_token(self, actor: Actor, number: int, owner: int | None = None) -> ApiToken:
        """End a token, that account's where one is given."""
        gone = await self._tokens.revoke(number, owner)
        if gone is None:
            raise NoSuchPerson(f"there is no token {number}")
        if gone.revoked is None:
            await self._audit.record(actor, "token.revoke", f"{gone.id} {gone.name}", gone.told(), None)
        return gone

    def _changed(self) -> None:
        self._logins.forget()
        self._tokens.forget()
