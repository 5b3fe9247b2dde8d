"""Writes the REST interface from the OpenAPI document that the server itself answers with."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import msgspec
from quart import Quart

from gobs_core import __version__
from gobs_core.kit.reference.markdown import code, table
from gobs_server.api import PREFIX, api_routes
from gobs_server.routes import prepare
from gobs_server.services import Services
from gobs_server.tags import Tags


def operations() -> str:
    """Return a section for each operation."""
    found = document()["paths"].items()
    return "\n\n".join(_operation(path, verb, told) for path, verbs in found for verb, told in verbs.items())


def shapes() -> str:
    """Return a table for each shape of an answer."""
    return "\n\n".join(_shape(name, told) for name, told in sorted(document()["components"]["schemas"].items()))


@cache
def document() -> dict[str, Any]:
    """Return the document as the server serves it."""
    return asyncio.run(_ask())


async def _ask() -> dict[str, Any]:
    nothing = cast("Any", None)  # the document is made from the declarations: no node is asked for
    services = Services(
        live=nothing,
        history=nothing,
        sessions=nothing,
        settings=nothing,
        clock=nothing,
        version=__version__,
        plugins=tuple,
        metrics=str,
        ready=dict,
        profiles=cast("Any", object()),  # there: its operations are described, and never called
        alerts=cast("Any", SimpleNamespace(switchboard=None)),  # as above
    )
    app = Quart("docs")
    prepare(app, services.identify)
    api_routes(services, Tags()).install(app)
    answer = await app.test_client().get(f"{PREFIX}/openapi.json")
    return cast("dict[str, Any]", msgspec.json.decode(await answer.get_data(as_text=False)))


def _operation(path: str, verb: str, told: Mapping[str, Any]) -> str:
    parts = [f"### {verb.upper()} {path}", f"{told['summary']} {told.get('description', '')}".strip()]
    parts.append(f"For the role {told['x-role']}, or a token with the scope {code(told['x-scope'])}.")
    asked = [parameter for parameter in told["parameters"] if parameter["in"] != "header"]
    if asked:
        parts.append(table(("parameter", "in", "type", "default", "what it is"), map(_parameter, asked)))
    if "requestBody" in told:
        parts.append(f"Takes {_content(told['requestBody'])}.")
    parts.append(f"Answers: {', '.join(_status(status, said) for status, said in sorted(told['responses'].items()))}.")
    return "\n\n".join(parts)


def _parameter(parameter: Mapping[str, Any]) -> tuple[str, ...]:
    schema = parameter["schema"]
    inner = [schema, *schema.get("anyOf", ())]
    told = parameter.get("description") or next((one["description"] for one in inner if "description" in one), "")
    default = schema.get("default")
    where = parameter["in"] + (", required" if parameter["required"] and parameter["in"] == "query" else "")
    return code(parameter["name"]), where, _type(schema), code(_plain(default)), told


def _content(told: Mapping[str, Any]) -> str:
    if "*/*" in told["content"]:
        return "a file"
    return _type(told["content"]["application/json"]["schema"])


def _plain(default: object) -> str:
    return "" if default is None or default in ([], "") else str(default)


def _status(status: str, told: Mapping[str, Any]) -> str:
    if status in ("200", "201"):
        return f"{code(status)} with {_content(told)}"
    return "`304` for a tag that is still right" if status == "304" else code(status)


def _shape(name: str, told: Mapping[str, Any]) -> str:
    rows = (
        (code(field), _type(schema), schema.get("description", ""))
        for field, schema in told.get("properties", {}).items()
    )
    return f"### {name}\n\n{told.get('description', '')}\n\n" + table(("field", "type", "what it is"), rows)


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    kind = schema.get("type", "anything")
    if kind == "array":
        items = schema.get("items")
        return f"list of {_type(items)}" if isinstance(items, dict) and items else "list"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_type(schema['additionalProperties'])}"
    return str(kind) if isinstance(kind, str) else " or ".join(kind)
