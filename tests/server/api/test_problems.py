"""Whatever goes wrong is a problem document, also where no route was found."""

from __future__ import annotations

from typing import Any

import pytest
from quart.typing import TestClientProtocol as Client

from gobs_server.http import create_app
from tests.server.feeding import Cluster


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v2/nodes", 404),
        ("POST", "/api/v1/nodes", 405),
        ("DELETE", "/api/v1/nodes/node-1", 405),
        ("OPTIONS", "/api/v1/nodes", 405),
        ("PUT", "/healthz", 405),
        ("GET", f"/api/v1/nodes?{'x' * 9000}", 414),
    ],
)
async def test_a_refusal_is_a_problem_document(client: Client, method: str, path: str, status: int) -> None:
    response = await getattr(client, method.lower())(path)
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    problem: Any = await response.get_json(force=True)
    assert problem["status"] == status
    assert problem["title"]
    assert "Content-Security-Policy" in response.headers


async def test_a_method_that_is_not_allowed_says_which_are(client: Client) -> None:
    response = await client.post("/api/v1/nodes")
    assert response.headers["Allow"] == "GET, HEAD"


async def test_a_large_body_is_refused(client: Client) -> None:
    response = await client.get("/api/v1/nodes", data=b"x" * 100_000, headers={"Content-Length": "100000"})
    assert response.status_code == 413


async def test_a_failure_inside_tells_nothing_of_the_inside(cluster: Cluster) -> None:
    def fail(form: str) -> str:
        raise RuntimeError("the secret is 42")

    services = cluster.services()
    object.__setattr__(services, "metrics", fail)
    app = create_app(services)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    response = await app.test_client().get("/metrics")
    assert response.status_code == 500
    assert response.content_type == "application/problem+json"
    assert b"42" not in await response.get_data()


async def test_the_server_is_ready_when_nothing_keeps_it(cluster: Cluster, client: Client) -> None:
    assert (await client.get("/readyz")).status_code == 200
    cluster.lacking = {"database": "migrating"}
    response = await client.get("/readyz")
    assert response.status_code == 503
    problem: Any = await response.get_json(force=True)
    assert problem["errors"] == [{"where": "database", "expected": "migrating"}]
    assert (await client.get("/healthz")).status_code == 200


async def test_metrics_are_openmetrics_where_that_is_asked_for(client: Client) -> None:
    assert (await client.get("/metrics")).content_type.startswith("text/plain; version=0.0.4")
    response = await client.get("/metrics", headers={"Accept": "application/openmetrics-text"})
    assert response.content_type.startswith("application/openmetrics-text")
    assert (await response.get_data(as_text=True)).endswith("# EOF\n")
