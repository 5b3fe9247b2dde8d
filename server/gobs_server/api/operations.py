"""Turns typed handlers into routes: what comes in is checked against a struct, what goes out is one."""

from __future__ import annotations

import asyncio
import functools
import typing
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
from quart import Response, request

from gobs_server.api.problem import ApiError, Fault, problem_response
from gobs_server.routes import Role, Routes
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
    rule: str
    summary: str
    description: str
    parameters: Mapping[str, type]
    """Those of the path, in order."""
    query: type[msgspec.Struct] | None
    answer: Any
    live: bool
    errors: tuple[int, ...]
    role: Role


class Operations:
    """The operations below one prefix. Made once per app."""

    def __init__(self, name: str, prefix: str) -> None:
        self.prefix = prefix
        self.routes = Routes(name)
        self.all: list[Operation] = []
        self._large = asyncio.Lock()

    def get(self, rule: str, *, role: Role = "viewer", errors: tuple[int, ...] = ()) -> Callable[[H], H]:
        """Serve GET of `rule`; path parameters, `query` and the answer are read from the handler's annotations."""

        def add(handler: H) -> H:
            operation = _describe(handler, rule, role, errors)
            self.all.append(operation)

            @functools.wraps(handler)
            async def view(**values: Any) -> Response:
                try:
                    values = _arguments(operation, values)
                    return await self._answer(await handler(**values))
                except ApiError as error:
                    return problem_response(error.status, error.detail, error.faults)

            self.routes.get(self.prefix + rule, role=role)(view)
            return handler

        return add

    async def _answer(self, value: Any) -> Response:
        if isinstance(value, Response):
            return value
        if isinstance(value, Live):
            if (unchanged := fresh(value.tag)) is not None:
                return unchanged
            return with_tag(await self._answer(value.build()), value.tag)
        if isinstance(value, Later):
            async with self._large:
                return _encoded(await asyncio.to_thread(lambda: msgspec.json.encode(value.make())))
        return _json(value)


def _describe(handler: Handler, rule: str, role: Role, errors: tuple[int, ...]) -> Operation:
    hints = typing.get_type_hints(handler, include_extras=True)
    answer = hints.pop("return")
    query = hints.pop("query", None)
    live = typing.get_origin(answer) is Live
    summary, _, description = (handler.__doc__ or "").strip().partition("\n")
    return Operation(
        name=handler.__name__,
        rule=rule,
        summary=summary,
        description="\n".join(line.strip() for line in description.strip().splitlines()),
        parameters=hints,
        query=query,
        answer=typing.get_args(answer)[0] if live else answer,
        live=live,
        errors=errors + ((422,) if query or any(kind is not str for kind in hints.values()) else ()),
        role=role,
    )


def _arguments(operation: Operation, path: Mapping[str, str]) -> dict[str, Any]:
    faults: list[Fault] = []
    values: dict[str, Any] = {}
    for name, kind in operation.parameters.items():
        values[name] = _convert(f"path.{name}", path[name], kind, faults)
    if operation.query is not None:
        values["query"] = _query(operation.query, faults)
    elif request.args:
        faults.extend(Fault(f"query.{name}", "no such parameter; this takes none") for name in request.args)
    if faults:
        raise ApiError(422, "; ".join(f"{fault.where}: {fault.expected}" for fault in faults), faults)
    return values


def _query(kind: type[msgspec.Struct], faults: list[Fault]) -> msgspec.Struct | None:
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    given: dict[str, Any] = {}
    for name, texts in request.args.lists():
        if (field := fields.get(name)) is None:
            faults.append(Fault(f"query.{_short(name)}", f"no such parameter; there are {', '.join(fields)}"))
        elif typing.get_origin(_bare(field.type)) is list:
            given[field.name] = _convert(f"query.{name}", texts, field.type, faults)
        elif len(texts) > 1:
            faults.append(Fault(f"query.{name}", f"given {len(texts)} times, expected once"))
        else:
            given[field.name] = _convert(f"query.{name}", texts[0], field.type, faults)
    for name, field in fields.items():
        if field.required and name not in request.args:
            faults.append(Fault(f"query.{name}", "required"))
    return None if faults else kind(**given)


def _convert(where: str, text: Any, kind: Any, faults: list[Fault]) -> Any:
    try:
        return msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError as error:
        faults.append(Fault(where, str(error)))
        return None


def _bare(kind: Any) -> Any:
    return typing.get_args(kind)[0] if typing.get_origin(kind) is typing.Annotated else kind


def _short(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:40]}…"


def _json(value: object) -> Response:
    return _encoded(msgspec.json.encode(value))


def _encoded(content: bytes) -> Response:
    return Response(content, content_type="application/json")
