"""The small parts: what tokens look like, what scopes mean, where a request came from, who has to log in."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers

from gobs_server.access.credentials import PREFIX, digest, hint, new_token, well_formed
from gobs_server.access.kept import FRESH, GRACE, Kept
from gobs_server.access.origin import Origins, is_loopback
from gobs_server.access.policy import asks, names
from gobs_server.access.scopes import ALL, AREAS, faults, powers
from gobs_server.access.times import storable
from gobs_server.access_settings import RoleSettings
from gobs_server.actor import Actor, Grant, Role
from gobs_server.db import Unavailable
from gobs_server.local_socket import LOCAL
from gobs_server.web.access.forms import goal, seconds_of_days
from tests.server.access.rig import settings_of
from tests.server.feeding import HeldClock


def test_a_token_is_found_by_scanners_and_checked_without_a_database() -> None:
    tokens = {new_token() for _ in range(200)}
    assert len(tokens) == 200
    for token in tokens:
        assert re.fullmatch(r"gobs_[0-9A-Za-z]{46}", token)
        assert well_formed(token)
        assert token.startswith(hint(token).rstrip("…"))
        assert len(hint(token)) < 12
        assert digest(token) != token


@given(st.text())
def test_what_is_no_token_is_known_not_to_be(text: str) -> None:
    assert not well_formed(text)
    assert not well_formed(PREFIX + text)


def test_a_token_that_was_mistyped_anywhere_is_known_not_to_be_one() -> None:
    token = new_token()
    for place in range(len(PREFIX), len(token)):
        other = "a" if token[place] != "a" else "b"
        assert not well_formed(token[:place] + other + token[place + 1 :])
        assert not well_formed(token[:place])


@pytest.mark.parametrize(
    ("scopes", "most", "role", "grants"),
    [
        (["read"], "administrator", "viewer", ()),
        (["read", "operate"], "administrator", "operator", ()),
        (["admin"], "operator", "operator", ()),
        (["admin"], "viewer", "viewer", ()),
        (["admin"], "public", "public", ()),
        (["read:metrics"], "administrator", "public", (Grant("viewer", "metrics"),)),
        (["admin:alerts"], "viewer", "public", (Grant("viewer", "alerts"),)),
        (["everything", "read:", ":metrics", ""], "administrator", "public", ()),
    ],
)
def test_scopes_give_what_they_say_and_no_more_than_the_owner_may(
    scopes: list[str], most: Role, role: Role, grants: tuple[Grant, ...]
) -> None:
    assert powers(scopes, most) == (role, grants)


def test_every_scope_there_is() -> None:
    assert len(ALL) == 3 * (1 + len(AREAS))
    assert faults(ALL) == []
    (said,) = faults(["raed"])
    assert "did you mean 'read'" in said


def of(peer: str | None, networks: tuple[str, ...] = (), scheme: str = "http", **headers: str) -> tuple[object, ...]:
    scope = {"client": None if peer is None else (peer, 1), "scheme": scheme}
    given = Headers([(name.replace("_", "-"), value) for name, value in headers.items()])
    return tuple(Origins(networks).of(scope, given))


PROXIES = ("10.1.0.0/16", "fd00::/8")


@pytest.mark.parametrize(
    ("peer", "said", "address"),
    [
        ("10.1.0.5", "203.0.113.9", "203.0.113.9"),
        ("10.1.0.5", "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("10.1.0.5", "203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("10.1.0.5", "203.0.113.9:4711", "203.0.113.9"),
        ("10.1.0.5", "[2001:db8::1]:4711", "2001:db8::1"),
        ("fd00::1", "203.0.113.9", "203.0.113.9"),
        ("::ffff:10.1.0.5", "203.0.113.9", "203.0.113.9"),
        ("10.1.0.5", "nonsense", "10.1.0.5"),
        ("10.1.0.5", "203.0.113.9, nonsense", "10.1.0.5"),
        ("10.1.0.5", "10.1.2.3, 10.1.2.4", "10.1.2.3"),
        ("10.1.0.5", "", "10.1.0.5"),
        ("10.2.0.5", "203.0.113.9", "10.2.0.5"),
        ("203.0.113.1", "10.1.0.5", "203.0.113.1"),
    ],
)
def test_an_address_is_believed_of_proxies_alone_and_only_what_they_wrote(peer: str, said: str, address: str) -> None:
    assert of(peer, PROXIES, X_Forwarded_For=said)[0] == address


@pytest.mark.parametrize(
    ("peer", "scheme", "said", "encrypted"),
    [
        ("10.1.0.5", "http", "https", True),
        ("10.1.0.5", "http", "http, https", True),
        ("10.1.0.5", "http", "https, http", False),
        ("10.2.0.5", "http", "https", False),
        ("10.2.0.5", "https", "http", True),
    ],
)
def test_encryption_is_believed_of_proxies_alone(peer: str, scheme: str, said: str, encrypted: bool) -> None:
    assert of(peer, PROXIES, scheme, X_Forwarded_Proto=said)[1] is encrypted


def test_a_client_that_is_gone_before_it_is_looked_at_is_nobody_special() -> None:
    assert of(None, PROXIES)[:3] == ("", False, False)
    origin = Origins(()).of({"client": None, LOCAL: True, "scheme": "http"}, Headers())
    assert origin.local
    assert not Origins(()).of({"client": None, "scheme": "http"}, Headers()).local


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("::ffff:127.0.0.1", True),
     ("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("", False), ("localhost.evil.example", False)],
)  # fmt: skip
def test_what_is_this_machine_to_itself(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    ("settings", "login"),
    [
        ({"http": "127.0.0.1:8080"}, False),
        ({"http": "[::1]:8080"}, False),
        ({"http": "localhost:8080"}, False),
        ({"http": "127.0.0.1:8080", "url": "http://localhost:8080"}, False),
        ({"http": "0.0.0.0:8080"}, True),
        ({"http": "[::]:8080"}, True),
        ({"http": "10.0.0.1:8080"}, True),
        ({"http": "gobs.example:8080"}, True),
        ({"http": "127.0.0.1:8080", "url": "https://gobs.example"}, True),
        ({"http": "127.0.0.1:8080", "allowed_hosts": "gobs.example"}, True),
        ({"http": "127.0.0.1:8080", "access": {"login": "always"}}, True),
        ({"http": "127.0.0.1:8080", "access": {"admin_password": "long enough, this"}}, True),
        ({"http": "127.0.0.1:8080", "proxy": {"networks": ("10.0.0.0/8",)}}, True),
    ],
)
def test_who_has_to_log_in_follows_from_where_it_listens_and_who_comes(
    settings: dict[str, object], login: bool
) -> None:
    assert asks(settings_of(**settings)) is login


def test_the_name_of_the_pages_is_allowed() -> None:
    assert names(settings_of(url="https://gobs.example:8443", allowed_hosts="a, b")) == ["a", " b", "gobs.example:8443"]


def test_a_role_is_the_highest_that_is_due() -> None:
    settings = RoleSettings(administrators=("root", "user:ann"), operators=("ops",), viewers=("all",))
    assert settings.role("ben", frozenset({"ops", "all"})) == "operator"
    assert settings.role("ann", frozenset({"ops"})) == "administrator"
    assert settings.role("root", frozenset()) is None
    assert RoleSettings(others="viewer").role("x", frozenset()) == "viewer"


@given(st.text(), st.integers(0, 50))
def test_any_text_can_be_kept(text: str, most: int) -> None:
    kept = storable(text, most)
    assert len(kept) <= most
    assert "\0" not in kept
    kept.encode()


@given(st.text())
def test_a_goal_is_a_path_of_this_server(text: str) -> None:
    found = goal(text)
    assert found.startswith("/")
    assert not found.startswith(("//", "/\\"))
    assert found in {"/", text}


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "9999999999999", "x", "\u0663", "1e3"])
def test_days_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="days are"):
        seconds_of_days(text)
    assert seconds_of_days("") is None
    assert seconds_of_days(" 7 ") == 7 * 86400


async def test_what_the_database_said_holds_for_a_moment_and_longer_while_it_is_silent() -> None:
    clock, asked = HeldClock(), [0]
    kept: Kept[str] = Kept(clock, most=2)

    async def ask() -> str:
        asked[0] += 1
        return f"answer {asked[0]}"

    async def fail() -> str:
        raise Unavailable("no")

    assert await kept.get("k", ask) == await kept.get("k", ask) == "answer 1"
    clock.move(FRESH + 1)
    assert await kept.get("k", ask) == "answer 2"
    clock.move(GRACE - 1)
    assert await kept.get("k", fail) == "answer 2"
    clock.move(2)
    with pytest.raises(Unavailable):
        await kept.get("k", fail)
    await kept.get("a", ask)
    await kept.get("b", ask)
    with pytest.raises(Unavailable):
        await kept.get("k", fail)


async def test_an_answer_from_before_a_change_is_not_kept_after_it() -> None:
    clock = HeldClock()
    kept: Kept[str] = Kept(clock)

    async def ask() -> str:
        kept.forget()
        return "old"

    async def anew() -> str:
        return "new"

    assert await kept.get("k", ask) == "old"
    assert await kept.get("k", anew) == "new"


@pytest.mark.parametrize(
    ("actor", "standing"),
    [
        (Actor("a", "viewer", "user"), "viewer"),
        (Actor("b", "viewer", "token"), "viewer"),
        (Actor("", "viewer", "anonymous"), "anonymous viewer"),
        (Actor("", "public", "anonymous"), "anonymous public"),
    ],
)
def test_a_standing_is_shared_by_those_who_see_the_same(actor: Actor, standing: str) -> None:
    assert actor.standing == standing
