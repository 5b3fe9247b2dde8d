"""REST of people: each operation answers as the OpenAPI document says, and refuses with what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from quart.typing import TestClientProtocol as Client

from tests.server.access.rig import PASSWORD, Rig, bearer

NEW = {"name": "ben", "role": "operator", "password": PASSWORD}


class Asking:
    """An administrator at the REST interface; every answer is held against the document."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.document: Any = None
        self.tried: set[tuple[str, str]] = set()

    async def ask(self, method: str, template: str, body: Any = None, status: int = 200, **values: object) -> Any:
        """What it answers."""
        if self.document is None:
            self.document = await (await self.client.get("/api/v1/openapi.json")).get_json()
        path = template.partition("?")[0]
        query = template[len(path) :]
        more = {} if body is None else {"json": body}
        response = await getattr(self.client, method.lower())(f"/api/v1{path.format(**values)}{query}", **more)
        assert response.status_code == status, await response.get_data(as_text=True)
        told = self.document["paths"][f"/api/v1{path}"][method.lower()]["responses"][str(status)]
        if status == 204:
            assert await response.get_data() == b""
            self.tried.add((method.lower(), f"/api/v1{path}"))
            return None
        answer = await response.get_json(force=True)
        schema = told["content"][response.content_type]["schema"]
        OAS31Validator({**schema, "components": self.document["components"]}).validate(answer)
        if status < 300:
            self.tried.add((method.lower(), f"/api/v1{path}"))
        return answer


@pytest.fixture
async def asking(rig: Rig) -> Asking:
    await rig.user("root", "administrator")
    return Asking(await rig.logged_in("root"))


async def test_every_operation_of_people(rig: Rig, asking: Asking) -> None:
    ask = asking.ask
    assert (await ask("GET", "/me"))["name"] == "root"
    assert (await ask("POST", "/users", NEW, 201))["role"] == "operator"
    assert [one["name"] for one in (await ask("GET", "/users"))["users"]] == ["ben", "root"]
    assert (await ask("PUT", "/users/{user}", {"role": "viewer"}, user="ben"))["role"] == "viewer"
    await ask("PUT", "/users/{user}/password", {"password": "another good password"}, user="ben")
    await rig.logged_in("ben", "another good password")
    logins = (await ask("GET", "/logins"))["logins"]
    assert [one["user"] for one in logins] == ["ben", "root"]
    await ask("DELETE", "/logins/{login}", status=204, login=logins[0]["id"])
    made = await ask("POST", "/tokens", {"name": "ci", "scopes": ["read"], "lasts": None}, 201)
    assert (await rig.client().get("/api/v1/nodes", headers=bearer(made["token"]))).status_code == 200
    mine = await ask("POST", "/me/tokens", {"name": "mine", "scopes": ["admin"]}, 201)
    assert [one["owner"] for one in (await ask("GET", "/tokens"))["tokens"]] == ["root", None]
    assert [one["name"] for one in (await ask("GET", "/me/tokens"))["tokens"]] == ["mine"]
    await ask("DELETE", "/me/tokens/{token}", status=204, token=mine["info"]["id"])
    await ask("DELETE", "/tokens/{token}", status=204, token=made["info"]["id"])
    await ask("DELETE", "/users/{user}", status=204, user="ben")
    records = (await ask("GET", "/audit?action=user.&limit=10"))["records"]
    assert [one["action"] for one in records] == [
        "user.remove", "user.password", "user.change", "user.create", "user.create",
    ]  # fmt: skip
    assert PASSWORD not in repr(records)
    own = {
        (method, path)
        for path, methods in asking.document["paths"].items()
        for method, told in methods.items()
        if told["x-scope"].endswith(":access")
    }
    assert asking.tried == own


@pytest.mark.parametrize(
    ("method", "template", "body", "status", "said"),
    [
        ("POST", "/users", {**NEW, "name": "root"}, 409, "named 'root' already"),
        ("POST", "/users", {**NEW, "name": "a b"}, 409, "a name is"),
        ("POST", "/users", {**NEW, "password": "short"}, 422, "body.password"),
        ("POST", "/users", {**NEW, "role": "god"}, 422, "body.role"),
        ("POST", "/users", {"name": "x"}, 422, "body.role: required; body.password: required"),
        ("PUT", "/users/{user}", {"role": "viewer"}, 409, "last administrator"),
        ("PUT", "/users/{nobody}", {"role": "viewer"}, 404, "nobody is named"),
        ("PUT", "/users/{user}/password", {"password": "x"}, 422, "body.password"),
        ("DELETE", "/users/{user}", None, 409, "last administrator"),
        ("DELETE", "/logins/{number}", None, 404, "no login 99"),
        ("DELETE", "/tokens/{number}", None, 404, "no token 99"),
        ("DELETE", "/tokens/{nobody}", None, 422, "path.token"),
        ("POST", "/tokens", {"name": "x", "scopes": []}, 422, "body.scopes"),
        ("POST", "/tokens", {"name": "x", "scopes": ["raed"]}, 409, "did you mean 'read'"),
        ("POST", "/tokens", {"name": "x", "scopes": ["read"], "lasts": -1}, 422, "body.lasts"),
        ("GET", "/audit?limit=0", None, 422, "query.limit"),
        ("GET", "/audit?since=soon", None, 422, "query.since"),
        ("GET", "/audit?who=x", None, 422, "query.who"),
    ],
)
async def test_what_is_wrong_is_named(
    asking: Asking, method: str, template: str, body: Any, status: int, said: str
) -> None:
    path = "/api/v1" + template.format(user="root", nobody="nobody", number=99)
    more = {} if body is None else {"json": body}
    response = await getattr(asking.client, method.lower())(path, **more)
    problem = await response.get_json(force=True)
    assert (response.status_code, response.content_type) == (status, "application/problem+json")
    assert said in problem["detail"]


async def test_records_are_found_by_when_and_by_whom(rig: Rig, asking: Asking) -> None:
    rig.clock.move(100)
    await asking.ask("POST", "/users", NEW, 201)
    since = rig.clock.wall() - 50
    assert len((await asking.ask("GET", f"/audit?since={since}"))["records"]) == 1
    assert len((await asking.ask("GET", "/audit?actor=root&action=user.create"))["records"]) == 2
    (newest,) = (await asking.ask("GET", "/audit?limit=1"))["records"]
    assert newest["target"] == "ben"
    assert len((await asking.ask("GET", f"/audit?before={newest['id']}"))["records"]) == 2


async def test_a_program_without_an_account_has_no_tokens_of_its_own(rig: Rig) -> None:
    headers = bearer(await rig.token("admin"))
    response = await rig.client().get("/api/v1/me/tokens", headers=headers)
    assert response.status_code == 403
    assert "/tokens is for programs" in (await response.get_json(force=True))["detail"]


async def test_a_token_of_somebody_sees_that_ones_tokens_and_makes_none(rig: Rig) -> None:
    who = await rig.user("ann", "operator")
    headers = bearer(await rig.token("read", owner=who))
    told = await (await rig.client().get("/api/v1/me/tokens", headers=headers)).get_json()
    assert [one["owner"] for one in told["tokens"]] == ["ann"]
    body = {"name": "x", "scopes": ["read"]}
    response = await rig.client().post("/api/v1/me/tokens", json=body, headers=headers)
    assert response.status_code == 409
    assert "a token makes no tokens" in (await response.get_json(force=True))["detail"]
