"""The door for agents in Kubernetes: a service account's token, made for this server alone and bound to a node."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from typing import NamedTuple

from gobs_core.logs import get_logger
from gobs_server.clock import Clock
from gobs_server.ingest.doors.claims import claims_of
from gobs_server.ingest.doors.door import Caller, Denied, Door, Identity, Unsure
from gobs_server.ingest.doors.reviews import ApiDown, Review, Reviews
from gobs_server.settings import TokenReviewSettings

log = get_logger("gobs.doors")
_NODE = "authentication.kubernetes.io/node-name"
_NODE_UID = "authentication.kubernetes.io/node-uid"
_REFUSED = "the service account's token is not accepted; the server's log says why"
_DOWN = "whose token this is cannot be told now: the Kubernetes API does not answer; come back in a moment"
_DENIED_SECONDS = 5.0
"""How long a refusal is remembered."""
_MOST = 20_000
"""Tokens remembered."""
_MOST_QUEUED = 1000
"""Questions that wait for their turn; further ones are told to come back."""
_PROBE_SECONDS = 5.0


class _Verdict(NamedTuple):
    until: float
    identity: Identity | None
    detail: str


class AccountDoor(Door):
    """Lets in the agents of named service accounts, each as the node its token is bound to.

    A token is asked about once, however many show it, and what was said holds for `remember` seconds. Tokens are
    remembered by their digest alone.
    """

    def __init__(self, settings: TokenReviewSettings, reviews: Reviews, clock: Clock) -> None:
        self._settings = settings
        self._reviews = reviews
        self._clock = clock
        self._accounts = {_username(account) for account in settings.accounts}
        self._known: OrderedDict[bytes, _Verdict] = OrderedDict()
        self._asking: dict[bytes, asyncio.Task[_Verdict]] = {}
        self._turn = asyncio.Semaphore(settings.at_once)
        self._probe: tuple[float, asyncio.Task[bool]] | None = None
        self._down = ""

    @property
    def trouble(self) -> str:
        """Why tokens cannot be judged now; empty while they can."""
        return self._down

    async def identify(self, caller: Caller) -> Identity:
        """Ask the API whose token it is, unless that is known."""
        token = caller.bearer
        self._check_claims(token)
        digest = hashlib.sha256(token.encode()).digest()
        verdict = self._known.get(digest)
        if verdict is None or verdict.until <= self._clock.monotonic():
            verdict = await self._ask_once(digest, token)
        if verdict.identity is None:
            raise Denied(_REFUSED, verdict.detail)
        return verdict.identity

    async def confirms(self, identity: Identity) -> bool:
        """Whether the API answers; asked no more often than every few seconds."""
        now = self._clock.monotonic()
        if self._probe is None or (self._probe[1].done() and now - self._probe[0] >= _PROBE_SECONDS):
            self._probe = now, asyncio.create_task(self._reviews.works())
        return await asyncio.shield(self._probe[1])

    def _check_claims(self, token: str) -> None:
        """Refuse what says of itself that it cannot be right; raises Denied. Nobody is asked about that."""
        claims = claims_of(token)
        if claims is None:
            raise Denied(_REFUSED, "what was shown is no token of Kubernetes")
        if self._settings.audience not in claims.audiences:
            raise Denied(
                _REFUSED, f"the token is not for {self._settings.audience!r}, but for {claims.audiences!r:.200}"
            )
        if claims.sub not in self._accounts:
            raise Denied(_REFUSED, f"{claims.sub!r:.200} is not among server.tokenreview.accounts")
        if claims.exp and claims.exp <= self._clock.wall() - self._settings.skew:
            raise Denied(
                _REFUSED, f"the token ended {self._clock.wall() - claims.exp:.0f} s ago by this server's clock"
            )

    async def _ask_once(self, digest: bytes, token: str) -> _Verdict:
        """Ask, or wait for the answer to the same question."""
        task = self._asking.get(digest)
        if task is None:
            if len(self._asking) >= _MOST_QUEUED:
                raise Unsure("too many tokens are being asked about; come back in a moment")
            task = self._asking[digest] = asyncio.create_task(self._ask(token))
            task.add_done_callback(lambda done: self._answered(digest, done))
        try:
            return await asyncio.shield(task)
        except ApiDown as down:
            raise Unsure(_DOWN, str(down)) from None

    async def _ask(self, token: str) -> _Verdict:
        async with self._turn:
            review = await self._reviews.review(token, self._settings.audience)
        detail, identity = self._judged(review)
        holds = self._settings.remember if identity is not None else _DENIED_SECONDS
        return _Verdict(self._clock.monotonic() + holds, identity, detail)

    def _answered(self, digest: bytes, task: asyncio.Task[_Verdict]) -> None:
        self._asking.pop(digest, None)
        error = None if task.cancelled() else task.exception()
        if task.cancelled() or error is not None:
            self._fell(str(error))
            return
        if self._down:
            self._down = ""
            log.info("the Kubernetes API judges tokens again")
        self._known[digest] = task.result()
        self._known.move_to_end(digest)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)

    def _fell(self, why: str) -> None:
        if not self._down:
            log.warning("the Kubernetes API judges no tokens", why=why)
        self._down = why

    def _judged(self, review: Review) -> tuple[str, Identity | None]:
        """What is wrong with whom the API says it is, or who it is."""
        audience, user = self._settings.audience, review.user
        if not review.authenticated:
            return f"the Kubernetes API does not know the token: {review.error or 'it gives no reason'!s:.200}", None
        if audience not in review.audiences:
            return f"the Kubernetes API does not say that the token is for {audience!r}; is it too old to tell?", None
        if user.username not in self._accounts:
            return f"{user.username!r:.200} is not among server.tokenreview.accounts", None
        nodes = user.extra.get(_NODE, [])
        if len(nodes) != 1 or not nodes[0]:
            return (
                "the token names no node: it takes a projected volume in a pod, and Kubernetes 1.30 or newer",
                None,
            )
        uid = next(iter(user.extra.get(_NODE_UID, [])), "")
        return "", Identity(nodes[0], "account", f"{user.username} on {uid or nodes[0]}")


def _username(account: str) -> str:
    namespace, _, name = account.partition("/")
    return f"system:serviceaccount:{namespace}:{name}"
