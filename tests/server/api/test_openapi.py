"""The OpenAPI document is valid, tells every route, and every answer is as it says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from quart.typing import TestClientProtocol as Client

from tests.server.feeding import START, Cluster
from tests.server.pods import TABLES, container, pod, process, rows

ANSWERS = [
    ("/nodes", "/nodes", 200),
    ("/nodes/{node}", "/nodes/node-1", 200),
    ("/nodes/{node}", "/nodes/x", 404),
    ("/nodes/{node}/tables", "/nodes/node-1/tables", 200),
    ("/nodes/{node}/tables/{table}", "/nodes/node-1/tables/cpu", 200),
    ("/nodes/{node}/tables/{table}", "/nodes/node-1/tables/memory", 200),
    ("/nodes/{node}/tables/{table}", "/nodes/node-1/tables/process?limit=1", 200),
    ("/nodes/{node}/tables/{table}", f"/nodes/node-1/tables/process?at={START}", 200),
    ("/nodes/{node}/tables/{table}", "/nodes/node-1/tables/process?limit=x", 422),
    ("/nodes/{node}/history", "/nodes/node-1/history?table=cpu&column=busy&key=all", 200),
    ("/nodes/{node}/history", "/nodes/node-1/history", 422),
    ("/nodes/{node}/chart", "/nodes/node-1/chart?series=cpu/busy/all&series=memory/total", 200),
    ("/nodes/{node}/chart", "/nodes/node-1/chart?series=nothing/busy", 404),
    ("/nodes/{node}/chart", "/nodes/node-1/chart", 422),
    ("/pods", "/pods?limit=1", 200),
    ("/pods", "/pods?limit=0", 422),
    ("/nodes/{node}/pods", "/nodes/node-2/pods", 200),
    ("/nodes/{node}/pods", "/nodes/node-1/pods", 404),
    ("/nodes/{node}/pods/{namespace}/{pod}", "/nodes/node-2/pods/shop/web-1", 200),
    ("/nodes/{node}/pods/{namespace}/{pod}", "/nodes/node-2/pods/shop/web-2", 404),
    ("/nodes/{node}/processes/{pid}/inspect", "/nodes/node-1/processes/1/inspect", 200),
    ("/plugins", "/plugins", 200),
]

pytestmark = pytest.mark.usefixtures("cluster_node")

ELSEWHERE = {"read:access", "admin:access", "read:profiles", "read:alerts"}
"""Scopes of what is tried where there is a database: tests/server/access, profiles and api/alerting."""


@pytest.fixture
def cluster_node(cluster: Cluster) -> None:
    made = cluster.machine("node-2", *TABLES)
    made.feed(rows([pod("u", "web-1")], [container("u", "app")], [process(10, "u")]))


async def document(client: Client) -> Any:
    return await (await client.get("/api/v1/openapi.json")).get_json()


async def test_the_document_is_valid(client: Client) -> None:
    described = await document(client)
    assert described["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(described).validate()


async def test_every_operation_is_described_in_words(client: Client) -> None:
    for path, methods in (await document(client))["paths"].items():
        for told in methods.values():
            assert told["summary"].endswith("."), path
            for parameter in told["parameters"]:
                assert parameter["schema"], (path, parameter["name"])


@pytest.mark.parametrize(("template", "path", "status"), ANSWERS)
async def test_an_answer_is_as_described(
    cluster: Cluster, client: Client, template: str, path: str, status: int
) -> None:
    cluster.answering.answer = {"threads": [{"tid": 1, "wait": None}]}
    described = await document(client)
    responses = described["paths"][f"/api/v1{template}"]["get"]["responses"]
    response = await client.get(f"/api/v1{path}")
    assert response.status_code == status
    content = responses[str(status)]["content"][response.content_type]["schema"]
    schema = {**content, "components": described["components"]}
    OAS31Validator(schema).validate(json.loads(await response.get_data()))


async def test_every_described_path_has_an_answer_tried_here(client: Client) -> None:
    tried = {template for template, _, status in ANSWERS if status == 200}
    paths = (await document(client))["paths"]
    own = {path for path, told in paths.items() if "get" in told and told["get"]["x-scope"] not in ELSEWHERE}
    assert {f"/api/v1{template}" for template in tried} == own
