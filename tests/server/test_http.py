"""What holds for every route: a role, a Host, limits, and the headers browsers obey."""

from __future__ import annotations

from typing import Any

import pytest
from quart import Response
from quart.typing import TestClientProtocol as Client

from gobs_server.guard import CSP, allowed_hosts, host_name
from gobs_server.http import create_app
from gobs_server.routes import Declared, Routes, declared
from tests.server.feeding import Cluster

WAYS_IN = ("login", "log_in", "log_out", "to_provider", "from_provider", "setup", "set_up")


def client_of(**settings: Any) -> Client:
    return create_app(Cluster().services(**settings)).test_client()


def test_every_route_says_who_may_use_it() -> None:
    app = create_app(Cluster().services())
    for rule in app.url_map.iter_rules():
        assert rule.endpoint in declared(app), rule
        assert rule.methods in ({"GET", "HEAD"}, {"POST"}, {"PUT"}, {"DELETE"}), rule


def test_only_probes_ways_in_and_what_pages_are_made_of_are_public() -> None:
    found = declared(create_app(Cluster().services()))
    assert {name for name, wanted in found.items() if wanted.role == "public"} == {
        "service.healthz",
        "service.readyz",
        "assets.asset",
        *(f"access.{name}" for name in WAYS_IN),
    }


async def test_a_route_that_does_not_say_is_refused() -> None:
    app = create_app(Cluster().services())

    async def forgotten() -> Response:
        return Response("all of it")

    app.add_url_rule("/forgotten", "forgotten", forgotten)
    response = await app.test_client().get("/forgotten")
    assert response.status_code == 403
    assert b"all of it" not in await response.get_data()


def test_routes_are_kept_by_the_name_of_their_handler() -> None:
    routes = Routes("some")

    @routes.get("/one", role="viewer")
    async def one() -> Response:
        return Response("")

    assert routes.declared == {"some.one": Declared("viewer")}


@pytest.mark.parametrize("path", ["/", "/nothing", "/api/v1/nodes", "/api/v1/nothing", "/healthz", "/fragments/nodes"])
async def test_every_answer_carries_the_headers(path: str) -> None:
    headers = (await client_of().get(path)).headers
    assert headers["Content-Security-Policy"] == CSP
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Set-Cookie" not in headers


def test_the_policy_allows_no_inline_code() -> None:
    assert "unsafe" not in CSP
    assert "frame-ancestors 'none'" in CSP


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "10.0.0.1", "", "localhost.evil.example", "[::2]"],
)
async def test_on_loopback_another_name_is_refused(host: str) -> None:
    client = client_of(http="127.0.0.1:8080")
    for path in ("/", "/api/v1/nodes", "/healthz"):
        assert (await client.get(path, headers={"Host": host})).status_code == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]:8080", "localhost."])
async def test_on_loopback_its_own_names_are_served(host: str) -> None:
    assert (await client_of(http="127.0.0.1:8080").get("/", headers={"Host": host})).status_code == 200


async def test_a_name_that_is_allowed_is_served() -> None:
    client = client_of(http="127.0.0.1:8080", allowed_hosts="gobs.example, Other.example:8443")
    for host, status in (("gobs.example:8443", 200), ("other.example", 200), ("evil.example", 421)):
        assert (await client.get("/", headers={"Host": host})).status_code == status


@pytest.mark.parametrize(
    ("bind", "extra", "allowed"),
    [
        ("0.0.0.0:8080", "", None),
        ("[::]:8080", "", None),
        ("0.0.0.0:8080", "a.example", {"a.example", "0.0.0.0", "localhost", "127.0.0.1", "::1"}),
        ("[::1]:8080", "", {"localhost", "127.0.0.1", "::1"}),
        ("127.0.0.5:1", "", {"localhost", "127.0.0.1", "::1", "127.0.0.5"}),
        ("localhost:1", "", {"localhost", "127.0.0.1", "::1"}),
    ],
)
def test_which_names_are_allowed_follows_from_where_it_listens(bind: str, extra: str, allowed: set[str] | None) -> None:
    found = allowed_hosts(bind, extra.split(","))
    assert (None if found is None else found.names) == allowed


@pytest.mark.parametrize(
    ("authority", "name"),
    [("A.Example:80", "a.example"), ("[::1]:80", "::1"), ("::1", "::1"), ("a.", "a"), ("", ""), ("[", "")],
)
def test_a_host_is_read_without_its_port(authority: str, name: str) -> None:
    assert host_name(authority) == name


async def test_head_is_answered_where_get_is() -> None:
    assert (await client_of().head("/healthz")).status_code == 200
    assert (await client_of().head("/")).status_code == 200
