"""From what cannot be done to an account, a login or a token to the answer that says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from msgspec import Meta

from gobs_server.access.login import WeakPassword
from gobs_server.access.passwords import Busy
from gobs_server.access.people import Impossible, NoSuchPerson
from gobs_server.api.problem import ApiError

Number = Annotated[int, Meta(ge=1, le=2**53)]
"""What identifies a login, a token or a record."""


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what cannot be done into the answer that says so."""
    try:
        yield
    except NoSuchPerson as error:
        raise ApiError(404, str(error)) from None
    except Busy as error:
        raise ApiError(503, str(error)) from None
    except WeakPassword as error:
        raise ApiError(422, str(error)) from None
    except Impossible as error:
        raise ApiError(409, str(error)) from None
