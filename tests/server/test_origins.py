"""What changes something is done only for pages of this server, and for programs that mean it."""

from __future__ import annotations

import pytest
from quart import Response
from quart.typing import TestClientProtocol as Client

from gobs_server.guard import guard
from gobs_server.http import create_app
from gobs_server.routes import Routes
from tests.server.feeding import Cluster

HOST = "gobs.example:8080"


@pytest.fixture(scope="module")
def written() -> list[str]:
    """What was written by any test so far."""
    return []


@pytest.fixture
def done(written: list[str]) -> list[str]:
    written.clear()
    return written


@pytest.fixture(scope="module")
def client(written: list[str]) -> Client:
    app = create_app(Cluster().services(http="0.0.0.0:0"))
    routes = Routes("writing")

    async def write() -> Response:
        written.append("it")
        return Response("done")

    for method in ("post", "put", "delete"):
        write.__name__ = method
        getattr(routes, method)("/write", role="operator")(write)
    routes.install(app)
    return app.test_client()


@pytest.mark.parametrize("method", ["post", "put", "delete"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://gobs.example:8080"},
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://evil.example", "Authorization": "Bearer gobs_x"},
    ],
)
async def test_a_page_of_this_server_and_a_program_may_write(
    client: Client, done: list[str], method: str, headers: dict[str, str]
) -> None:
    response = await getattr(client, method)("/write", headers={"Host": HOST, **headers})
    assert (response.status_code, done) == (200, ["it"])


@pytest.mark.parametrize("method", ["post", "put", "delete"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://gobs.example:8080"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://evil.example:8080"},
        {"Origin": "http://gobs.example:8081"},
        {"Origin": "http://gobs.example"},
        {"Origin": "http://gobs.example:8080.evil.example"},
        {"Origin": "http://gobs.example:8080@evil.example"},
        {"Origin": "file://gobs.example:8080"},
        {"Origin": "http://["},
        {"Origin": "http://evil.example", "Authorization": "Basic eDp5"},
    ],
)
async def test_a_page_from_elsewhere_may_not(
    client: Client, done: list[str], method: str, headers: dict[str, str]
) -> None:
    response = await getattr(client, method)("/write", headers={"Host": HOST, **headers})
    assert (response.status_code, done) == (403, [])


@pytest.mark.parametrize("origin", ["https://gobs.example", "https://gobs.example:443", "http://GOBS.example"])
async def test_behind_a_proxy_that_ends_tls_the_origin_is_still_the_hosts(
    client: Client, done: list[str], origin: str
) -> None:
    await client.post("/write", headers={"Host": "gobs.example", "Origin": origin})
    assert done == ["it"]


async def test_reading_is_not_asked_where_it_comes_from(client: Client) -> None:
    assert (await client.get("/healthz", headers={"Sec-Fetch-Site": "cross-site", "Host": HOST})).status_code == 200


async def test_a_host_that_is_none_equals_no_origin(client: Client, done: list[str]) -> None:
    response = await client.post("/write", headers={"Host": "", "Origin": "null"})
    assert (response.status_code, done) == (403, [])


def test_the_guard_stands_before_the_roles() -> None:
    app = create_app(Cluster().services())
    first, second = app.before_request_funcs[None][:2]
    assert first.__qualname__.startswith(guard.__name__)
    assert "authorise" in second.__qualname__
