"""Moments as people and programs write them: seconds since 1970, RFC 3339, or seconds ago."""

from __future__ import annotations

from datetime import datetime
from math import isfinite

AGO_BELOW = 1e9
"""A number below this is seconds ago; above, seconds since 1970 (it was 2001 then)."""
AHEAD = 60.0
EXPECTED = "a time: seconds since 1970, RFC 3339 such as 2026-03-01T12:00:00Z, or seconds ago"


def parse_moment(text: str, now: float) -> float:
    """Return seconds since 1970; raises ValueError that says what is expected."""
    try:
        number = float(text)
    except ValueError:
        number = _rfc3339(text)
    else:
        if not isfinite(number) or number < 0:
            raise ValueError(f"{EXPECTED}; not {text!r}")
        if number < AGO_BELOW:
            return now - number
    if number > now + AHEAD:
        raise ValueError(f"a time that has been; {text!r} is {number - now:.0f} s ahead of the server")
    return number


def _rfc3339(text: str) -> float:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{EXPECTED}; not {text!r}") from None
    if parsed.tzinfo is None:
        raise ValueError(f"a time with its zone, such as {text[:19]}Z")
    try:
        return parsed.timestamp()
    except (OverflowError, ValueError):
        raise ValueError(f"{EXPECTED}; not {text!r}") from None
