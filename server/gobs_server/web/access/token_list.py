"""Tokens as pages list them, and the scopes one may choose from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from gobs_server.access import Access
from gobs_server.access.scopes import ALL, AREAS
from gobs_server.access.tokens import ApiToken
from gobs_server.actor import RANK, SCOPES, Role, scope

_MEANING = {
    "read": "look at everything",
    "operate": "act on what happens now, and look",
    "admin": "everything an administrator may",
}
_AREAS = {
    "nodes": "nodes, tables, history, processes",
    "metrics": "the server's own metrics",
    "plugins": "plugins",
    "alerts": "rules and alerts",
    "profiles": "profiles",
    "access": "people, logins, tokens, the record",
}


class TokenLine(NamedTuple):
    """One token, ready to be shown."""

    token: ApiToken
    state: str
    owner: str
    """Empty: it stands for a program."""


class Choice(NamedTuple):
    """One scope one may choose."""

    scope: str
    meaning: str


def token_lines(access: Access, tokens: Iterable[ApiToken]) -> list[TokenLine]:
    """Return them with their states, those that are believed first."""
    now = access.now()
    lines = [TokenLine(one, one.state(now), one.owner.name if one.owner else "") for one in tokens]
    return sorted(lines, key=lambda line: line.state != "active")


def token_choices(most: Role) -> list[Choice]:
    """Return the scopes that somebody with that role may give away: those for everything, then those for one area."""
    roles = [role for role in SCOPES if RANK[role] <= RANK[most]]
    whole = [Choice(scope(role), _MEANING[scope(role)]) for role in roles]
    parts = [
        Choice(name, f"{_MEANING[scope(role)].partition(',')[0]}, in one area: {_AREAS[area]}")
        for role in roles
        for area in AREAS
        if (name := scope(role, area)) in ALL
    ]
    return [*whole, *parts]
