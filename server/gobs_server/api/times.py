"""Moments as a query names them: seconds since 1970, RFC 3339, or seconds ago."""

from __future__ import annotations

from datetime import datetime
from math import isfinite
from typing import Annotated

from msgspec import Meta

from gobs_server.api.problem import invalid

AGO_BELOW = 1e9
"""A number below this is seconds ago; above, seconds since 1970 (it was 2001 then)."""
AHEAD = 60.0
EXPECTED = "a time: seconds since 1970, RFC 3339 such as 2026-03-01T12:00:00Z, or seconds ago"

Moment = Annotated[
    str, Meta(max_length=40, description=EXPECTED, examples=["1772366400", "2026-03-01T12:00:00Z", "300"])
]


def moment(text: str, where: str, now: float) -> float:
    """Return seconds since 1970; raises ApiError that names `where`."""
    try:
        number = float(text)
    except ValueError:
        number = _rfc3339(text, where)
    else:
        if not isfinite(number) or number < 0:
            raise invalid(where, f"{EXPECTED}; not {text!r}")
        if number < AGO_BELOW:
            return now - number
    if number > now + AHEAD:
        raise invalid(where, f"a time that has been; {text!r} is {number - now:.0f} s ahead of the server")
    return number


def _rfc3339(text: str, where: str) -> float:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(where, f"{EXPECTED}; not {text!r}") from None
    if parsed.tzinfo is None:
        raise invalid(where, f"a time with its zone, such as {text[:19]}Z")
    try:
        return parsed.timestamp()
    except (OverflowError, ValueError):
        raise invalid(where, f"{EXPECTED}; not {text!r}") from None
