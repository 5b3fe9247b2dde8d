"""Two plugins that claim the same: neither silently wins, and the reason names both."""

from __future__ import annotations

from collections import defaultdict

from gobs_core.collector import Collector
from gobs_core.plugin import Plugin
from gobs_core.plugins.origin import Origin

Claim = tuple[str, type[Plugin], Origin]
"""(kind, class, where it came from)"""
Conflict = tuple[str, type[Plugin], Origin, str]
"""The same, and the reason."""


def without_conflicts(claims: list[Claim]) -> tuple[list[Claim], list[Conflict]]:
    """Split claims into those nobody else makes, and the others with the reason."""
    makers: defaultdict[str, list[int]] = defaultdict(list)
    for place, (kind, cls, _) in enumerate(claims):
        makers[f"the {kind} name {cls.name!r}"].append(place)
        if issubclass(cls, Collector):
            for table in cls.tables:
                makers[f"the table name {table.name!r}"].append(place)
    reasons: dict[int, str] = {}
    for claim, places in makers.items():
        if len(places) > 1:
            who = " and ".join(_who(claims[place]) for place in places)
            for place in places:
                reasons.setdefault(
                    place, f"{claim} is claimed by {who}; none of them runs: remove one, or name it in [plugins] deny"
                )
    good = [claim for place, claim in enumerate(claims) if place not in reasons]
    return good, [(*claims[place], reason) for place, reason in sorted(reasons.items())]


def _who(claim: Claim) -> str:
    _, cls, origin = claim
    return f"{cls.__module__}.{cls.__qualname__} ({origin})"
