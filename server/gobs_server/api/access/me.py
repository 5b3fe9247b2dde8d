"""REST: who asks, and the API tokens of that account."""

from __future__ import annotations

from gobs_server.access.people import Person
from gobs_server.actor import current_actor, scope
from gobs_server.api.access.refusing import Number, refusing
from gobs_server.api.access.shapes import MadeToken, Me, NewToken, TokenList
from gobs_server.api.access.tokens import token_info
from gobs_server.api.operations import Operations
from gobs_server.api.problem import ApiError
from gobs_server.services import Services


def add_me(api: Operations, services: Services) -> None:
    """Add the operations on who asks."""
    access = services.access

    @api.get("/me", scope="access")
    async def get_me() -> Me:
        """Who asks, and what that one may."""
        who = current_actor()
        scopes = [scope(grant.role, grant.area) for grant in who.grants if grant.role != "public"]
        return Me(name=who.name, kind=who.kind, role=who.role, scopes=scopes, address=who.address)

    @api.get("/me/tokens", scope="access", private=True)
    async def list_my_tokens() -> TokenList:
        """The API tokens of the account that asks."""
        now = access.now()
        return TokenList([token_info(token, now) for token in await access.tokens.all((await _own(services)).id)])

    @api.post("/me/tokens", role="viewer", scope="access")
    async def create_my_token(body: NewToken) -> MadeToken:
        """Make an API token for the account that asks; it may no more than the account."""
        owner = await _own(services)
        with refusing():
            made = await access.acts.create_token(current_actor(), body.name, body.scopes, owner, body.lasts)
        return MadeToken(made.token, token_info(made.info, access.now()))

    @api.delete("/me/tokens/<name:token>", role="viewer", scope="access", errors=(404,))
    async def revoke_my_token(token: Number) -> None:
        """End an API token of the account that asks."""
        with refusing():
            await access.acts.revoke_token(current_actor(), token, (await _own(services)).id)


async def _own(services: Services) -> Person:
    """Return the account of who asks, directly or by a token of its own; raises ApiError."""
    actor, access = current_actor(), services.access
    found = None
    if actor.kind == "user":
        found = await access.people.find(actor.name)
    elif actor.kind == "token":
        found = await access.owner_of(actor)
    if found is None:
        raise ApiError(403, "this is for those who have an account here; /tokens is for programs")
    return found
