"""Every refusal of the REST interface is one problem document (RFC 9457) that names what is wrong and where."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

import msgspec
from quart import Response

MEDIA_TYPE = "application/problem+json"


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong with a request."""

    where: str
    """`path.pid`, `query.since`: the place in the request."""
    expected: str
    """What would be right there."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request was refused (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    errors: list[Fault] = []


class ApiError(Exception):
    """Refuses a request; becomes its problem document."""

    def __init__(self, status: int, detail: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.faults = faults


def invalid(where: str, expected: str) -> ApiError:
    """Return the refusal of one parameter, e.g. `invalid("query.at", "a time: …")`."""
    return ApiError(422, f"{where}: {expected}", [Fault(where, expected)])


def problem_response(status: int, detail: str = "", faults: Sequence[Fault] = ()) -> Response:
    """Return the answer that carries a problem document."""
    problem = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=list(faults))
    response = Response(msgspec.json.encode(problem), status, content_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response
