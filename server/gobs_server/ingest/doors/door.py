"""The contract of a door: who calls is judged before a byte of any message is read, and decides the node's name."""

from __future__ import annotations

import hashlib
import hmac
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gobs_core import GobsError
from gobs_proto.limits import AUTHORIZATION

Kind = Literal["anybody", "token", "account", "credential", "certificate"]
_BEARER = "Bearer "


class Denied(GobsError):
    """Who calls may not. The text is sent back and says no more than that; `detail` is for the server's log."""

    def __init__(self, text: str, detail: str = "") -> None:
        super().__init__(text)
        self.detail = detail or text


class Unsure(GobsError):
    """Who calls cannot be told now, through no fault of theirs: they may come back. As `Denied` in the rest."""

    def __init__(self, text: str, detail: str = "") -> None:
        super().__init__(text)
        self.detail = detail or text


@dataclass(frozen=True)
class Caller:
    """What a call shows of whoever makes it, before any message."""

    metadata: Mapping[str, str] = field(default_factory=dict)
    uris: tuple[str, ...] = ()
    """The URIs in its certificate."""
    common_name: str = ""
    """The common name in its certificate."""
    certificate: bool = False
    """Whether it showed one, which TLS has then checked."""

    @property
    def bearer(self) -> str:
        """The token it shows; empty for none."""
        shown = self.metadata.get(AUTHORIZATION, "")
        return shown[len(_BEARER) :] if shown.startswith(_BEARER) else ""


@dataclass(frozen=True)
class Identity:
    """Who calls."""

    node: str | None = None
    """The only node it may speak for; None: any, as it says itself."""
    kind: Kind = "anybody"
    """How it was told."""
    who: str = ""
    """What tells it from others that may speak for the same node; no secret."""

    @property
    def bound(self) -> bool:
        """Whether it may speak for one node alone."""
        return self.node is not None


class Door(ABC):
    """Judges calls. Lives as long as the server; every method is called from the event loop."""

    @abstractmethod
    async def identify(self, caller: Caller) -> Identity:
        """Return who calls, within some seconds; raises Denied and Unsure."""

    def stands(self, identity: Identity) -> bool:
        """Whether one it let in may stay, as far as is known here. Cheap; asked about once a second."""
        return True

    async def confirms(self, identity: Identity) -> bool:
        """Whether it could judge such a call now: if not, streams that are up had better stay for a while."""
        return True


class OpenDoor(Door):
    """Anybody may come in."""

    async def identify(self, caller: Caller) -> Identity:
        """Let them in."""
        return Identity()


class TokenDoor(Door):
    """Whoever shows the token that all agents share may come in, as any node that is not another's."""

    def __init__(self, token: str) -> None:
        self._expected = hashlib.sha256(token.encode()).digest()

    async def identify(self, caller: Caller) -> Identity:
        """Compare in constant time."""
        shown = hashlib.sha256(caller.bearer.encode("utf-8", "surrogateescape")).digest()
        if not caller.bearer or not hmac.compare_digest(shown, self._expected):
            raise Denied("the shared token is missing or wrong; set the same token for the server and its agents")
        return Identity(kind="token")


class CertificateDoor(Door):
    """Whoever has a certificate of the right authority, which TLS has checked, is the node it names."""

    async def identify(self, caller: Caller) -> Identity:
        """Read the name."""
        from gobs_server.certs.names import node_of

        node = node_of(caller.uris, caller.common_name)
        if not caller.certificate or not node:
            raise Denied(
                "the certificate names no node: it takes a URI spiffe://…/node/NAME or a common name; "
                "`gobs certs agent NAME` makes one"
            )
        return Identity(node, "certificate", f"certificate of {node}")
