"""What is asked of a list: how it looks, what is in it and in which order. It stands in the page's address, whole.

Taken leniently: what cannot be meant is left out or said so on the page, not refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from gobs_server.web.lists.grammar import MAX_LENGTH

_LONGEST = 100
_MOMENT = 40
_MOST = 128


class Asked(NamedTuple):
    """One query. Values as they came, cut to a length: a column that is not there sorts nothing."""

    view: str = ""
    sort: tuple[str, ...] = ()
    """Names of columns, with `-` before those of the highest first; empty: the list's own order."""
    filter: str = ""
    by: str = ""
    """What tiles are coloured by."""
    group: str = ""
    """The column whose equal texts are one row."""
    idle: str = ""
    """`hide`: rows that do nothing are left out."""
    columns: tuple[str, ...] = ()
    """Those that are shown; empty: all."""
    pins: tuple[str, ...] = ()
    """Rows that stand first, by their ids."""
    at: str = ""
    """The moment of the past that is asked for; empty: now."""
    against: str = ""
    """The moment it is compared with."""

    def query(self, prefix: str = "", **changes: object) -> str:
        """Return what asks for this in an address, with some of it changed."""
        wanted = self._asdict() | changes
        pairs = [(name, value if isinstance(value, str) else ",".join(value)) for name, value in wanted.items()]
        return urlencode([(f"{prefix}{name}", value) for name, value in pairs if value], safe=",:", errors="replace")


def asked(values: Mapping[str, str], prefix: str = "") -> Asked:
    """Return what a page's address asks of the list whose names in it begin with `prefix`."""

    def one(name: str, longest: int = _LONGEST) -> str:
        return (values.get(prefix + name) or "").strip()[:longest]

    def many(name: str) -> tuple[str, ...]:
        parts = (values.get(prefix + name) or "")[: _LONGEST * _MOST].split(",")
        return tuple(part.strip()[:_LONGEST] for part in parts if part.strip())[:_MOST]

    return Asked(
        view=one("view"),
        sort=many("sort"),
        filter=one("filter", MAX_LENGTH),
        by=one("by"),
        group=one("group"),
        idle=one("idle"),
        columns=many("columns"),
        pins=many("pins"),
        at=one("at", _MOMENT),
        against=one("against", _MOMENT),
    )
