"""The first administrator: a link in the log that works once, and for nobody who guesses."""

from __future__ import annotations

from typing import Any

import pytest
from quart.typing import TestClientProtocol as Client

from gobs_server.db import Address
from tests.server.access.rig import PASSWORD, Rig, rig_over, words

FORM = {"name": "Root", "password": PASSWORD, "again": PASSWORD}


async def link_of(rig: Rig) -> str:
    links: list[str] = []
    await rig.access._first_administrator(links.append)
    (code,) = links
    return code


async def test_the_link_makes_the_first_administrator_and_lets_in(rig: Rig) -> None:
    code = await link_of(rig)
    client = rig.client()
    assert "link that makes the first administrator" in words(await (await client.get("/login")).get_data(as_text=True))
    assert (await client.get(f"/setup/{code}")).status_code == 200
    response = await client.post(f"/setup/{code}", form=FORM)
    assert (response.status_code, response.headers["Location"]) == (303, "/")
    told = await (await client.get("/api/v1/me")).get_json()
    assert (told["name"], told["role"]) == ("root", "administrator")
    assert await rig.actions() == [("set-up link", "user.create", "root"), ("root", "login.begin", "root")]


async def test_it_works_once(rig: Rig) -> None:
    code = await link_of(rig)
    assert (await rig.client().post(f"/setup/{code}", form=FORM)).status_code == 303
    assert (await rig.client().get(f"/setup/{code}")).status_code == 404
    assert (await rig.client().post(f"/setup/{code}", form={**FORM, "name": "second"})).status_code == 404
    links: list[str] = []
    await rig.access._first_administrator(links.append)
    assert links == []
    assert [person.name for person in await rig.access.people.all()] == ["root"]


async def test_once_somebody_is_there_it_is_over(rig: Rig) -> None:
    code = await link_of(rig)
    await rig.user("ann", "administrator")
    response = await rig.client().post(f"/setup/{code}", form=FORM)
    assert response.status_code == 422
    assert "who can let you in" in words(await response.get_data(as_text=True))
    assert [person.name for person in await rig.access.people.all()] == ["ann"]
    assert not rig.access.setup.pending


async def test_a_preview_of_the_link_does_not_use_it_up(rig: Rig) -> None:
    code = await link_of(rig)
    for _ in range(3):
        await rig.client().get(f"/setup/{code}")
    assert (await rig.client().post(f"/setup/{code}", form=FORM)).status_code == 303


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"again": "something else"}, "The two passwords differ."),
        ({"password": "short", "again": "short"}, "A password has 12 to 256 characters"),
        ({"name": "a b"}, "A name is 1 to 100"),
        ({"name": ""}, "A name is 1 to 100"),
    ],
)
async def test_a_mistake_leaves_the_link_good(rig: Rig, form: dict[str, str], said: str) -> None:
    code = await link_of(rig)
    response = await rig.client().post(f"/setup/{code}", form={**FORM, **form})
    assert response.status_code == 422
    assert said in words(await response.get_data(as_text=True))
    assert (await rig.client().post(f"/setup/{code}", form=FORM)).status_code == 303


async def tries(client: Client) -> list[int]:
    return [(await client.get(f"/setup/guess-{number}")).status_code for number in range(8)]


async def test_codes_cannot_be_guessed(rig: Rig) -> None:
    await link_of(rig)
    assert await tries(rig.client()) == [404] * 5 + [429] * 3


async def test_without_a_link_there_is_no_such_page(rig: Rig) -> None:
    await rig.user("ann")
    assert (await rig.client().get("/setup/x")).status_code == 404
    assert (await rig.client().post("/setup/", form=FORM)).status_code == 404
    assert (await rig.client().post("/setup/x", form=FORM)).status_code == 404


@pytest.mark.parametrize(
    "settings",
    [
        {"http": "127.0.0.1:8080"},
        {"access": {"admin_password": PASSWORD}},
        {"access": {"local": False}},
        {"proxy": {"networks": ("10.0.0.0/8",), "user_header": "X-User", "others": "viewer"}},
    ],
)
async def test_where_somebody_can_come_in_already_there_is_no_link(database: Address, settings: dict[str, Any]) -> None:
    async with rig_over(database, **settings) as rig:
        links: list[str] = []
        await rig.access._first_administrator(links.append)
        assert links == []
