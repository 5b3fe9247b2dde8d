"""The pages of people: every form does what it says, shows nothing to others, and holds no code."""

from __future__ import annotations

import re
from typing import Any

import pytest
from quart.typing import TestClientProtocol as Client

from gobs_server.actor import Actor, Role
from tests.server.access.rig import PASSWORD, ROLES, ROOT, Rig, bearer, cookie_of, shown_token, words
from tests.support.hostile import HOSTILE_NAMES
from tests.support.secrets import marked

PATHS = ("/login", "/account", *(f"/access/{name}" for name in ("users", "users/root", "tokens", "logins", "audit")))
OTHER = marked("another good password")
CODE = ("<script>", "<img src=x", "<svg onload", "<iframe", "<form action=//", "<base href", "<meta http-equiv")


async def page(client: Client, path: str, status: int = 200) -> str:
    response = await client.get(path)
    text = await response.get_data(as_text=True)
    assert response.status_code == status, words(text)[-500:]
    assert response.headers["Cache-Control"] == "no-store" or status != 200
    return str(text)


async def send(client: Client, path: str, status: int = 303, **form: Any) -> str:
    response = await client.post(path, form=form)
    text = await response.get_data(as_text=True)
    assert response.status_code == status, words(text)[-500:]
    return str(text)


@pytest.fixture
async def root(rig: Rig) -> Client:
    await rig.user("root", "administrator")
    return await rig.logged_in("root")


async def test_an_administrator_lets_somebody_in_and_out_again(rig: Rig, root: Client) -> None:
    await send(root, "/access/users", name="Ann", role="operator", password=PASSWORD)
    assert "ann" in words(await page(root, "/access/users"))
    ann = await rig.logged_in("ann")
    await send(root, "/access/users/ann", role="viewer", state="enabled")
    assert (await (await ann.get("/api/v1/me")).get_json())["role"] == "viewer"
    await send(root, "/access/users/ann/password", password=OTHER)
    assert (await ann.get("/")).status_code == 303
    ann = await rig.logged_in("ann", OTHER)
    await send(root, "/access/users/ann/logout")
    assert (await ann.get("/")).status_code == 303
    await send(root, "/access/users/ann", state="disabled")
    assert "disabled" in words(await page(root, "/access/users/ann"))
    assert "type the name" in words(await send(root, "/access/users/ann/remove", 422, confirm="root")).lower()
    await send(root, "/access/users/ann/remove", confirm="ann")
    await page(root, "/access/users/ann", 404)


@pytest.mark.parametrize(
    ("path", "form", "said"),
    [
        ("/access/users", {"name": "root", "role": "viewer", "password": PASSWORD}, "named 'root' already"),
        ("/access/users", {"name": "a b", "role": "viewer", "password": PASSWORD}, "a name is 1 to 100"),
        ("/access/users", {"name": "x", "role": "god", "password": PASSWORD}, "a role is one of"),
        ("/access/users", {"name": "x", "role": "viewer", "password": "short"}, "12 to 256"),
        ("/access/users/root", {"role": "viewer"}, "last administrator"),
        ("/access/users/root", {"state": "disabled"}, "last administrator"),
        ("/access/users/root/password", {"password": "short"}, "12 to 256"),
        ("/access/users/root/remove", {"confirm": "root"}, "last administrator"),
        ("/access/tokens", {"name": "x", "days": "30"}, "needs a scope"),
        ("/access/tokens", {"name": "", "scope": "read", "days": "30"}, "needs a name"),
        ("/access/tokens", {"name": "x", "scope": "read", "days": "soon"}, "days are a whole number"),
        ("/access/tokens", {"name": "x", "scope": "raed"}, "did you mean 'read'"),
        ("/account/tokens", {"name": "x", "days": "30"}, "needs a scope"),
        (
            "/account/password",
            {"current": "wrong", "password": "y" * 12, "again": "y" * 12},
            "name or password is wrong",
        ),
        (
            "/account/password",
            {"current": PASSWORD, "password": "y" * 12, "again": "z" * 12},
            "two new passwords differ",
        ),
        ("/account/password", {"current": PASSWORD, "password": "short", "again": "short"}, "12 to 256"),
        ("/account/tokens/99/revoke", {}, "no token 99"),
        ("/account/logins/99/end", {}, "no login 99"),
    ],
)
async def test_a_mistake_is_said_on_the_page_and_changes_nothing(
    rig: Rig, root: Client, path: str, form: dict[str, str], said: str
) -> None:
    before = await rig.access.people.all()
    text = words(await send(root, path, 422, **form)).replace("&#39;", "'")
    assert said.lower() in text.lower()
    assert await rig.access.people.all() == before
    assert await rig.access.tokens.all() == []


async def test_somebody_changes_their_password_and_is_still_here_and_nowhere_else(rig: Rig) -> None:
    await rig.user("ann")
    here, elsewhere = await rig.logged_in("ann"), await rig.logged_in("ann")
    before = cookie_of(here)
    await send(here, "/account/password", current=PASSWORD, password=OTHER, again=OTHER)
    assert cookie_of(here) != before
    assert (await here.get("/")).status_code == 200
    assert (await elsewhere.get("/")).status_code == 303


async def test_somebody_sees_and_ends_their_own_logins_alone(rig: Rig) -> None:
    await rig.user("ann")
    await rig.user("ben")
    here, elsewhere, ben = await rig.logged_in("ann"), await rig.logged_in("ann"), await rig.logged_in("ben")
    text = await page(here, "/account")
    assert re.findall(r"/account/logins/(\d+)/end", text) == ["2"]
    assert "this one" in words(text)
    assert "no login 3" in words(await send(here, "/account/logins/3/end", 422))
    assert (await ben.get("/")).status_code == 200
    await send(here, "/account/logins/2/end")
    assert (await elsewhere.get("/")).status_code == 303


async def test_somebody_makes_a_token_sees_it_once_and_revokes_it(rig: Rig) -> None:
    await rig.user("ann", "operator")
    ann = await rig.logged_in("ann")
    assert "admin" not in re.findall(r'name="scope" value="([a-z]+)"', await page(ann, "/account"))
    token = shown_token(await send(ann, "/account/tokens", 201, name="ci", scope="operate", days=""))
    told = await (await rig.client().get("/api/v1/me", headers=bearer(token))).get_json()
    assert (told["name"], told["role"]) == ("ci", "operator")
    text = await page(ann, "/account")
    assert token not in text
    assert token[:9] in text
    await send(ann, "/account/tokens/1/revoke")
    assert (await rig.client().get("/api/v1/me", headers=bearer(token))).status_code == 401
    assert "revoked" in words(await page(ann, "/account"))


async def test_nobody_gives_a_token_more_than_they_have(rig: Rig) -> None:
    await rig.user("ann")
    ann = await rig.logged_in("ann")
    assert "more than the role viewer may" in words(await send(ann, "/account/tokens", 422, name="x", scope="admin"))


async def test_an_administrator_sees_all_tokens_and_logins(rig: Rig, root: Client) -> None:
    ann = await rig.user("ann")
    await rig.token("read", owner=ann)
    shown_token(await send(root, "/access/tokens", 201, name="prometheus", scope="read:metrics", days="7"))
    await rig.logged_in("ann")
    text = words(await page(root, "/access/tokens"))
    assert "prometheus a program" in text
    assert "a token ann" in text
    await send(root, "/access/tokens/1/revoke")
    assert "ann" in words(await page(root, "/access/logins"))
    await send(root, "/access/logins/2/end")
    await send(root, "/access/logins/2/end", 404)
    await send(root, "/access/tokens/77/revoke", 404)


async def test_the_record_is_shown_filtered_and_turned_over(rig: Rig, root: Client) -> None:
    for number in range(120):
        await rig.access.audit.record(Actor("ann", "operator", "user", "10.0.0.7"), "rule.change", f"rule {number}")
    first = await page(root, "/access/audit?actor=ann")
    assert "rule 119" in first
    assert "rule 19<" not in first
    (older,) = re.findall(r'href="(/access/audit\?[^"]+)"', first)
    assert "rule 19" in await page(root, older.replace("&amp;", "&"))
    assert "root" not in words(await page(root, "/access/audit?action=rule.")).partition("before and after")[2]
    assert "Nothing is recorded of that" in words(await page(root, "/access/audit?actor=nobody"))


async def test_what_differs_is_shown_before_and_after(rig: Rig, root: Client) -> None:
    await rig.user("ann")
    await rig.access.acts.change_user(ROOT, "ann", role="operator")
    text = await page(root, "/access/audit?action=user.change")
    assert "<del>viewer</del>" in text
    assert "<ins>operator</ins>" in text
    assert "source" not in words(text).partition("user.change")[2]


@pytest.mark.parametrize("role", ROLES)
async def test_what_one_may_not_is_not_drawn(rig: Rig, role: Role) -> None:
    await rig.user("ann", role)
    ann = await rig.logged_in("ann")
    text = await page_of_anybody(ann, "/")
    assert ('href="/access/users"' in text) == (role == "administrator")
    assert 'action="/logout"' in text
    assert 'href="/account"' in text
    found = await page_of_anybody(ann, "/fragments/find?q=access")
    assert ("/access/users" in found) == (role == "administrator")


async def page_of_anybody(client: Client, path: str) -> str:
    return str(await (await client.get(path)).get_data(as_text=True))


async def test_who_may_not_is_told_which_role_it_takes_and_who_gives_it(rig: Rig, root: Client) -> None:
    await rig.user("chief", "administrator")
    await rig.user("gone", "administrator")
    await rig.access.acts.change_user(ROOT, "gone", disabled=True)
    await rig.user("ann", "operator")
    ann = await rig.logged_in("ann")
    text = words(await page(ann, "/access/users", 403))
    assert "needs the role administrator; ann has the role operator" in text
    assert "can give it to you: chief , root" in text
    assert "gone" not in text


async def test_who_comes_from_a_provider_is_told_to_ask_there(rig: Rig) -> None:
    who = await rig.access.people.arrived("issuer 7", "ann", "viewer")
    ann = rig.client()
    ann.set_cookie("localhost", "gobs", await rig.access.logins.begin(who, "oidc", "", ""))
    assert "Your role follows your groups" in words(await page(ann, "/access/users", 403))


async def test_a_page_that_is_not_there_is_shown_with_who_looks(rig: Rig, root: Client) -> None:
    assert 'action="/logout"' in await page_of_anybody(root, "/nothing")
    assert 'action="/logout"' not in await page_of_anybody(rig.client(), "/nothing")


async def test_hostile_names_are_text_on_every_page(rig: Rig, root: Client) -> None:
    for number, name in enumerate(HOSTILE_NAMES):
        who = await rig.access.people.arrived(f"issuer {number}", name, "viewer")
        await rig.access.logins.begin(who, "oidc", name, name)
        await rig.access.audit.record(Actor(name, "viewer", "user", name), "some.act", name, {name: name}, {name: "x"})
    for who in await rig.access.people.all():
        assert await page_of_anybody(root, f"/access/users/{quoted(who.name)}")
    for path in ("/access/users", "/access/logins", "/access/audit", "/access/tokens"):
        text = await page_of_anybody(root, path)
        for payload in CODE:
            assert payload not in text.replace('<script src="/static', ""), (path, payload)
        assert "\u202e" not in text


def quoted(name: str) -> str:
    from urllib.parse import quote

    return quote(name, safe="")


async def test_no_page_holds_inline_code_and_every_answer_has_the_headers(rig: Rig, root: Client) -> None:
    for path in PATHS:
        response = await root.get(path)
        text = await response.get_data(as_text=True)
        assert "Content-Security-Policy" in response.headers
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|javascript:", text), path


async def test_every_field_has_a_label_and_every_table_a_name(rig: Rig, root: Client) -> None:
    await rig.token("read")
    for path in PATHS:
        text = await page_of_anybody(root, path)
        main = text.partition("<main")[2].partition("</main>")[0]
        fields = re.findall(r'<(?:input|select)(?![^>]*type="hidden")[^>]*\bid="([^"]+)"', main)
        assert [field for field in fields if f'for="{field}"' not in main] == [], path
        assert len(set(fields)) == len(fields), path
        assert text.count("<table") == len(re.findall(r'role="region" aria-label="[^"]+"', text)), path
        assert len(re.findall(r"<h1", text)) == 1


async def test_a_login_over_a_readable_connection_says_so(rig: Rig) -> None:
    far, near = {"client": ("10.0.0.7", 1)}, {"client": ("127.0.0.1", 1)}
    client = rig.client()
    said = "others on the network can read what you type"
    assert said in words(await (await client.get("/login", scope_base=far)).get_data(as_text=True))
    assert said not in words(await (await client.get("/login", scope_base=near)).get_data(as_text=True))
    passed_on = await client.get("/login", scope_base=near, headers={"X-Forwarded-For": "10.0.0.7"})
    assert said in words(await passed_on.get_data(as_text=True))
