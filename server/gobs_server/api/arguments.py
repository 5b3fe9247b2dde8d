"""From a request to a handler's arguments: path, query and body, with everything that is wrong told at once."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import Any

import msgspec
from quart import request

from gobs_server.api.problem import ApiError, Fault

JSON = "application/json"


async def arguments(
    parameters: Mapping[str, type],
    query: type[msgspec.Struct] | None,
    body: type[msgspec.Struct] | None,
    path: Mapping[str, str],
) -> dict[str, Any]:
    """Return a handler's arguments; raises ApiError: 400, 413 or 415 for a body that is no JSON, else 422."""
    faults: list[Fault] = []
    values: dict[str, Any] = {}
    for name, kind in parameters.items():
        values[name] = _convert(f"path.{name}", path[name], kind, faults, strict=False)
    if query is not None:
        values["query"] = _query(query, faults)
    else:
        faults.extend(Fault(f"query.{_short(name)}", "no such parameter; this takes none") for name in request.args)
    if body is not None:
        values["body"] = _body(body, await _sent(), faults)
    if faults:
        raise ApiError(422, "; ".join(f"{fault.where}: {fault.expected}" for fault in faults), faults)
    return values


def _query(kind: type[msgspec.Struct], faults: list[Fault]) -> msgspec.Struct | None:
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    given: dict[str, Any] = {}
    before = len(faults)
    for name, texts in request.args.lists():
        where = f"query.{_short(name)}"
        if (field := fields.get(name)) is None:
            faults.append(Fault(where, f"no such parameter; there are {', '.join(fields)}"))
        elif typing.get_origin(_bare(field.type)) is list:
            given[field.name] = _convert(where, texts, field.type, faults, strict=False)
        elif len(texts) > 1:
            faults.append(Fault(where, f"given {len(texts)} times, expected once"))
        else:
            given[field.name] = _convert(where, texts[0], field.type, faults, strict=False)
    for name, field in fields.items():
        if field.required and name not in request.args:
            faults.append(Fault(f"query.{name}", "required"))
    return None if len(faults) > before else kind(**given)


async def _sent() -> Any:
    if request.mimetype != JSON:
        raise ApiError(415, f"the body must be {JSON}, and say so in Content-Type")
    try:
        return msgspec.json.decode(await request.get_data(as_text=False))
    except (msgspec.DecodeError, RecursionError) as error:
        raise ApiError(400, f"the body is no JSON: {error}") from None


def _body(kind: type[msgspec.Struct], sent: Any, faults: list[Fault]) -> msgspec.Struct | None:
    """Check field by field, so that all that is wrong is told at once."""
    if not isinstance(sent, dict):
        faults.append(Fault("body", "an object"))
        return None
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    given: dict[str, Any] = {}
    before = len(faults)
    for name, value in sent.items():
        if (field := fields.get(name)) is None:
            faults.append(Fault(f"body.{_short(name)}", f"no such field; there are {', '.join(fields)}"))
        else:
            given[field.name] = _convert(f"body.{name}", value, field.type, faults, strict=True)
    faults += [
        Fault(f"body.{name}", "required") for name, field in fields.items() if field.required and name not in sent
    ]
    if len(faults) > before:
        return None
    try:
        return kind(**given)
    except ValueError as error:  # a struct's own check: "field: what is expected"
        name, colon, expected = str(error).partition(": ")
        known = colon and name in fields
        faults.append(Fault(f"body.{name}" if known else "body", expected if known else str(error)))
        return None


def _convert(where: str, value: Any, kind: Any, faults: list[Fault], *, strict: bool) -> Any:
    try:
        return msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        expected, _, inside = str(error).partition(" - at `$")
        faults.append(Fault(f"{where}{inside.rstrip('`')}" if strict else where, expected if strict else str(error)))
        return None


def _bare(kind: Any) -> Any:
    return typing.get_args(kind)[0] if typing.get_origin(kind) is typing.Annotated else kind


def _short(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:40]}…"
