"""Logging in at a provider: what works, and everything a provider or a browser could say that must not."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey, Key
from quart import Response
from quart.typing import TestClientProtocol as Client

from gobs_core import Secret
from gobs_server.access.oidc import CALLBACK
from gobs_server.db import Address
from tests.server.access.rig import PASSWORD, ROOT, Rig, cookie_of, rig_over, show, words
from tests.server.feeding import HeldClock
from tests.support.oidc import CLIENT, SECRET, Provider, forged, provider, query_of, rsa_key

URL = "https://gobs.example"
HOUR = 3601.0


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
async def there(tmp_path: Path, clock: HeldClock) -> AsyncIterator[tuple[Provider, Path]]:
    async with provider(tmp_path, clock.wall) as found:
        yield found


@pytest.fixture
async def rig(database: Address, clock: HeldClock, there: tuple[Provider, Path]) -> AsyncIterator[Rig]:
    made, trusted = there
    settings = {
        "issuer": made.issuer,
        "client_id": CLIENT,
        "client_secret": Secret(SECRET),
        "ca_file": str(trusted),
        "operators": ("ops",),
        "administrators": ("admins", "user:Root"),
        "viewers": ("everybody",),
    }
    async with rig_over(database, clock, url=URL, oidc=settings) as rig:
        yield rig


@pytest.fixture
def theirs(there: tuple[Provider, Path]) -> Provider:
    return there[0]


async def leave(rig: Rig, client: Client, path: str = "/login/oidc") -> str:
    """Begin to log in; the address the browser is sent to."""
    response = await client.get(path, scheme="https", headers={"Host": "gobs.example"})
    assert response.status_code == 303, words(await response.get_data(as_text=True))
    return str(response.headers["Location"])


async def away(there: tuple[Provider, Path], url: str) -> str:
    """Log in at the provider; the address the browser is sent back to."""
    async with httpx.AsyncClient(verify=ssl.create_default_context(cafile=str(there[1]))) as browser:
        return str((await browser.get(url)).headers["Location"])


async def back(client: Client, url: str) -> Any:
    """Come back with what the provider sent along."""
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}"
    return await client.get(path, scheme="https", headers={"Host": "gobs.example"})


async def whole(rig: Rig, there: tuple[Provider, Path], client: Client | None = None, path: str = "/login/oidc") -> Any:
    """Log in from the first click to the last redirect."""
    client = client or rig.client()
    return await back(client, await away(there, await leave(rig, client, path)))


async def me(client: Client) -> Any:
    return await (await client.get("/api/v1/me", scheme="https", headers={"Host": "gobs.example"})).get_json()


async def test_somebody_whom_the_provider_knows_comes_in_with_the_role_of_the_groups(
    rig: Rig, there: tuple[Provider, Path]
) -> None:
    client = rig.client()
    response = await whole(rig, there, client, "/login/oidc?next=/nodes/a")
    assert (response.status_code, response.headers["Location"]) == (303, "/nodes/a")
    found = await me(client)
    assert (found["name"], found["role"], found["kind"]) == ("jane", "operator", "user")
    assert ("jane", "login.begin", "jane") in await rig.actions()
    assert response.headers.getlist("Set-Cookie")[0].startswith("__Host-gobs=")


async def test_the_page_offers_it(rig: Rig) -> None:
    page = await (await rig.client().get("/login")).get_data(as_text=True)
    assert "Log in with single sign-on" in words(page)


@pytest.mark.parametrize(
    ("person", "role"),
    [
        ({"groups": ["admins", "ops"]}, "administrator"),
        ({"groups": "ops"}, "operator"),
        ({"groups": ["everybody", 7, None, {"a": 1}]}, "viewer"),
        ({"preferred_username": "Root", "groups": []}, "administrator"),
    ],
)
async def test_the_highest_of_the_groups_roles_counts(
    rig: Rig, there: tuple[Provider, Path], theirs: Provider, person: dict[str, Any], role: str
) -> None:
    theirs.person |= person
    client = rig.client()
    assert (await whole(rig, there, client)).status_code == 303
    assert (await me(client))["role"] == role


@pytest.mark.parametrize(
    "person",
    [{"groups": []}, {"groups": ["others"]}, {"groups": {"ops": True}}, {"groups": None}, {"groups": ["user:Root"]}],
)
async def test_who_is_in_no_group_is_not_let_in_and_told_whom_to_ask(
    rig: Rig, there: tuple[Provider, Path], theirs: Provider, person: dict[str, Any]
) -> None:
    theirs.person |= person
    response = await whole(rig, there)
    assert response.status_code == 403
    assert "Ask an administrator" in words(await response.get_data(as_text=True))
    assert ("Jane", "login.refused", "Jane") in await rig.actions()
    assert await rig.access.people.all() == []


async def test_a_role_follows_the_groups_at_the_next_login(
    rig: Rig, there: tuple[Provider, Path], theirs: Provider
) -> None:
    await whole(rig, there)
    theirs.person["groups"] = ["everybody"]
    client = rig.client()
    await whole(rig, there, client)
    assert (await me(client))["role"] == "viewer"
    assert len(await rig.access.people.all()) == 1


async def test_who_was_disabled_here_stays_out(rig: Rig, there: tuple[Provider, Path]) -> None:
    await whole(rig, there)
    await rig.access.acts.change_user(ROOT, "jane", disabled=True)
    assert (await whole(rig, there)).status_code == 403


async def test_a_name_of_the_provider_never_passes_for_an_account_of_this_server(
    rig: Rig, there: tuple[Provider, Path], theirs: Provider
) -> None:
    await rig.user("root", "administrator")
    theirs.person |= {"preferred_username": "ROOT", "groups": ["everybody"]}
    client = rig.client()
    await whole(rig, there, client)
    found = await me(client)
    assert found["name"].startswith("root~")
    assert found["role"] == "viewer"
    assert (await rig.access.people.get("root")).source == "local"


async def test_any_name_is_text(rig: Rig, there: tuple[Provider, Path], theirs: Provider) -> None:
    for name in ("<script>alert(1)</script>", "a" * 5000, "\u202eevil", "", 7, None, "a\0b"):
        theirs.person |= {"sub": f"of {name!r:.100}", "preferred_username": name, "groups": ["admins"]}
        client = rig.client()
        assert (await whole(rig, there, client)).status_code == 303
        page = await (await client.get("/access/users", scheme="https", headers={"Host": "gobs.example"})).get_data()
        assert b"<script>alert" not in page


async def test_groups_that_are_only_told_on_request_are_asked_for(
    rig: Rig, there: tuple[Provider, Path], theirs: Provider
) -> None:
    del theirs.person["groups"]
    theirs.userinfo = {"sub": "248289", "groups": ["admins"]}
    client = rig.client()
    await whole(rig, there, client)
    assert (await me(client))["role"] == "administrator"


@pytest.mark.parametrize("methods", [None, ["client_secret_basic"], ["client_secret_post"], ["private_key_jwt"]])
async def test_the_client_shows_its_secret_as_the_provider_wants_it(
    rig: Rig, there: tuple[Provider, Path], theirs: Provider, methods: list[str] | None
) -> None:
    theirs.methods = methods
    assert (await whole(rig, there)).status_code == 303


@pytest.mark.parametrize(
    "made",
    [lambda: ECKey.generate_key("P-256", {"kid": "ec"}), lambda: rsa_key("")],
    ids=["of an elliptic curve", "without a name"],
)
async def test_other_kinds_of_keys_are_understood(
    rig: Rig, there: tuple[Provider, Path], theirs: Provider, made: Callable[[], Key]
) -> None:
    theirs.keys = [made()]
    assert (await whole(rig, there)).status_code == 303


async def test_a_provider_may_change_its_keys(
    rig: Rig, there: tuple[Provider, Path], theirs: Provider, clock: HeldClock
) -> None:
    await whole(rig, there)
    theirs.keys = [rsa_key("two")]
    assert (await whole(rig, there)).status_code == 502, "keys are not asked for again and again"
    clock.move(61)
    assert (await whole(rig, there)).status_code == 303


async def test_what_a_provider_says_of_itself_is_asked_for_once(rig: Rig, there: tuple[Provider, Path]) -> None:
    for _ in range(3):
        await whole(rig, there)
    assert there[0].asked.count("GET /.well-known/openid-configuration") == 1
    assert there[0].asked.count("GET /keys") == 1


LIES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "of another provider": lambda claims: {**claims, "iss": "https://evil.example"},
    "without an issuer": lambda claims: {k: v for k, v in claims.items() if k != "iss"},
    "for another client": lambda claims: {**claims, "aud": "another"},
    "for several, given to another": lambda claims: {**claims, "aud": [CLIENT, "another"], "azp": "another"},
    "for several, given to nobody": lambda claims: {**claims, "aud": [CLIENT, "another"]},
    "for nobody": lambda claims: {**claims, "aud": []},
    "expired": lambda claims: {**claims, "exp": claims["iat"] - 61},
    "for ever": lambda claims: {k: v for k, v in claims.items() if k != "exp"},
    "expiring at a word": lambda claims: {**claims, "exp": "tomorrow"},
    "of tomorrow": lambda claims: {**claims, "iat": claims["iat"] + 3600},
    "not yet good": lambda claims: {**claims, "nbf": claims["iat"] + 3600},
    "of another login": lambda claims: {**claims, "nonce": "another"},
    "without a login": lambda claims: {k: v for k, v in claims.items() if k != "nonce"},
    "about nobody": lambda claims: {k: v for k, v in claims.items() if k != "sub"},
    "about an empty name": lambda claims: {**claims, "sub": ""},
    "about a number": lambda claims: {**claims, "sub": 7},
    "about a very long name": lambda claims: {**claims, "sub": "x" * 300},
}


async def test_a_token_that_lies_lets_nobody_in(rig: Rig, there: tuple[Provider, Path], theirs: Provider) -> None:
    for lie, theirs.claims in LIES.items():
        response = await whole(rig, there)
        assert response.status_code == 502, lie
        assert "did not work" in words(await response.get_data(as_text=True))
        rig.clock.move(HOUR)
    assert await rig.access.people.all() == []


async def test_a_clock_that_is_off_by_less_than_a_minute_is_forgiven(
    rig: Rig, there: tuple[Provider, Path], theirs: Provider, clock: HeldClock
) -> None:
    for skew in (-50.0, 50.0):
        theirs.now = lambda skew=skew: clock.wall() + skew  # type: ignore[misc]
        assert (await whole(rig, there)).status_code == 303


async def test_a_signature_that_is_not_the_providers_lets_nobody_in(
    rig: Rig, there: tuple[Provider, Path], theirs: Provider
) -> None:
    own = rsa_key("one")
    public = own.as_pem(private=False)
    for key, header in ((rsa_key("another"), {"kid": "one"}), (rsa_key("another"), {}), (own, {"crit": ["exp"]})):
        theirs.sign_with, theirs.header = key, header
        assert (await whole(rig, there)).status_code == 502, header
        rig.clock.move(HOUR)
    for header, secret in (
        ({"alg": "none"}, None),
        ({"alg": "none", "kid": "one"}, None),
        ({"alg": "HS256", "kid": "one"}, public),
        ({"alg": "HS256"}, SECRET.encode()),
        ({"alg": "RS256", "kid": "one"}, None),
        ({}, None),
    ):
        theirs.forge = lambda claims, header=header, secret=secret: forged(header, claims, secret)
        assert (await whole(rig, there)).status_code == 502, header
        rig.clock.move(HOUR)
    assert await rig.access.people.all() == []


GIVEN: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "nothing": lambda given: {},
    "no id_token": lambda given: {"access_token": "x"},
    "an id_token that is no text": lambda given: {**given, "id_token": 7},
    "an id_token that is none": lambda given: {**given, "id_token": "a.b.c"},
    "an id_token that was cut": lambda given: {**given, "id_token": given["id_token"][:-20]},
    "an encrypted id_token": lambda given: {**given, "id_token": "a.b.c.d.e"},
}


async def test_an_answer_that_is_none_lets_nobody_in(rig: Rig, there: tuple[Provider, Path], theirs: Provider) -> None:
    for what, theirs.given in GIVEN.items():
        assert (await whole(rig, there)).status_code == 502, what
        rig.clock.move(HOUR)


async def test_userinfo_about_somebody_else_lets_nobody_in(
    rig: Rig, there: tuple[Provider, Path], theirs: Provider
) -> None:
    del theirs.person["groups"]
    theirs.userinfo = {"sub": "another", "groups": ["admins"]}
    assert (await whole(rig, there)).status_code == 502


ANSWERS: dict[str, Callable[[], Response]] = {
    "a page": lambda: Response("<h1>login</h1>", content_type="text/html"),
    "an error": lambda: Response('{"error": "server_error", "error_description": "secret-of-theirs"}', 500),
    "a redirect": lambda: Response("", 302, {"Location": "http://169.254.169.254/latest"}),
    "a list": lambda: Response("[]", content_type="application/json"),
    "two megabytes": lambda: Response(b"{" + b" " * (2 << 20) + b"}"),
    "deep nesting": lambda: Response(b"[" * 100_000),
    "bytes": lambda: Response(b"\xff\xfe"),
    "nothing": lambda: Response(b""),
}


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys"])
async def test_whatever_a_provider_answers_is_refused_in_a_sentence(
    rig: Rig, there: tuple[Provider, Path], theirs: Provider, path: str
) -> None:
    for what, make in ANSWERS.items():
        theirs.answer[path] = make()
        client = rig.client()
        response = await client.get("/login/oidc", scheme="https", headers={"Host": "gobs.example"})
        if response.status_code == 303:
            response = await back(client, await away(there, response.headers["Location"]))
        assert response.status_code == 502, what
        page = await response.get_data(as_text=True)
        assert "the server's log says why" in words(page).replace("&#39;", "'")
        assert "secret-of-theirs" not in page
        rig.clock.move(HOUR)


METADATA: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "another issuer": lambda found: {**found, "issuer": "https://evil.example"},
    "an issuer with a slash": lambda found: {**found, "issuer": found["issuer"] + "/"},
    "a plain token endpoint": lambda found: {**found, "token_endpoint": "http://evil.example/token"},
    "keys in a file": lambda found: {**found, "jwks_uri": "file:///etc/passwd"},
    "a script to go to": lambda found: {**found, "authorization_endpoint": "javascript:alert(1)"},
    "no keys": lambda found: {k: v for k, v in found.items() if k != "jwks_uri"},
}


async def test_a_provider_that_lies_about_itself_is_not_gone_to(rig: Rig, theirs: Provider) -> None:
    for lie, theirs.metadata in METADATA.items():
        response = await rig.client().get("/login/oidc", scheme="https", headers={"Host": "gobs.example"})
        assert response.status_code == 502, lie


async def test_a_provider_that_is_down_keeps_out_nobody_with_a_password(database: Address, clock: HeldClock) -> None:
    settings = {"issuer": "https://127.0.0.1:9", "client_id": CLIENT}
    async with rig_over(database, clock, url=URL, oidc=settings) as rig:
        await rig.user("ann")
        response = await rig.client().get("/login/oidc", headers={"Host": "gobs.example"})
        assert response.status_code == 502
        page = words(await response.get_data(as_text=True))
        assert "127.0.0.1" not in page
        form = {"name": "ann", "password": PASSWORD}
        assert (await rig.client().post("/login", form=form, headers={"Host": "gobs.example"})).status_code == 303


async def test_a_certificate_that_nobody_vouches_for_is_not_believed(
    database: Address, clock: HeldClock, theirs: Provider
) -> None:
    settings = {"issuer": theirs.issuer, "client_id": CLIENT}
    async with rig_over(database, clock, url=URL, oidc=settings) as rig:
        response = await rig.client().get("/login/oidc", headers={"Host": "gobs.example"})
        assert response.status_code == 502
        assert theirs.asked == []


async def test_who_says_no_at_the_provider_is_told_so(rig: Rig, there: tuple[Provider, Path], theirs: Provider) -> None:
    theirs.denied = "access_denied"
    response = await whole(rig, there)
    assert response.status_code == 502
    assert "<b>no</b>" not in await response.get_data(as_text=True)


async def test_what_another_browser_began_is_not_gone_on_with(rig: Rig, there: tuple[Provider, Path]) -> None:
    """Else somebody could log another one in as themselves, and read what that one then does."""
    mine, others = rig.client(), rig.client()
    url = await away(there, await leave(rig, mine))
    assert (await back(others, url)).status_code == 502
    await leave(rig, others)
    assert (await back(others, url)).status_code == 502
    assert (await back(mine, url)).status_code == 303


async def test_a_code_counts_once(rig: Rig, there: tuple[Provider, Path]) -> None:
    client = rig.client()
    url = await away(there, await leave(rig, client))
    carried = cookie_of(client, "__Host-gobs-oidc")
    assert (await back(client, url)).status_code == 303
    again = rig.client()
    show(again, carried or "", "__Host-gobs-oidc")
    assert (await back(again, url)).status_code == 502


async def test_who_is_away_for_too_long_begins_anew(rig: Rig, there: tuple[Provider, Path], clock: HeldClock) -> None:
    client = rig.client()
    url = await away(there, await leave(rig, client))
    clock.move(601)
    assert (await back(client, url)).status_code == 502


@pytest.mark.parametrize("carried", ["", "x", "a.b", "e30.x", "." * 3000, "\u00ff.x"])
async def test_what_a_browser_carries_is_not_believed_unsigned(
    rig: Rig, there: tuple[Provider, Path], carried: str
) -> None:
    client = rig.client()
    url = await away(there, await leave(rig, client))
    other = rig.client()
    other.set_cookie("localhost", "__Host-gobs-oidc", carried)
    assert (await back(other, url)).status_code == 502


@pytest.mark.parametrize(
    "query",
    ["", "?state=x", "?code=x", "?code=x&state=", "?error=<script>alert(1)</script>", "?code=x&state=x&iss=evil"],
)
async def test_an_address_that_somebody_made_up_lets_nobody_in(rig: Rig, query: str) -> None:
    response = await rig.client().get(CALLBACK + query, scheme="https", headers={"Host": "gobs.example"})
    assert response.status_code == 502
    assert b"<script>alert" not in await response.get_data()


async def test_another_provider_cannot_answer_for_this_one(rig: Rig, there: tuple[Provider, Path]) -> None:
    client = rig.client()
    url = await away(there, await leave(rig, client))
    assert (await back(client, url.replace("iss=https", "iss=http"))).status_code == 502


async def test_tokens_in_the_address_are_refused(rig: Rig) -> None:
    for query in ("?id_token=x", "?access_token=x"):
        response = await rig.client().get(CALLBACK + query, scheme="https", headers={"Host": "gobs.example"})
        assert response.status_code == 502


async def test_guessing_codes_is_slowed_down(rig: Rig) -> None:
    statuses = []
    for _ in range(8):
        response = await rig.client().get(f"{CALLBACK}?code=x&state=x", headers={"Host": "gobs.example"})
        statuses.append(response.status_code)
    assert statuses[:5] == [502] * 5
    assert statuses[-1] == 429


async def test_the_secret_and_the_codes_are_in_no_log_and_on_no_page(
    rig: Rig, there: tuple[Provider, Path], theirs: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    client = rig.client()
    url = await leave(rig, client)
    returned = await away(there, url)
    await back(client, returned)
    theirs.given = lambda given: {**given, "id_token": given["id_token"][:-9]}
    await whole(rig, there)
    said = "".join(capsys.readouterr())
    for secret in (SECRET, query_of(returned)["code"] + "&", "the access token", query_of(url)["nonce"]):
        assert secret not in said
    assert SECRET not in url


async def test_nobody_can_have_a_first_administrator_made_where_a_provider_lets_in(rig: Rig) -> None:
    links: list[str] = []
    await rig.access._first_administrator(links.append)
    assert links == []
