"""Blame: whether a statement failed for its rows, which no time mends, or for the state of the database."""

from __future__ import annotations

from tortoise.exceptions import DoesNotExist, IntegrityError, ValidationError

_OF_ROWS = (DoesNotExist, IntegrityError, ValidationError, ValueError, TypeError, OverflowError)
_DATA = "DataError"
"""What drivers call a value that cannot be; asyncpg's is not imported here, for a server may have none."""


def of_rows(error: BaseException) -> bool:
    """Whether the same rows would fail again, in whatever state the database is."""
    return isinstance(error, _OF_ROWS) or any(kind.__name__ == _DATA for kind in type(error).__mro__)
