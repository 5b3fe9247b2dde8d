"""The door for agents outside Kubernetes: a one-time join token, exchanged for a credential of one node.

An agent makes its credential itself, keeps it, and shows it beside the token: the server keeps no more than a digest,
and when the answer is lost the same token and the same credential are simply shown again.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from urllib.parse import unquote

from gobs_core.logs import get_logger
from gobs_proto.limits import CREDENTIAL, NODE
from gobs_server.db import Store, Unavailable
from gobs_server.db.joins import Join, accept_join
from gobs_server.ingest.doors.door import Caller, Denied, Door, Identity, Unsure
from gobs_server.ingest.doors.roster import Roster
from gobs_server.ingest.doors.tokens import Shown, digest, is_secret, matches, shown_by
from gobs_server.ingest.names import is_node_name

log = get_logger("gobs.doors")
_TOKEN = "the join token is not accepted: it is unknown, used, expired or revoked; `gobs join create` makes another"  # noqa: S105
_CREDENTIAL = "this agent's credential is not accepted: it was revoked or is another server's; join with a new token"
_AWAY = "who this is cannot be told now: the server's database does not work; come back in a moment"
_AT_ONCE = 4
"""Tokens asked for in the database at once."""
PATIENCE = 4.0
"""Seconds a call waits for a server that has just begun to have read its database; an agent waits 10 to be welcomed."""


class JoinDoor(Door):
    """Lets in agents with a credential, and exchanges join tokens for credentials.

    Who comes before the roster has been read waits up to `patience` seconds for it: after a restart many do, and each
    that was sent away would have to begin anew.
    """

    def __init__(self, store: Store, roster: Roster, patience: float = PATIENCE) -> None:
        self._store = store
        self._roster = roster
        self._patience = patience
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._exchange = asyncio.Lock()

    async def identify(self, caller: Caller) -> Identity:
        """Look up the credential, or exchange the token."""
        shown = shown_by(caller.bearer)
        if shown is None:
            raise Denied(_TOKEN, "what was shown has not the form of a join token or a credential")
        if not await self._roster.read(self._patience) and not shown.joining and self._roster.get(shown.id) is None:
            raise Unsure(
                _AWAY, "the credentials of agents were not read yet: the database has not worked since the start"
            )
        join = await self._join(shown, caller) if shown.joining else self._known(shown)
        self._roster.used(join.id)
        return Identity(join.node, "credential", join.id)

    def stands(self, identity: Identity) -> bool:
        """Whether the credential was not revoked."""
        join = self._roster.get(identity.who)
        return join is None or join.revoked_at is None

    def _known(self, shown: Shown) -> Join:
        """The join whose credential is shown; memory alone is asked."""
        join = self._roster.get(shown.id)
        if join is None or not matches(shown.secret, join.credential_hash):
            raise Denied(_CREDENTIAL, f"credential {shown.id} is unknown or wrong")
        if join.revoked_at is not None:
            raise Denied(_CREDENTIAL, f"credential {shown.id} of node {join.node!r} was revoked")
        return join

    async def _join(self, shown: Shown, caller: Caller) -> Join:
        """Exchange a token, or find that it was exchanged for this very credential."""
        credential = caller.metadata.get(CREDENTIAL, "")
        if not is_secret(credential):
            raise Denied(_TOKEN, f"join token {shown.id} came without a credential to exchange it for")
        async with self._turn:
            join = await self._found(shown)
        if join.revoked_at is not None:
            raise Denied(_TOKEN, f"join token {shown.id} was revoked")
        if join.joined_at is None:
            async with self._exchange:
                join = await self._exchanged(join, caller, digest(credential))
        if not matches(credential, join.credential_hash):
            raise Denied(_TOKEN, f"join token {shown.id} was used before, by node {join.node!r}")
        return join

    async def _found(self, shown: Shown) -> Join:
        try:
            join = await self._roster.find(shown.id)
        except Unavailable as away:
            raise Unsure(_AWAY, f"a join token cannot be looked up: {away}") from None
        if join is None or not matches(shown.secret, join.token_hash):
            raise Denied(_TOKEN, f"join token {shown.id} is unknown or wrong")
        return join

    async def _exchanged(self, join: Join, caller: Caller, credential_hash: str) -> Join:
        now = datetime.now(UTC)
        node = join.node or unquote(caller.metadata.get(NODE, ""))
        if join.expires_at <= now:
            raise Denied(_TOKEN, f"join token {join.id} has expired, at {join.expires_at:%Y-%m-%d %H:%M} UTC")
        if not is_node_name(node):
            raise Denied("the agent says no name of its node that can be used; set agent.node")
        holder = self._roster.of_node(node)
        if join.node is None and holder is not None and holder.id != join.id:
            raise Denied(
                f"node {node!r} has a credential already; only a token made for it can give it another: "
                "`gobs join create --node NAME`",
                f"join token {join.id} is for any node, and node {node!r} has credential {holder.id}",
            )
        try:
            taken = await self._store.do(lambda: accept_join(join.id, node, credential_hash, now))
        except Unavailable as away:
            raise Unsure(_AWAY, f"a join token cannot be exchanged: {away}") from None
        if taken:
            log.info("an agent has joined", node=node, join=join.id)
            if holder is not None:
                self._roster.put(holder._replace(revoked_at=now, changed_at=now))
            made = join._replace(node=node, credential_hash=credential_hash, joined_at=now, changed_at=now)
            self._roster.put(made)
            return made
        raise Denied(_TOKEN, f"join token {join.id} was used, expired or was revoked a moment ago")
