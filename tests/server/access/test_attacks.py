"""What an attacker would try, each for real against a server that listens."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from gobs_server.access.throttle import FREE
from gobs_server.app import Server
from gobs_server.db import Address
from gobs_server.http import create_app
from gobs_server.routes import declared
from tests.server.access.rig import CHEAP, PASSWORD, ROOT, settings_of
from tests.server.access.test_anonymous import CANARY, rows, table
from tests.server.feeding import Cluster, HeldClock
from tests.support.soak import counts


@asynccontextmanager
async def listening(address: Address, folder: Path | None = None, **settings: Any) -> AsyncIterator[Server]:
    """A server that listens, with an administrator root."""
    made = settings_of(**{"http": "127.0.0.1:0", "drain": 0.2, "access": {"login": "always"}, **settings})
    server = Server(made, address, folder=folder)
    server.access.passwords._hasher = CHEAP
    await server.start()
    try:
        async with asyncio.timeout(30):
            await server._store.opened()
        await server.access.acts.create_user(ROOT, "root", "administrator", PASSWORD)
        yield server
    finally:
        await server.stop()


def browser(server: Server, **headers: str) -> httpx.AsyncClient:
    port = server.http.rpartition(":")[2]
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=20)


async def logged_in(server: Server, client: httpx.AsyncClient, name: str = "root") -> None:
    response = await client.post("/login", data={"name": name, "password": PASSWORD})
    assert response.status_code == 303, response.text[-300:]


@pytest.fixture
async def server(database: Address) -> AsyncIterator[Server]:
    async with listening(database) as server:
        yield server


async def test_another_site_changes_nothing_through_a_browser_that_is_logged_in(server: Server) -> None:
    """Every route that changes something, with the browser's own cookie and what a browser says of another site."""
    async with browser(server) as victim:
        await logged_in(server, victim)
        app = create_app(server.services())
        writing = [rule for rule in app.url_map.iter_rules() if "GET" not in (rule.methods or ())]
        assert len(writing) > 20
        before = await server.access.people.all(), await server.access.logins.all(), await server.access.tokens.all()
        for rule in writing:
            path = re.sub(r"<(?:\w+:)?\w+>", "1", rule.rule)
            method = next(iter((rule.methods or set()) - {"OPTIONS"}))
            for headers in (
                {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
                {"Origin": "https://evil.example"},
                {"Origin": "null"},
                {"Sec-Fetch-Site": "same-site"},
            ):
                for content in ("application/x-www-form-urlencoded", "text/plain", "application/json"):
                    response = await victim.request(
                        method, path, headers={**headers, "Content-Type": content}, content=b'{"name":"evil"}'
                    )
                    assert response.status_code == 403, (rule, headers, content)
                    assert "nothing was changed" in response.text
        after = await server.access.people.all(), await server.access.logins.all(), await server.access.tokens.all()
        assert [len(some) for some in after] == [len(some) for some in before]
        assert (await victim.get("/account")).status_code == 200, "not even logged out"


async def test_another_site_logs_nobody_in(server: Server) -> None:
    async with browser(server, Origin="https://evil.example") as victim:
        response = await victim.post("/login", data={"name": "root", "password": PASSWORD})
        assert response.status_code == 403
        assert "set-cookie" not in response.headers


async def test_a_session_that_was_planted_is_not_the_one_that_is_logged_in(server: Server) -> None:
    async with browser(server) as attacker, browser(server) as victim:
        await logged_in(server, attacker)
        planted = attacker.cookies["gobs"]
        victim.cookies.set("gobs", planted, domain="127.0.0.1", path="/")
        await logged_in(server, victim)
        assert [cookie.value == planted for cookie in victim.cookies.jar] == [False]
        assert (await attacker.get("/account")).status_code == 303


@counts("guesses", reduced=200, full=1000)
async def test_many_guesses_cost_a_few_hashes(guesses: int, server: Server) -> None:
    async with browser(server) as attacker:
        before = server.access.passwords.checked
        answers = []
        for _ in range(guesses // 100):
            tries = [attacker.post("/login", data={"name": "root", "password": f"guess {n}"}) for n in range(100)]
            answers += [response.status_code for response in await asyncio.gather(*tries)]
        assert server.access.passwords.checked - before <= FREE + 4
        assert answers.count(429) >= guesses - 20
        assert set(answers) <= {401, 429, 503}


async def test_guesses_from_addresses_that_an_attacker_makes_up_count_as_one(server: Server) -> None:
    async with browser(server) as attacker:
        statuses = []
        for number in range(30):
            headers = dict.fromkeys(("X-Forwarded-For", "X-Real-IP", "Remote-Addr"), f"10.0.0.{number}")
            headers["Forwarded"] = f"for=10.0.1.{number}"
            data = {"name": f"name-{number}", "password": "x"}
            statuses.append((await attacker.post("/login", data=data, headers=headers)).status_code)
        assert statuses.count(401) <= 4 * FREE
        records = await server.access.audit.find(action="login.refused")
        assert {record.address for record in records} == {"127.0.0.1"}


async def test_a_name_that_exists_costs_what_one_that_does_not_costs(server: Server) -> None:
    async with browser(server) as attacker:
        costs = []
        for name in ("root", "nobody", "root ", "ROOT"):
            before = server.access.passwords.checked
            response = await attacker.post("/login", data={"name": name, "password": "wrong"})
            spent = server.access.passwords.checked - before
            costs.append((spent, response.status_code, len(response.text) - len(name)))
        assert len(set(costs)) == 1
        assert costs[0][:2] == (1, 401)


async def test_a_name_that_was_bent_to_this_machine_reads_nothing(database: Address) -> None:
    async with listening(database, access={}) as server, browser(server) as victim:
        assert not server.access.asks
        for path in ("/", "/api/v1/nodes", "/metrics", "/healthz"):
            for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example"):
                response = await victim.get(path, headers={"Host": host})
                assert (response.status_code, CANARY in response.text) == (421, False)
        assert (await victim.get("/")).status_code == 200


async def test_where_anybody_may_look_a_bent_name_reads_nothing_either(database: Address) -> None:
    async with listening(database, http="0.0.0.0:0", access={"anonymous": True}) as server, browser(server) as victim:
        assert (await victim.get("/")).status_code == 200
        assert (await victim.get("/", headers={"Host": "evil.example"})).status_code == 421


NAMES = ("X-Forwarded-User", "x-forwarded-user", "X_Forwarded_User", "Remote-User", "X-Remote-User")


async def test_who_somebody_is_is_believed_of_no_stranger(database: Address) -> None:
    proxy = {"networks": ("10.0.0.0/8",), "user_header": "X-Forwarded-User", "others": "administrator"}
    async with listening(database, proxy=proxy) as server, browser(server) as attacker:
        for name in NAMES:
            for more in (
                {},
                {"X-Forwarded-For": "10.0.0.1"},
                {"Remote-Addr": "10.0.0.1"},
                {"Forwarded": "for=10.0.0.1"},
            ):
                response = await attacker.get("/api/v1/me", headers={name: "root", **more})
                assert response.status_code == 401, (name, more)


async def test_who_somebody_is_is_believed_of_the_proxy_with_the_role_of_the_groups(database: Address) -> None:
    proxy = {
        "networks": ("127.0.0.0/8",),
        "user_header": "X-Forwarded-User",
        "groups_header": "X-Forwarded-Groups",
        "operators": ("ops",),
        "administrators": ("user:boss",),
    }
    async with listening(database, proxy=proxy) as server, browser(server) as client:
        headers = {"X-Forwarded-User": "ann", "X-Forwarded-Groups": "a, ops", "X-Forwarded-For": "203.0.113.9"}
        told = (await client.get("/api/v1/me", headers=headers)).json()
        assert told == {"name": "ann", "kind": "proxy", "role": "operator", "scopes": [], "address": "203.0.113.9"}
        assert (await client.get("/api/v1/me", headers={"X-Forwarded-User": "boss"})).json()["role"] == "administrator"
        groups = {"X-Forwarded-User": "ann", "X-Forwarded-Groups": "user:boss"}
        assert (await client.get("/api/v1/me", headers=groups)).status_code == 403
        assert (await client.get("/api/v1/me", headers={"X-Forwarded-User": "stranger"})).status_code == 403
        page = await client.get("/", headers={"X-Forwarded-User": "stranger"})
        assert (page.status_code, "Your role comes from the proxy" in page.text) == (403, True)
        for wrong in ([("X-Forwarded-User", "ann"), ("X-Forwarded-User", "boss")], [("X-Forwarded-User", "")],
                      [("X-Forwarded-User", "a" * 300)], [("X-Forwarded-User", "a\x01b")]):  # fmt: skip
            assert (await client.get("/api/v1/me", headers=wrong)).status_code == 400
        assert (await client.get("/api/v1/me")).status_code == 401


async def test_a_server_that_asks_nobody_is_not_reached_through_a_proxy(database: Address) -> None:
    async with listening(database, access={}) as server, browser(server) as client:
        assert (await client.get("/api/v1/me")).json()["kind"] == "loopback"
        for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Host", "X-Forwarded-Proto"):
            for path in ("/", "/api/v1/nodes"):
                response = await client.get(path, headers={header: "x"})
                assert response.status_code == 403
                assert "server.url" in response.text


async def test_nothing_a_client_sends_makes_it_one_of_this_machines_commands(server: Server) -> None:
    async with browser(server) as client:
        for header in ("gobs.local", "X-Gobs-Local", "Gobs-Local"):
            assert (await client.get("/api/v1/users", headers={header: "true"})).status_code == 401


async def test_a_connection_that_is_reset_at_once_acts_for_nobody(server: Server) -> None:
    """Its address is gone before it is looked at, which must not make it anybody special."""
    body = b'{"name":"evil","role":"administrator","password":"correct horse battery"}'
    head = f"POST /api/v1/users HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    head += "Content-Type: application/json\r\n\r\n"
    host, port = server.http.split(":")
    for _ in range(50):
        with socket.create_connection((host, int(port))) as attacker:
            attacker.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            attacker.sendall(head.encode() + body)
    await asyncio.sleep(0.5)
    assert [person.name for person in await server.access.people.all()] == ["root"]


@pytest.mark.parametrize(("size", "status"), [(5_000, 303), (60_000, 303), (70_000, 431), (500_000, 431)])
async def test_a_cookie_of_any_size_is_nobody_or_refused(server: Server, size: int, status: int) -> None:
    async with browser(server) as client:
        try:
            response = await client.get("/", headers={"Cookie": f"gobs={'x' * size}"})
        except (httpx.RemoteProtocolError, httpx.WriteError, httpx.ReadError):
            assert status == 431  # closed while it was still being sent
            return
        assert response.status_code == status


async def test_of_several_cookies_none_that_is_wrong_lets_in(server: Server) -> None:
    async with browser(server) as client:
        for cookie in (
            "gobs=a; gobs=b",
            "gobs",
            "gobs=",
            "=gobs",
            'gobs="\\377"',
            ";;;",
            "gobs=%00",
        ):
            response = await client.get("/", headers={"Cookie": cookie})
            assert response.status_code == 303, cookie


async def test_a_method_in_a_header_is_no_method(server: Server) -> None:
    async with browser(server) as client:
        await logged_in(server, client)
        for header in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
            response = await client.get("/api/v1/users/root", headers={header: "DELETE"})
            assert response.status_code == 405
            assert (await client.post("/api/v1/users/root", headers={header: "DELETE"})).status_code == 405


async def test_every_answer_carries_the_headers_whoever_asks(server: Server) -> None:
    async with browser(server) as client:
        for path in (
            "/",
            "/login",
            "/nothing",
            "/api/v1/nodes",
            "/api/v1/nothing",
            "/setup/x",
            "/account",
            "/static/a/b",
        ):
            headers = (await client.get(path)).headers
            assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
            assert "unsafe" not in headers["Content-Security-Policy"]
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["X-Frame-Options"] == "DENY"
            assert headers["Referrer-Policy"] == "same-origin"


async def test_no_address_that_a_login_leads_on_to_leaves_this_server(server: Server) -> None:
    async with browser(server) as victim:
        for goal in (
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/%0d%0aSet-Cookie:x=y",
            "/\r\nX: y",
            "/é",
        ):
            data = {"name": "root", "password": PASSWORD, "next": goal}
            response = await victim.post("/login", data=data)
            assert response.status_code == 303
            assert "evil" not in response.headers["location"]
            assert "x" not in response.headers


async def test_a_private_column_is_read_by_nobody_who_has_not_logged_in(database: Address) -> None:
    async with listening(database, access={"login": "always", "anonymous": True}) as server, browser(server) as client:
        one = table("process", "cmdline")
        clock = HeldClock()
        clock.now = server.clock.wall()
        machine = Cluster(clock, server.live, server.history).machine("node-1", one)
        machine.feed({one: rows(1)})
        for path in ("/nodes/node-1", "/api/v1/nodes/node-1/tables/process", "/fragments/find?q=canary"):
            assert CANARY not in (await client.get(path)).text
        assert (await client.get("/api/v1/nodes/node-1/processes/1/inspect")).status_code == 401
        await logged_in(server, client)
        assert CANARY in (await client.get("/api/v1/nodes/node-1/tables/process")).text


async def test_no_route_that_changes_something_can_be_asked_for_with_get(database: Address) -> None:
    app = create_app(Server(settings_of(), database).services())
    by_path: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        assert rule.endpoint in declared(app)
        by_path.setdefault(rule.endpoint, set()).update((rule.methods or set()) - {"HEAD", "OPTIONS"})
    assert all(len(methods) == 1 for methods in by_path.values())
