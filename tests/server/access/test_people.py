"""Accounts: made, changed and removed, at once in effect, on both kinds of database; the last administrator stays."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from gobs_server.access.login import WeakPassword
from gobs_server.access.passwords import _MOST_WAITING, Busy, Passwords
from gobs_server.access.people import Impossible, NoSuchPerson
from gobs_server.actor import Actor
from gobs_server.db import Address
from gobs_server.db.people import Session, Token, User
from tests.server.access.rig import CHEAP, PASSWORD, ROOT, Rig, bearer, rig_over


async def test_an_account_is_made_changed_and_removed_with_all_that_is_its(either: Rig) -> None:
    await either.user("root", "administrator")
    who = await either.user("Ann")
    assert (who.name, who.role, who.disabled) == ("ann", "viewer", False)
    assert (await either.access.people.get("ANN")).id == who.id
    await either.logged_in("ann")
    await either.token("read", owner=who)
    changed = await either.access.acts.change_user(ROOT, "ann", role="operator")
    assert changed.role == "operator"
    await either.access.acts.remove_user(ROOT, "ann")
    assert await either.access.people.find("ann") is None
    left = await either.store.do(_counts)
    assert left == (1, 0, 0)


async def _counts() -> tuple[int, int, int]:
    return await User.all().count(), await Session.all().count(), await Token.all().count()


async def test_of_two_with_one_name_the_second_is_refused(either: Rig) -> None:
    await either.user("ann")
    for name in ("ann", "ANN", " ann "):
        with pytest.raises(Impossible, match="somebody is named 'ann' already"):
            await either.user(name)


@pytest.mark.parametrize("name", ["", " ", "a b", "<b>", "a/b", "é", "a" * 101, "a\0b", "a\nb", "\u202e"])
async def test_a_name_that_could_be_taken_for_another_is_refused(rig: Rig, name: str) -> None:
    with pytest.raises(Impossible):
        await rig.user(name)


@pytest.mark.parametrize("password", ["", "short", "x" * 257])
async def test_a_password_that_is_soon_guessed_is_refused(rig: Rig, password: str) -> None:
    with pytest.raises(WeakPassword, match="12 to 256"):
        await rig.user("ann", password=password)


@pytest.mark.parametrize(
    "password", ["пароль из слов", "\U0001f511" * 12, "x" * 256, "spaces  inside ", "null\0inside the word"]
)
async def test_any_other_password_lets_in(rig: Rig, password: str) -> None:
    await rig.user("ann", password=password)
    await rig.logged_in("ann", password)


@pytest.mark.parametrize("what", ["role", "disabled", "remove"])
async def test_the_last_administrator_stays(rig: Rig, what: str) -> None:
    await rig.user("root", "administrator")
    await rig.user("ann", "operator")
    gone = await rig.user("gone", "administrator")
    await rig.access.acts.change_user(ROOT, gone.name, disabled=True)
    acts: dict[str, Callable[[], Awaitable[object]]] = {
        "role": lambda: rig.access.acts.change_user(ROOT, "root", role="viewer"),
        "disabled": lambda: rig.access.acts.change_user(ROOT, "root", disabled=True),
        "remove": lambda: rig.access.acts.remove_user(ROOT, "root"),
    }
    with pytest.raises(Impossible, match="last administrator"):
        await acts[what]()
    await rig.access.acts.change_user(ROOT, "ann", role="administrator")
    await rig.access.acts.remove_user(ROOT, "root")


async def test_a_letter_is_the_same_however_a_keyboard_puts_it_together(rig: Rig) -> None:
    await rig.user("ann", password="caf\u00e9 au lait")
    await rig.logged_in("ann", "cafe\u0301 au lait")


async def test_two_who_remove_each_other_at_once_leave_one(rig: Rig) -> None:
    await rig.user("a", "administrator")
    await rig.user("b", "administrator")
    outcomes = await asyncio.gather(*(rig.access.acts.remove_user(ROOT, name) for name in "ab"), return_exceptions=True)
    assert sorted(isinstance(one, Impossible) for one in outcomes) == [False, True]


async def test_what_is_changed_holds_at_the_next_request(rig: Rig) -> None:
    await rig.user("root", "administrator")
    who = await rig.user("ann", "operator")
    client, token = await rig.logged_in("ann"), await rig.token("operate", owner=who)
    program = rig.client()

    async def roles() -> tuple[str, str]:
        first = await (await client.get("/api/v1/me")).get_json()
        second = await (await program.get("/api/v1/me", headers=bearer(token))).get_json()
        return first["role"], second["role"]

    assert await roles() == ("operator", "operator")
    await rig.access.acts.change_user(ROOT, "ann", role="viewer")
    assert await roles() == ("viewer", "viewer")
    await rig.access.acts.change_user(ROOT, "ann", disabled=True)
    assert (await client.get("/api/v1/me")).status_code == 401
    assert (await program.get("/api/v1/me", headers=bearer(token))).status_code == 401
    await rig.access.acts.change_user(ROOT, "ann", disabled=False)
    assert (await client.get("/api/v1/me")).status_code == 401, "logins that were ended stay ended"
    assert (await program.get("/api/v1/me", headers=bearer(token))).status_code == 200


async def test_another_password_ends_all_logins(rig: Rig) -> None:
    await rig.user("ann")
    client = await rig.logged_in("ann")
    await rig.access.acts.set_password(ROOT, "ann", "another good password")
    assert (await client.get("/")).status_code == 303
    await rig.logged_in("ann", "another good password")


@pytest.mark.parametrize("source", ["settings", "oidc"])
async def test_a_password_that_is_kept_elsewhere_is_not_changed_here(rig: Rig, source: str) -> None:
    await rig.access.people.create("ann", "viewer", None, source)  # type: ignore[arg-type]
    with pytest.raises(Impossible, match="changed there"):
        await rig.access.acts.set_password(ROOT, "ann", PASSWORD)


async def test_the_role_of_who_comes_from_a_provider_is_decided_there(rig: Rig) -> None:
    await rig.access.people.arrived("issuer 7", "ann", "viewer")
    with pytest.raises(Impossible, match="groups"):
        await rig.access.acts.change_user(ROOT, "ann", role="administrator")
    await rig.access.acts.change_user(ROOT, "ann", disabled=True)


async def test_nobody_is_found_by_a_name_that_is_none(rig: Rig) -> None:
    for name in ("nobody", "\0", "\ud800", "x" * 5000, "' OR 1=1 --", "%"):
        with pytest.raises(NoSuchPerson):
            await rig.access.people.get(name)


async def test_passwords_that_are_checked_at_once_wait_for_each_other_and_no_more_than_a_few(rig: Rig) -> None:
    passwords = Passwords(CHEAP)
    waiting = [asyncio.create_task(passwords.hash("x" * 20)) for _ in range(_MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await passwords.hash("y" * 20)
    assert len(set(await asyncio.gather(*waiting))) == _MOST_WAITING
    assert await passwords.matches(await passwords.hash("y" * 20), "y" * 20)
    passwords.close()


@pytest.mark.parametrize("kept", [None, "", "x", "$argon2id$v=19$m=8,t=1,p=1$broken", "$2b$12$abcdefghijklmnopqrstuv"])
async def test_what_is_no_hash_matches_no_password(kept: str | None) -> None:
    passwords = Passwords(CHEAP)
    assert not await passwords.matches(kept, "nobody's")
    assert not await passwords.matches(kept, "")
    assert passwords.checked == 2
    passwords.close()


async def test_a_hash_of_less_work_is_made_anew_at_the_next_login(rig: Rig) -> None:
    await rig.user("ann")
    before = (await rig.access.people.get("ann")).password
    rig.access.passwords._hasher = type(CHEAP)(time_cost=2, memory_cost=16, parallelism=1)
    await rig.logged_in("ann")
    after = (await rig.access.people.get("ann")).password
    assert after != before
    await rig.logged_in("ann")
    assert (await rig.access.people.get("ann")).password == after


async def test_the_administrator_of_the_settings_is_made_and_kept_in_step(database: Address) -> None:
    for password, done in (("the first password", ["user.created"]), ("the second password", ["user.changed"])):
        async with rig_over(database, access={"admin_password": password, "admin": "Boss"}) as rig:
            links: list[str] = []
            await rig.access._first_administrator(links.append)
            await rig.access._first_administrator(links.append)
            assert links == []
            assert [action for _, action, _ in await rig.actions()][-1:] == done
            client = await rig.logged_in("boss", password)
            assert (await (await client.get("/api/v1/me")).get_json())["role"] == "administrator"
            with pytest.raises(Impossible):
                await rig.access.acts.set_password(ROOT, "boss", PASSWORD)


async def test_whoever_was_made_by_the_settings_and_locked_out_is_let_in_at_the_next_start(database: Address) -> None:
    settings = {"admin_password": "the first password"}
    async with rig_over(database, access=settings) as rig:
        await rig.access._first_administrator(print)
        await rig.user("other", "administrator")
        await rig.access.acts.change_user(ROOT, "admin", disabled=True)
    async with rig_over(database, access=settings) as rig:
        await rig.access._first_administrator(print)
        await rig.logged_in("admin", "the first password")


async def test_a_record_tells_what_changed_and_never_a_password(rig: Rig) -> None:
    await rig.user("ann")
    await rig.access.acts.change_user(ROOT, "ann", role="operator")
    await rig.access.acts.change_user(ROOT, "ann", role="operator")
    await rig.access.acts.set_password(ROOT, "ann", "another good password")
    found = list(reversed(await rig.access.audit.find()))
    assert [entry.action for entry in found] == ["user.create", "user.change", "user.password"]
    assert (found[1].before or {})["role"] == "viewer"
    assert (found[1].after or {})["role"] == "operator"
    assert PASSWORD not in repr(found)
    assert "another good password" not in repr(found)


async def test_a_token_makes_no_tokens_unless_it_may_everything_about_access(rig: Rig) -> None:
    who = await rig.user("ann", "administrator")
    weak = Actor("t", "viewer", "token", via="token 1")
    with pytest.raises(Impossible, match="a token makes no tokens"):
        await rig.access.acts.create_token(weak, "more", ["read"], who, None)
