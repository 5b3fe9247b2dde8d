"""Which doors a server has, by its settings, and which of them a call is taken to, by what it shows."""

from __future__ import annotations

from gobs_core import UserError
from gobs_server.clock import Clock
from gobs_server.db import Store
from gobs_server.ingest.doors.account import AccountDoor
from gobs_server.ingest.doors.claims import claims_of
from gobs_server.ingest.doors.door import Caller, CertificateDoor, Denied, Door, Identity, TokenDoor
from gobs_server.ingest.doors.joining import PATIENCE, JoinDoor
from gobs_server.ingest.doors.reviews import Reviews
from gobs_server.ingest.doors.roster import Roster
from gobs_server.ingest.doors.tokens import shown_by
from gobs_server.serving import on_loopback
from gobs_server.settings import ServerSettings


class Doors(Door):
    """All doors of one server. `run` while it runs, `close` in the end; raises UserError for settings that cannot be.

    On loopback nothing is asked, unless a setting says what is. Elsewhere every call must show something: whatever of
    the doors there are lets it in is enough, but a certificate that TLS asks for always counts. Where the database has
    just been asked for credentials, who shows one waits up to `patience` seconds.
    """

    def __init__(self, settings: ServerSettings, store: Store, clock: Clock, *, patience: float = PATIENCE) -> None:
        review = settings.tokenreview
        self._roster = Roster(store)
        self._joins = JoinDoor(store, self._roster, patience)
        self._certificate = CertificateDoor() if settings.client_ca_file else None
        self._token = TokenDoor(settings.token) if settings.token else None
        self._reviews = _reviews(settings)
        self._account = AccountDoor(review, self._reviews, clock) if self._reviews is not None else None
        asked = self._certificate or self._token or self._account
        self._open = asked is None and on_loopback(settings.grpc)

    @property
    def trouble(self) -> str:
        """Why agents cannot be told apart now; empty while they can."""
        down = self._account is not None and self._account.trouble
        return "the Kubernetes API does not judge their tokens; the server's log says why" if down else ""

    async def run(self) -> None:
        """Keep in step with the database; until cancelled."""
        await self._roster.run()

    async def close(self) -> None:
        """Give back what is held; safe twice."""
        if self._reviews is not None:
            await self._reviews.close()

    async def identify(self, caller: Caller) -> Identity:
        """Take the call to the door it has something for."""
        if self._certificate is not None:
            if self._token is not None:
                await self._token.identify(caller)
            return await self._certificate.identify(caller)
        if shown_by(caller.bearer) is not None:
            return await self._joins.identify(caller)
        if self._account is not None and claims_of(caller.bearer) is not None:
            return await self._account.identify(caller)
        if self._token is not None:
            return await self._token.identify(caller)
        if self._open:
            return Identity()
        raise Denied(self._wanted(), "nothing was shown" if not caller.bearer else "what was shown opens no door here")

    def stands(self, identity: Identity) -> bool:
        """Ask the door that let it in."""
        return identity.kind != "credential" or self._joins.stands(identity)

    async def confirms(self, identity: Identity) -> bool:
        """Ask the door that let it in."""
        return identity.kind != "account" or self._account is None or await self._account.confirms(identity)

    def owned(self, node: str) -> bool:
        """Whether a credential is good for that node, which then is nobody else's."""
        return self._roster.of_node(node) is not None

    def _wanted(self) -> str:
        ways = ["a join token of this server (`gobs join create` there, sinks.grpc.join here)"]
        if self._account is not None:
            ways.insert(0, "its service account's token (sinks.grpc.account_token_file)")
        return f"this server asks agents who they are, and what this one shows is not enough: set {' or '.join(ways)}"


def _reviews(settings: ServerSettings) -> Reviews | None:
    if not settings.tokenreview.accounts:
        return None
    if settings.client_ca_file:
        raise UserError(
            "server.client_ca_file and server.tokenreview.accounts are both set, but an agent is told by its "
            "certificate or by its token; leave one of them out"
        )
    return Reviews(settings.tokenreview)
