"""Who asks: what pages, REST and records know of a person or a program behind a request."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, NamedTuple

Role = Literal["public", "viewer", "operator", "administrator"]
"""public: anybody, e.g. a probe of the container's health; viewer: may look; operator: may act on what happens now
(dismiss, silence, profile); administrator: may change what happens (rules, channels, users, tokens, plugins)."""
Area = Literal["", "nodes", "metrics", "plugins", "alerts", "profiles", "access"]
"""What a token may be confined to; empty: only a token that is confined to nothing may."""
Kind = Literal["user", "token", "proxy", "anonymous", "loopback"]

RANK: dict[Role, int] = {"public": 0, "viewer": 1, "operator": 2, "administrator": 3}
SCOPES: dict[Role, str] = {"viewer": "read", "operator": "operate", "administrator": "admin"}
"""Role -> the scope that gives it to a token."""


class Grant(NamedTuple):
    """A role in one area alone."""

    role: Role
    area: Area


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever makes one request. A value; never trusted longer than that request lasts."""

    name: str
    """As it is recorded; empty: nobody knows."""
    role: Role
    """What it may everywhere."""
    kind: Kind
    address: str = ""
    """Where the request came from, behind trusted proxies; empty: not known."""
    grants: tuple[Grant, ...] = ()
    """What a token may besides, each in one area."""
    via: str = ""
    """Which session or token it was, as its id."""

    @property
    def known(self) -> bool:
        """Whether anybody vouches for who this is."""
        return self.kind != "anonymous"

    @property
    def standing(self) -> str:
        """What decides how pages look to it. Whatever is kept of a rendered page is kept for one standing."""
        return self.role if self.known else f"anonymous {self.role}"

    def may(self, role: Role, area: Area = "", *, private: bool = False) -> bool:
        """Whether it may do what asks for this role; `private` things are for those alone who are known."""
        if private and not self.known:
            return False
        if RANK[self.role] >= RANK[role]:
            return True
        return any(grant.area == area and RANK[grant.role] >= RANK[role] for grant in self.grants)


NOBODY = Actor("", "public", "anonymous")
_asking: ContextVar[Actor] = ContextVar("gobs_asking", default=NOBODY)


def scope(role: Role, area: Area = "") -> str:
    """Return the narrowest scope that gives a token this role: `read`, `operate:alerts`; empty: it needs none."""
    return ":".join(filter(None, (SCOPES[role], area))) if role in SCOPES else ""


def current_actor() -> Actor:
    """Return who makes the request that is being answered; nobody outside of one, and on public routes.

    Threads that a request starts with `asyncio.to_thread` know it too.
    """
    return _asking.get()


def may(role: Role, *, private: bool = False) -> bool:
    """Whether who asks has that role: templates draw a control only then. See `Actor.standing` before keeping it."""
    return current_actor().may(role, private=private)


def answering(actor: Actor) -> None:
    """Note who makes the request that is being answered."""
    _asking.set(actor)
