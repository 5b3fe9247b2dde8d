"""The OpenAPI 3.1 document, made from the very operations that are served."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from quart import Response

from gobs_server.actor import scope
from gobs_server.api.operations import Operation
from gobs_server.api.problem import MEDIA_TYPE, Problem

_REFERENCE = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"<name:(\w+)>")
_REASONS = {
    400: "The body is no JSON.",
    401: "Nobody has said who asks.",
    403: "Who asks may not.",
    404: "No such node, table, process or column, or nothing kept of that time.",
    409: "It contradicts what is there already.",
    413: "The body is too large.",
    415: "The body is not declared as application/json.",
    422: "A parameter or field is not as expected; `errors` names each.",
    429: "That node is being asked too much; try again in a moment.",
    502: "The agent could not answer.",
    503: "The node's agent is not connected.",
    504: "The agent did not answer in time.",
}
_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token, made on the account's page."},
    "session": {"type": "apiKey", "in": "cookie", "name": "__Host-gobs", "description": "Of a browser that logged in."},
}


def document(operations: Sequence[Operation], prefix: str, version: str) -> dict[str, Any]:
    """Return the document as plain values."""
    named = dict.fromkeys(kind for one in operations for kind in (one.answer, one.body) if kind)
    kinds: list[Any] = [Problem, *(kind for kind in named if kind is not Response)]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REFERENCE)
    by_kind = dict(zip(kinds, schemas, strict=True))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Gobservability",
            "version": version,
            "summary": "Nodes, tables and processes, live and looking back.",
            "license": {"name": "GPL-3.0-only", "identifier": "GPL-3.0-only"},
        },
        "paths": _paths(operations, prefix, by_kind),
        "components": {"schemas": components, "securitySchemes": _SCHEMES},
        "security": [{"token": []}, {"session": []}, {}],
    }


def _paths(operations: Sequence[Operation], prefix: str, by_kind: dict[Any, Any]) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        path = prefix + _PARAMETER.sub(r"{\1}", operation.rule)
        paths.setdefault(path, {})[operation.method.lower()] = _describe(operation, by_kind)
    return paths


def _describe(operation: Operation, by_kind: dict[Any, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": "The answer." if operation.answer else "Done."}
    if operation.answer is Response:
        answer["content"] = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
    elif operation.answer:
        answer["content"] = {"application/json": {"schema": by_kind[operation.answer]}}
    responses: dict[str, Any] = {str(operation.status): answer}
    if operation.live:
        tag = {"description": "What the answer was made from.", "schema": {"type": "string"}}
        answer["headers"] = {"ETag": tag}
        responses["304"] = {"description": "Nothing changed since the tag in If-None-Match.", "headers": {"ETag": tag}}
    refusal = {MEDIA_TYPE: {"schema": by_kind[Problem]}}
    for status in sorted({*operation.errors, 401, 403}):
        responses[str(status)] = {"description": _REASONS[status], "content": refusal}
    responses["default"] = {"description": "Refused or failed.", "content": refusal}
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [*_path_parameters(operation), *_query_parameters(operation), *_tag_parameter(operation)],
        "responses": responses,
    }
    if operation.body is not None:
        content = {"application/json": {"schema": by_kind[operation.body]}}
        described["requestBody"] = {"required": True, "content": content}
    if operation.description:
        described["description"] = operation.description
    described["x-role"], described["x-scope"] = (
        operation.wanted.role,
        scope(operation.wanted.role, operation.wanted.area),
    )
    return described


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"in": "path", "name": name, "required": True, "schema": msgspec.json.schema(kind)}
        for name, kind in operation.parameters.items()
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    _, components = msgspec.json.schema_components([operation.query], ref_template=_REFERENCE)
    schema = components[operation.query.__name__]
    required = schema.get("required", [])
    return [
        {
            "in": "query",
            "name": name,
            "required": name in required,
            "description": parameter.pop("description", ""),
            "schema": parameter,
        }
        for name, parameter in schema["properties"].items()
    ]


def _tag_parameter(operation: Operation) -> list[dict[str, Any]]:
    if not operation.live:
        return []
    described = "The tag of the answer the client has; 304 when nothing changed since."
    return [
        {
            "in": "header",
            "name": "If-None-Match",
            "required": False,
            "description": described,
            "schema": {"type": "string"},
        }
    ]
