"""Moments as the database has them, from and to seconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload


def moment(seconds: float) -> datetime:
    """Return the moment as the database takes it."""
    return datetime.fromtimestamp(seconds, UTC)


@overload
def seconds(moment: datetime) -> float: ...
@overload
def seconds(moment: datetime | None) -> float | None: ...
def seconds(moment: datetime | None) -> float | None:
    """Return seconds since 1970; None for None."""
    return None if moment is None else moment.timestamp()


def storable(text: str, most: int) -> str:
    """Return text that any database takes: cut, and without what UTF-8 and PostgreSQL cannot hold."""
    return text[:most].replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
