"""Turns typed handlers into routes: what comes in is checked against a struct, what goes out is one."""

from __future__ import annotations

import functools
import typing
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
from quart import Response

from gobs_server.actor import Area, Role
from gobs_server.api.arguments import arguments
from gobs_server.api.problem import ApiError, problem_response
from gobs_server.beside import Beside
from gobs_server.routes import Declared, Method, Routes
from gobs_server.tags import fresh, with_tag

T = TypeVar("T")
Handler = Callable[..., Awaitable[Any]]
H = TypeVar("H", bound=Handler)


@dataclass(frozen=True, slots=True)
class Later(Generic[T]):
    """A large answer: made and encoded beside the event loop, one at a time."""

    make: Callable[[], T]


@dataclass(frozen=True, slots=True)
class Live(Generic[T]):
    """An answer with a tag: built only for a client that does not have it yet."""

    tag: str
    build: Callable[[], T | Later[T]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as the OpenAPI document tells it."""

    name: str
    method: Method
    rule: str
    summary: str
    description: str
    parameters: Mapping[str, type]
    """Those of the path, in order."""
    query: type[msgspec.Struct] | None
    body: type[msgspec.Struct] | None
    answer: Any
    """None: an answer without content."""
    status: int
    live: bool
    errors: tuple[int, ...]
    wanted: Declared


class Operations:
    """The operations below one prefix. Made once per app."""

    def __init__(self, name: str, prefix: str) -> None:
        self.prefix = prefix
        self.routes = Routes(name)
        self.all: list[Operation] = []
        self.beside = Beside()
        """Where large answers are made."""

    def get(
        self,
        rule: str,
        *,
        role: Role = "viewer",
        scope: Area = "",
        private: bool = False,
        errors: tuple[int, ...] = (),
    ) -> Callable[[H], H]:
        """Serve GET of `rule`; path parameters, `query` and the answer are read from the handler's annotations."""
        return self._add("GET", rule, Declared(role, scope, private), errors, 200)

    def post(
        self, rule: str, *, role: Role, scope: Area = "", errors: tuple[int, ...] = (), status: int = 201
    ) -> Callable[[H], H]:
        """Serve POST of `rule`; the struct that `body` is annotated with is what a request must carry, as JSON."""
        return self._add("POST", rule, Declared(role, scope), errors, status)

    def put(self, rule: str, *, role: Role, scope: Area = "", errors: tuple[int, ...] = ()) -> Callable[[H], H]:
        """Serve PUT in the same way."""
        return self._add("PUT", rule, Declared(role, scope), errors, 200)

    def delete(self, rule: str, *, role: Role, scope: Area = "", errors: tuple[int, ...] = ()) -> Callable[[H], H]:
        """Serve DELETE in the same way."""
        return self._add("DELETE", rule, Declared(role, scope), errors, 200)

    def _add(
        self, method: Method, rule: str, wanted: Declared, errors: tuple[int, ...], status: int
    ) -> Callable[[H], H]:
        def add(handler: H) -> H:
            operation = _describe(handler, method, rule, wanted, errors, status)
            self.all.append(operation)

            @functools.wraps(handler)
            async def view(**values: Any) -> Response:
                try:
                    values = await arguments(operation.parameters, operation.query, operation.body, values)
                    response = await self._answer(await handler(**values))
                except ApiError as error:
                    return problem_response(error.status, error.detail, error.faults)
                if response.status_code == 200:
                    response.status_code = operation.status
                return response

            self.routes.add(method, self.prefix + rule, wanted)(view)
            return handler

        return add

    async def _answer(self, value: Any) -> Response:
        if isinstance(value, Response):
            return value
        if value is None:
            return Response(b"", 204)
        if isinstance(value, Live):
            if (unchanged := fresh(value.tag)) is not None:
                return unchanged
            return with_tag(await self._answer(value.build()), value.tag)
        if isinstance(value, Later):
            return _encoded(await self.beside.run(lambda: msgspec.json.encode(value.make())))
        return _json(value)


def _describe(
    handler: Handler, method: Method, rule: str, wanted: Declared, errors: tuple[int, ...], status: int
) -> Operation:
    hints = typing.get_type_hints(handler, include_extras=True)
    answer = hints.pop("return")
    query, body = hints.pop("query", None), hints.pop("body", None)
    live = typing.get_origin(answer) is Live
    summary, _, description = (handler.__doc__ or "").strip().partition("\n")
    checked = query or body or any(kind is not str for kind in hints.values())
    nothing = answer is type(None)
    return Operation(
        name=handler.__name__,
        method=method,
        rule=rule,
        summary=summary,
        description="\n".join(line.strip() for line in description.strip().splitlines()),
        parameters=hints,
        query=query,
        body=body,
        answer=None if nothing else typing.get_args(answer)[0] if live else answer,
        status=204 if nothing else status,
        live=live,
        errors=(*errors, *((422,) if checked else ()), *((400, 413, 415) if body else ())),
        wanted=wanted,
    )


def _json(value: object) -> Response:
    return _encoded(msgspec.json.encode(value))


def _encoded(content: bytes) -> Response:
    return Response(content, content_type="application/json")
