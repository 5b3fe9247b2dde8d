"""What a token may: its scopes, as people write them, and the powers they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, get_args

from gobs_core.suggest import did_you_mean
from gobs_server.actor import RANK, SCOPES, Area, Grant, Role, scope

AREAS: tuple[Area, ...] = tuple(area for area in get_args(Area) if area)
_BY_WORD: dict[str, Role] = {word: role for role, word in SCOPES.items()}
ALL: dict[str, Grant] = {scope(role, area): Grant(role, area) for role in SCOPES for area in ("", *AREAS)}
"""Every scope there is."""


class Powers(NamedTuple):
    """What one may everywhere, and what besides in single areas."""

    role: Role
    grants: tuple[Grant, ...]


def faults(scopes: Iterable[str]) -> list[str]:
    """Return what is wrong with each scope that is none."""
    return [
        f"{scope[:60]!r} is no scope{did_you_mean(scope[:60], ALL)}; there are read, operate and admin, each also for "
        f"one area: {', '.join(AREAS)}, as in read:metrics"
        for scope in scopes
        if scope not in ALL
    ]


def powers(scopes: Iterable[str], most: Role = "administrator") -> Powers:
    """Return what scopes give to one whose owner may no more than `most`; what is no scope gives nothing."""
    role: Role = "public"
    grants: list[Grant] = []
    for name in scopes:
        if (grant := ALL.get(name)) is None:
            continue
        given = min(grant.role, most, key=RANK.__getitem__)
        if grant.area:
            grants.append(Grant(given, grant.area))
        else:
            role = max(role, given, key=RANK.__getitem__)
    return Powers(role, tuple(grants))
