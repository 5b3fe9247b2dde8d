"""REST: accounts."""

from __future__ import annotations

from gobs_server.access.people import Person
from gobs_server.actor import current_actor
from gobs_server.api.access.refusing import refusing
from gobs_server.api.access.shapes import NewUser, PasswordChange, UserChange, UserInfo, Users
from gobs_server.api.operations import Operations
from gobs_server.services import Services


def add_users(api: Operations, services: Services) -> None:
    """Add the operations on accounts."""
    access = services.access

    @api.get("/users", role="administrator", scope="access")
    async def list_users() -> Users:
        """Everybody who has an account."""
        return Users([_user(person) for person in await access.people.all()])

    @api.post("/users", role="administrator", scope="access", errors=(409,))
    async def create_user(body: NewUser) -> UserInfo:
        """Add an account."""
        with refusing():
            return _user(await access.acts.create_user(current_actor(), body.name, body.role, body.password))

    @api.put("/users/<name:user>", role="administrator", scope="access", errors=(404, 409))
    async def change_user(user: str, body: UserChange) -> UserInfo:
        """Change what an account may. One that is disabled is out at once."""
        with refusing():
            return _user(await access.acts.change_user(current_actor(), user, role=body.role, disabled=body.disabled))

    @api.put("/users/<name:user>/password", role="administrator", scope="access", errors=(404, 409))
    async def set_password(user: str, body: PasswordChange) -> UserInfo:
        """Give an account a new password."""
        with refusing():
            return _user(await access.acts.set_password(current_actor(), user, body.password))

    @api.delete("/users/<name:user>", role="administrator", scope="access", errors=(404, 409))
    async def remove_user(user: str) -> None:
        """Remove an account with its logins and tokens."""
        with refusing():
            await access.acts.remove_user(current_actor(), user)


def _user(person: Person) -> UserInfo:
    return UserInfo(
        name=person.name,
        role=person.role,
        source=person.source,
        disabled=person.disabled,
        created=person.created,
        last_login=person.last_login,
    )
