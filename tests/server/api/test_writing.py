"""Operations that change something: the body is checked as a whole, and described."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta
from openapi_spec_validator import OpenAPIV31SpecValidator
from quart import Quart
from quart.typing import TestClientProtocol as Client

from gobs_server.actor import Actor, Grant
from gobs_server.api.openapi import document
from gobs_server.api.operations import Operations
from gobs_server.api.problem import ApiError
from gobs_server.guard import guard
from gobs_server.routes import prepare


class Limit(msgspec.Struct, forbid_unknown_fields=True):
    """One limit."""

    above: Annotated[float, Meta(ge=0)]


class Thing(msgspec.Struct):
    """What is made."""

    name: Annotated[str, Meta(min_length=1, max_length=10)]
    limits: list[Limit] = []
    enabled: bool = True

    def __post_init__(self) -> None:
        if self.name == "bad":
            raise ValueError("name: another one than bad")


class Made(msgspec.Struct):
    """What was made."""

    thing: Thing


@pytest.fixture
def api() -> Operations:
    api = Operations("things", "/api")

    @api.post("/things", role="operator", errors=(409,))
    async def make_thing(body: Thing) -> Made:
        """Make a thing."""
        if body.name == "there":
            raise ApiError(409, "it is there already")
        return Made(body)

    @api.put("/things/<name:thing>", role="operator")
    async def change_thing(thing: str, body: Thing) -> Made:
        """Change a thing."""
        return Made(body)

    @api.delete("/things/<name:thing>", role="administrator", scope="alerts")
    async def remove_thing(thing: str) -> None:
        """Remove a thing."""

    return api


class Asking:
    def __init__(self) -> None:
        self.actor = Actor("ann", "administrator", "user")

    async def identify(self) -> Actor:
        return self.actor


@pytest.fixture
def asking() -> Asking:
    return Asking()


@pytest.fixture
def client(api: Operations, asking: Asking) -> Client:
    app = Quart("things")
    guard(app, None)
    prepare(app, asking.identify)
    api.routes.install(app)
    return app.test_client()


async def sent(client: Client, body: object) -> tuple[int, Any]:
    response = await client.post("/api/things", json=body)
    return response.status_code, await response.get_json(force=True)


async def test_what_is_right_is_done(client: Client) -> None:
    assert await sent(client, {"name": "a", "limits": [{"above": 1}]}) == (
        201,
        {"thing": {"name": "a", "limits": [{"above": 1.0}], "enabled": True}},
    )
    assert (await client.put("/api/things/a", json={"name": "b"})).status_code == 200
    response = await client.delete("/api/things/a")
    assert (response.status_code, await response.get_data()) == (204, b"")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"body.name": "required"}),
        ([], {"body": "an object"}),
        (None, {"body": "an object"}),
        ({"name": ""}, {"body.name": "Expected `str` of length >= 1"}),
        ({"name": 1, "enabled": "yes"}, {"body.name": "Expected `str`, got `int`", "body.enabled": "Expected `bool`"}),
        ({"name": "a", "more": 1}, {"body.more": "no such field; there are name, limits, enabled"}),
        ({"name": "a", "limits": [{"above": 1}, {"above": -1}]}, {"body.limits[1].above": "Expected `float` >= 0.0"}),
        ({"name": "a", "limits": [{"above": 1, "x": 1}]}, {"body.limits[0]": "Object contains unknown field `x`"}),
        ({"name": "bad"}, {"body.name": "another one than bad"}),
    ],
)
async def test_all_that_is_wrong_is_named_with_its_place(client: Client, body: object, wrong: dict[str, str]) -> None:
    status, problem = await sent(client, body)
    assert status == 422
    assert {fault["where"]: fault["expected"].partition(", got `str`")[0] for fault in problem["errors"]} == wrong


@pytest.mark.parametrize(
    ("data", "media", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b'{"name": "a"}', "text/plain", 415),
        (b'{"name": "a"}', "application/x-www-form-urlencoded", 415),
    ],
)
async def test_a_body_that_is_no_json_is_refused(client: Client, data: bytes, media: str, status: int) -> None:
    response = await client.post("/api/things", data=data, headers={"Content-Type": media})
    assert (response.status_code, response.content_type) == (status, "application/problem+json")


async def test_a_refusal_of_the_handler_is_a_problem(client: Client) -> None:
    status, problem = await sent(client, {"name": "there"})
    assert (status, problem["detail"]) == (409, "it is there already")


@pytest.mark.parametrize(
    ("actor", "made", "removed"),
    [
        (Actor("v", "viewer", "user"), 403, 403),
        (Actor("o", "operator", "user"), 201, 403),
        (Actor("a", "administrator", "user"), 201, 204),
        (Actor("", "public", "anonymous"), 401, 401),
        (Actor("", "viewer", "anonymous"), 401, 401),
        (Actor("t", "public", "token", grants=(Grant("administrator", "alerts"),)), 403, 204),
        (Actor("t", "public", "token", grants=(Grant("administrator", "profiles"),)), 403, 403),
        (Actor("t", "public", "token", grants=(Grant("operator", "alerts"),)), 403, 403),
        (Actor("t", "viewer", "token", grants=(Grant("administrator", "alerts"),)), 403, 204),
    ],
)
async def test_who_may_and_who_may_not(client: Client, asking: Asking, actor: Actor, made: int, removed: int) -> None:
    asking.actor = actor
    assert (await client.post("/api/things", json={"name": "a"})).status_code == made
    assert (await client.delete("/api/things/a")).status_code == removed


def test_it_is_described(api: Operations) -> None:
    described = document(api.all, "/api", "1")
    OpenAPIV31SpecValidator(described).validate()
    make, remove = described["paths"]["/api/things"]["post"], described["paths"]["/api/things/{thing}"]["delete"]
    assert make["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Thing"}
    assert {"201", "400", "401", "403", "409", "413", "415", "422"} <= make["responses"].keys()
    assert (make["x-role"], make["x-scope"]) == ("operator", "operate")
    assert remove["responses"]["204"] == {"description": "Done."}
    assert remove["x-scope"] == "admin:alerts"
    assert set(described["paths"]["/api/things/{thing}"]) == {"put", "delete"}
