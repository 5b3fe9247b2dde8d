"""REST: API tokens, of people and of programs."""

from __future__ import annotations

from gobs_server.access.tokens import ApiToken
from gobs_server.actor import current_actor
from gobs_server.api.access.refusing import Number, refusing
from gobs_server.api.access.shapes import MadeToken, NewToken, TokenInfo, TokenList
from gobs_server.api.operations import Operations
from gobs_server.services import Services


def add_tokens(api: Operations, services: Services) -> None:
    """Add the operations on tokens."""
    access = services.access

    @api.get("/tokens", role="administrator", scope="access")
    async def list_tokens() -> TokenList:
        """All API tokens, of people and of programs."""
        now = access.now()
        return TokenList([token_info(token, now) for token in await access.tokens.all()])

    @api.post("/tokens", role="administrator", scope="access")
    async def create_token(body: NewToken) -> MadeToken:
        """Make an API token for a program; it belongs to nobody's account."""
        with refusing():
            made = await access.acts.create_token(current_actor(), body.name, body.scopes, None, body.lasts)
        return MadeToken(made.token, token_info(made.info, access.now()))

    @api.delete("/tokens/<name:token>", role="administrator", scope="access", errors=(404,))
    async def revoke_token(token: Number) -> None:
        """End an API token."""
        with refusing():
            await access.acts.revoke_token(current_actor(), token)


def token_info(token: ApiToken, now: float) -> TokenInfo:
    """Return what is told of a token."""
    return TokenInfo(
        id=token.id,
        name=token.name,
        hint=token.hint,
        scopes=list(token.scopes),
        state=token.state(now),
        owner=token.owner.name if token.owner else None,
        made_by=token.made_by,
        created=token.created,
        expires=token.expires,
        used=token.used,
        used_from=token.used_from,
        revoked=token.revoked,
    )
