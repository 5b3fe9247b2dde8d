"""REST: browsers that are logged in."""

from __future__ import annotations

from gobs_server.access.logins import Login
from gobs_server.actor import current_actor
from gobs_server.api.access.refusing import Number, refusing
from gobs_server.api.access.shapes import LoginInfo, LoginList
from gobs_server.api.operations import Operations
from gobs_server.services import Services


def add_logins(api: Operations, services: Services) -> None:
    """Add the operations on logins."""
    access = services.access

    @api.get("/logins", role="administrator", scope="access")
    async def list_logins() -> LoginList:
        """Every browser that is logged in."""
        return LoginList([_login(login) for login in await access.logins.all()])

    @api.delete("/logins/<name:login>", role="administrator", scope="access", errors=(404,))
    async def end_login(login: Number) -> None:
        """Log a browser out."""
        with refusing():
            await access.acts.end_login(current_actor(), login)


def _login(login: Login) -> LoginInfo:
    return LoginInfo(
        id=login.id,
        user=login.who.name,
        how=login.how,
        created=login.created,
        seen=login.seen,
        expires=login.expires,
        address=login.address,
        browser=login.agent,
    )
