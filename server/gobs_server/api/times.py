"""Moments as a query of REST names them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from gobs_server.api.problem import invalid
from gobs_server.moments import EXPECTED, parse_moment

Moment = Annotated[
    str, Meta(max_length=40, description=EXPECTED, examples=["1772366400", "2026-03-01T12:00:00Z", "300"])
]


def moment(text: str, where: str, now: float) -> float:
    """Return seconds since 1970; raises ApiError that names `where`."""
    try:
        return parse_moment(text, now)
    except ValueError as error:
        raise invalid(where, str(error)) from None
