"""Refusals: what the desk says no to, as problem documents that name the field of the body."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gobs_server.alerts.faults import Firing, Invalid, ReadOnly, Unknown
from gobs_server.alerts.keeping.journal import JournalError
from gobs_server.api.problem import ApiError, Fault


@contextmanager
def refusals(where: str = "body.") -> Iterator[None]:
    """Turn refusals into ApiError; `where` stands before each field."""
    try:
        yield
    except Invalid as error:
        faults = [Fault(f"{where}{one.where}", one.expected) for one in error.faults]
        raise ApiError(422, "; ".join(f"{one.where}: {one.expected}" for one in faults), faults) from None
    except Firing as error:
        raise ApiError(409, str(error)) from None
    except ReadOnly as error:
        raise ApiError(409, str(error)) from None
    except Unknown as error:
        raise ApiError(404, str(error)) from None
    except JournalError:
        raise ApiError(503, "the journal of alerts cannot be written now; nothing was saved") from None
