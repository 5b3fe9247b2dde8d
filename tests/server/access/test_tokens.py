"""API tokens: what they let in, for how long, and that nobody gets more by one than they have."""

from __future__ import annotations

import pytest

from gobs_server.access.people import Impossible, NoSuchPerson
from gobs_server.access.tokens import MOST_OF_ONE
from gobs_server.db.people import Token
from tests.server.access.rig import ROOT, Rig, bearer

DAY = 86400.0


async def status(rig: Rig, token: str, path: str = "/api/v1/nodes") -> int:
    return (await rig.client().get(path, headers=bearer(token))).status_code


async def test_a_token_lets_in_until_it_expires(either: Rig) -> None:
    token = await either.token("read", lasts=7 * DAY)
    assert await status(either, token) == 200
    either.clock.move(7 * DAY - 1)
    assert await status(either, token) == 200
    either.clock.move(1)
    assert await status(either, token) == 401
    (told,) = await either.access.tokens.all()
    assert told.state(either.clock.wall()) == "expired"


async def test_a_token_without_end_lasts(rig: Rig) -> None:
    token = await rig.token("read", lasts=None)
    rig.clock.move(3650 * DAY)
    assert await status(rig, token) == 200


async def test_a_token_that_was_revoked_is_out_at_once(either: Rig) -> None:
    token = await either.token("read")
    assert await status(either, token) == 200
    await either.access.acts.revoke_token(ROOT, 1)
    assert await status(either, token) == 401
    await either.access.acts.revoke_token(ROOT, 1)
    assert [action for _, action, _ in await either.actions()] == ["token.create", "token.revoke"]


async def test_only_its_digest_is_kept(rig: Rig) -> None:
    token = await rig.token("read")
    rows = await rig.store.do(lambda: Token.all().values())
    assert token not in repr(rows)
    assert token[:20] not in repr(rows)
    assert token not in repr(await rig.access.audit.find())


async def test_when_and_from_where_it_was_last_used_is_shown_and_kept(either: Rig) -> None:
    token = await either.token("read")
    either.clock.move(60)
    await either.client().get("/metrics", headers=bearer(token), scope_base={"client": ("10.0.0.7", 1)})
    (told,) = await either.access.tokens.all()
    assert (told.used, told.used_from) == (either.clock.wall(), "10.0.0.7")
    await either.access.write()
    row = await either.store.do(lambda: Token.get(id=1))
    assert row.used is not None
    assert (row.used.timestamp(), row.used_from) == (either.clock.wall(), "10.0.0.7")


async def test_a_token_may_no_more_than_its_owner(rig: Rig) -> None:
    who = await rig.user("ann", "operator")
    token = await rig.token("operate", owner=who)
    await rig.user("root", "administrator")
    await rig.access.acts.change_user(ROOT, "ann", role="viewer")
    told = await (await rig.client().get("/api/v1/me", headers=bearer(token))).get_json()
    assert told["role"] == "viewer"
    with pytest.raises(Impossible, match="more than the role"):
        await rig.access.acts.create_token(ROOT, "x", ["operate:alerts"], await rig.access.people.get("ann"), None)


async def test_a_token_for_one_area_reaches_no_other(rig: Rig) -> None:
    token = await rig.token("read:metrics")
    assert await status(rig, token, "/metrics") == 200
    assert await status(rig, token, "/api/v1/nodes") == 403
    assert await status(rig, token, "/") == 403


async def test_a_program_that_may_not_is_told_which_scope_it_takes(rig: Rig) -> None:
    response = await rig.client().get("/api/v1/users", headers=bearer(await rig.token("read")))
    assert "admin or admin:access" in (await response.get_json(force=True))["detail"]


@pytest.mark.parametrize(
    ("name", "scopes"),
    [("", ["read"]), (" ", ["read"]), ("x" * 101, ["read"]), ("a\nb", ["read"]), ("x", []), ("x", ["raed"])],
)
async def test_what_cannot_be_a_token_is_refused(rig: Rig, name: str, scopes: list[str]) -> None:
    with pytest.raises(Impossible):
        await rig.access.acts.create_token(ROOT, name, scopes, None, None)


async def test_one_owner_has_so_many_and_no_more(rig: Rig) -> None:
    for _ in range(MOST_OF_ONE):
        await rig.token("read")
    with pytest.raises(Impossible, match="revoke some"):
        await rig.token("read")
    await rig.access.acts.revoke_token(ROOT, 1)
    await rig.token("read")


async def test_another_ones_token_cannot_be_revoked(rig: Rig) -> None:
    ann, ben = await rig.user("ann"), await rig.user("ben")
    token = await rig.token("read", owner=ann)
    with pytest.raises(NoSuchPerson):
        await rig.access.acts.revoke_token(ROOT, 1, ben.id)
    assert await status(rig, token) == 200


async def test_tokens_that_have_been_over_for_long_are_forgotten(rig: Rig) -> None:
    await rig.token("read", lasts=DAY)
    await rig.token("read", lasts=None)
    rig.clock.move(80 * DAY)
    await rig.access.write()
    assert len(await rig.access.tokens.all()) == 2
    rig.clock.move(20 * DAY)
    await rig.access.write()
    assert len(await rig.access.tokens.all()) == 1


@pytest.mark.parametrize("path", ["/metrics?{}", "/?q={}", "/fragments/find?q={}", "/nodes/{}", "/api/v1/nodes?token=x",
                                  "/?Access_Token=", "/?api_key=1", "/login?password=x"])  # fmt: skip
async def test_a_token_in_an_address_is_refused_and_not_written_down(
    rig: Rig, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    token = await rig.token("read")
    capsys.readouterr()
    asked = path.format(token if "?{}" not in path else f"t={token}")
    response = await rig.client().get(asked, headers=bearer(token))
    if path.startswith("/login"):
        assert response.status_code == 200, "the page of those who log in looks at nothing of it"
    else:
        assert response.status_code == 400
        assert "belongs in the header" in await response.get_data(as_text=True)
    assert token not in await response.get_data(as_text=True)
    assert token not in "".join(capsys.readouterr())


async def test_a_refused_token_is_logged_with_the_reason_once_a_minute_and_never_itself(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    token = await rig.token("read")
    await rig.access.acts.revoke_token(ROOT, 1)
    capsys.readouterr()
    for _ in range(5):
        response = await rig.client().get("/metrics", headers=bearer(token))
        assert "revoked" not in await response.get_data(as_text=True)
    said = "".join(capsys.readouterr())
    assert said.count("an API token was refused") == 1
    assert "token 1 is revoked" in said
    assert token not in said
