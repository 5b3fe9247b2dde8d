"""Logging in and out on the pages: what a browser shows, how long it is believed, and who ends it."""

from __future__ import annotations

import pytest

from gobs_server.access.logins import _MOST_OF_ONE
from gobs_server.access.throttle import FREE
from tests.server.access.rig import PASSWORD, ROOT, Rig, cookie_of, show, words

HOUR = 3600.0
DAY = 24 * HOUR


async def test_whoever_shows_nothing_is_sent_to_log_in_and_back(rig: Rig) -> None:
    await rig.user("ann")
    client = rig.client()
    response = await client.get("/nodes/a?x=1")
    assert (response.status_code, response.headers["Location"]) == (303, "/login?next=/nodes/a%3Fx%3D1")
    form = {"name": "Ann", "password": PASSWORD, "next": "/nodes/a?x=1"}
    response = await client.post("/login", form=form)
    assert (response.status_code, response.headers["Location"]) == (303, "/nodes/a?x=1")
    assert (await client.get("/")).status_code == 200


@pytest.mark.parametrize(
    "goal",
    [
        "//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "evil", "", "/login",
        "/logout", "/a\nb", "/" + "a" * 5000, "/fragments/nodes", "\t//evil.example", "///evil.example",
    ],
)  # fmt: skip
async def test_nobody_is_sent_on_to_another_place(rig: Rig, goal: str) -> None:
    await rig.user("ann")
    response = await rig.client().post("/login", form={"name": "ann", "password": PASSWORD, "next": goal})
    assert response.headers["Location"] == "/"


async def test_a_program_is_told_how_to_come_in(rig: Rig) -> None:
    for path in ("/api/v1/nodes", "/metrics"):
        response = await rig.client().get(path)
        assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert response.content_type == "application/problem+json"


async def test_a_fragment_that_is_polled_after_the_login_is_over_leads_to_the_login(rig: Rig) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/nodes/a"}
    response = await rig.client().get("/fragments/nodes", headers=headers)
    assert (response.status_code, response.headers["HX-Redirect"]) == (401, "/login?next=/nodes/a")
    headers["HX-Current-URL"] = "http://evil.example//evil.example"
    response = await rig.client().get("/fragments/nodes", headers=headers)
    assert response.headers["HX-Redirect"] == "/login"


async def test_a_form_sent_after_the_login_is_over_changes_nothing_and_says_so(rig: Rig) -> None:
    response = await rig.client().post("/access/users", form={"name": "x", "role": "viewer", "password": PASSWORD})
    assert response.status_code == 401
    assert "Nothing was changed" in words(await response.get_data(as_text=True))
    assert await rig.access.people.all() == []


async def test_the_cookie_is_for_this_host_alone_and_for_no_script(rig: Rig) -> None:
    await rig.user("ann")
    form = {"name": "ann", "password": PASSWORD}
    plain = (await rig.client().post("/login", form=form)).headers["Set-Cookie"]
    assert plain.startswith("gobs=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(plain.split("; "))
    assert "Domain" not in plain
    assert "Secure" not in plain
    encrypted = (await rig.client().post("/login", form=form, scheme="https")).headers["Set-Cookie"]
    assert encrypted.startswith("__Host-gobs=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Secure"} <= set(encrypted.split("; "))
    assert "Domain" not in encrypted


async def test_over_tls_a_cookie_that_a_plain_page_could_have_set_is_not_believed(rig: Rig) -> None:
    await rig.user("ann")
    shown = cookie_of(await rig.logged_in("ann"))
    assert shown is not None
    other = rig.client()
    show(other, shown)
    assert (await other.get("/")).status_code == 200
    assert (await other.get("/", scheme="https")).status_code == 303


async def test_what_is_kept_is_not_what_is_shown(rig: Rig) -> None:
    await rig.user("ann")
    shown = cookie_of(await rig.logged_in("ann"))
    rows = await rig.store.do(_everything)
    assert shown
    assert rows
    assert shown not in repr(rows)
    assert PASSWORD not in repr(rows)


async def _everything() -> list[object]:
    from gobs_server.db.people import Session, User

    return [*await Session.all().values(), *await User.all().values()]


async def test_the_login_is_another_one_every_time_and_the_one_before_is_over(rig: Rig) -> None:
    await rig.user("ann")
    client = await rig.logged_in("ann")
    first = cookie_of(client)
    await client.post("/login", form={"name": "ann", "password": PASSWORD})
    assert cookie_of(client) not in {None, first}
    old = rig.client()
    show(old, first or "")
    assert (await old.get("/")).status_code == 303
    assert len(await rig.access.logins.all()) == 1


async def test_a_login_that_somebody_planted_is_never_taken_up(rig: Rig) -> None:
    await rig.user("ann")
    client = rig.client()
    show(client, "planted-by-an-attacker")
    await client.post("/login", form={"name": "ann", "password": PASSWORD})
    thief = rig.client()
    show(thief, "planted-by-an-attacker")
    assert (await thief.get("/")).status_code == 303


async def test_logging_out_ends_it_on_the_server_too(rig: Rig) -> None:
    await rig.user("ann")
    client = await rig.logged_in("ann")
    shown = cookie_of(client)
    assert (await client.post("/logout")).headers["Location"] == "/login"
    assert cookie_of(client) in {None, ""}
    thief = rig.client()
    show(thief, shown or "")
    assert (await thief.get("/")).status_code == 303
    assert (await rig.client().post("/logout")).status_code == 303


async def test_a_login_without_a_request_ends_after_a_while(rig: Rig) -> None:
    await rig.user("ann")
    client = await rig.logged_in("ann")
    for _ in range(3):
        rig.clock.move(11 * HOUR)
        assert (await client.get("/")).status_code == 200
        await rig.access.write()
    rig.clock.move(12 * HOUR)
    assert (await client.get("/")).status_code == 303


async def test_a_login_ends_in_the_end_however_much_it_is_used(rig: Rig) -> None:
    await rig.user("ann")
    client = await rig.logged_in("ann")
    for _ in range(6 * 4 + 3):
        rig.clock.move(6 * HOUR)
        assert (await client.get("/")).status_code == 200
    rig.clock.move(6 * HOUR)
    assert (await client.get("/")).status_code == 303
    await rig.access.write()
    assert await rig.store.do(_count) == 0


async def _count() -> int:
    from gobs_server.db.people import Session

    return await Session.all().count()


async def test_when_a_login_was_last_seen_outlives_the_server(either: Rig) -> None:
    await either.user("ann")
    client = await either.logged_in("ann")
    either.clock.move(HOUR)
    await client.get("/")
    await either.access.write()
    either.access.logins._seen.clear()
    either.access.logins.forget()
    either.clock.move(11.5 * HOUR)
    assert (await client.get("/")).status_code == 200


async def test_an_account_has_so_many_logins_and_no_more(rig: Rig) -> None:
    who = await rig.user("ann")
    for _ in range(_MOST_OF_ONE + 3):
        await rig.access.logins.begin(who, "password", "10.0.0.1", "a browser")
    assert len(await rig.access.logins.all()) == _MOST_OF_ONE


@pytest.mark.parametrize(("name", "password"), [("ann", "wrong"), ("nobody", PASSWORD), ("", ""), ("ann", "x" * 9999)])
async def test_what_is_wrong_is_not_said(rig: Rig, name: str, password: str) -> None:
    await rig.user("ann")
    response = await rig.client().post("/login", form={"name": name, "password": password})
    assert response.status_code == 401
    assert "Name or password is wrong." in words(await response.get_data(as_text=True))
    assert "Set-Cookie" not in response.headers


async def test_the_same_work_is_done_whatever_is_wrong(rig: Rig) -> None:
    """Counted, not timed: one hash for every answer that a name could give away."""
    await rig.user("ann")
    await rig.user("gone")
    await rig.access.people.create("without", "viewer", None, "oidc")
    await rig.access.acts.change_user(ROOT, "gone", disabled=True)
    for name in ("ann", "nobody", "gone", "without", "'; DROP TABLE person; --", "\0", "ann\u200b"):
        before = rig.access.passwords.checked
        response = await rig.client().post("/login", form={"name": name, "password": "wrong"})
        assert response.status_code == 401
        assert rig.access.passwords.checked == before + 1, name
        rig.clock.move(HOUR + 1)


async def test_who_guesses_has_to_wait_and_costs_nothing_meanwhile(rig: Rig) -> None:
    await rig.user("ann")
    client = rig.client()
    for _ in range(FREE):
        assert (await client.post("/login", form={"name": "ann", "password": "wrong"})).status_code == 401
    checked = rig.access.passwords.checked
    response = await client.post("/login", form={"name": "ann", "password": PASSWORD})
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) >= 1
    assert rig.access.passwords.checked == checked
    rig.clock.move(2)
    assert (await client.post("/login", form={"name": "ann", "password": PASSWORD})).status_code == 303


async def test_refused_logins_are_recorded_and_passwords_are_not(rig: Rig) -> None:
    await rig.user("ann")
    await rig.client().post("/login", form={"name": "ann", "password": "guessed wrongly"})
    await rig.logged_in("ann")
    assert (await rig.actions())[1:] == [("", "login.refused", "ann"), ("ann", "login.begin", "ann")]
    assert "guessed wrongly" not in repr(await rig.access.audit.find())


async def test_a_form_of_another_kind_is_refused(rig: Rig) -> None:
    response = await rig.client().post("/login", json={"name": "ann", "password": PASSWORD})
    assert response.status_code == 415


async def test_a_database_that_is_down_lets_nobody_in_and_keeps_out_nobody_who_is_in(rig: Rig) -> None:
    await rig.user("ann")
    client = await rig.logged_in("ann")
    assert (await client.get("/")).status_code == 200
    rig.store._models = None
    rig.store.fault = "ConnectionError: of db.example"
    rig.clock.move(600)
    assert (await client.get("/")).status_code == 200
    assert (await rig.client().post("/login", form={"name": "ann", "password": PASSWORD})).status_code == 503
    stranger = rig.client()
    show(stranger, "somebody-else")
    response = await stranger.get("/api/v1/nodes")
    assert response.status_code == 503
    assert "db.example" not in await response.get_data(as_text=True)
    rig.clock.move(600)
    assert (await client.get("/")).status_code == 503
