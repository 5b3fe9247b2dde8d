"""Agents that join by a one-time token: each gets one credential for one node, and can lose it again."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest
from structlog.testing import capture_logs

from gobs_server.db import Address, Database, Store, sqlite_at
from gobs_server.db.joins import make_join, revoke_joins
from gobs_server.ingest.doors import Caller, Denied, Identity, Unsure
from gobs_server.ingest.doors.joining import JoinDoor
from gobs_server.ingest.doors.roster import Roster
from gobs_server.ingest.doors.tokens import digest, new_token, shown_by

HOUR = timedelta(hours=1)


class Gate:
    """A door over a database, as one run of a server has it."""

    def __init__(self, store: Store, patience: float = 10.0) -> None:
        self.store = store
        self.roster = Roster(store)
        self.door = JoinDoor(store, self.roster, patience)

    async def token(self, node: str | None = None, lasts: timedelta = HOUR) -> str:
        """A new token, made by another program."""
        join_id, kept, token = new_token("f" * 43)
        await self.store.do(lambda: make_join(join_id, kept, node, lasts))
        return token

    async def join(self, token: str, node: str, credential: str | None = None) -> Identity:
        """Show the token, and a credential to exchange it for."""
        metadata = {"authorization": f"Bearer {token.rpartition('.')[0]}", "gobs-node": quote(node)}
        return await self.door.identify(
            Caller({**metadata, "gobs-credential": credential or secrets.token_urlsafe(32)})
        )

    async def come(self, join_id: str, credential: str) -> Identity:
        """Show the credential."""
        return await self.door.identify(Caller({"authorization": f"Bearer gobs_node.{join_id}.{credential}"}))


@asynccontextmanager
async def running(address: Address) -> AsyncIterator[Gate]:
    store = Store(Database(address), pause=0.02)
    task = asyncio.create_task(store.run())
    try:
        await store.opened()
        gate = Gate(store)
        await gate.roster.look()
        yield gate
    finally:
        store.finish()
        await asyncio.wait_for(task, 20)


@pytest.fixture
def address(tmp_path: Path) -> Address:
    return sqlite_at(tmp_path / "gobs.sqlite3")


@pytest.fixture
async def gate(address: Address) -> AsyncIterator[Gate]:
    async with running(address) as made:
        yield made


async def test_a_token_is_exchanged_for_a_credential_of_that_node_alone(gate: Gate) -> None:
    credential = secrets.token_urlsafe(32)
    joined = await gate.join(await gate.token(), "rack 7/ü", credential)
    assert (joined.node, joined.kind) == ("rack 7/ü", "credential")
    assert await gate.come(joined.who, credential) == joined


async def test_the_name_that_a_token_was_made_for_counts_whatever_the_agent_says(gate: Gate) -> None:
    assert (await gate.join(await gate.token("rack7"), "another")).node == "rack7"


async def test_a_token_is_good_for_one_agent(gate: Gate) -> None:
    token = await gate.token()
    await gate.join(token, "n1")
    for node in ("n1", "n2"):
        with pytest.raises(Denied) as denied:
            await gate.join(token, node)
        assert "was used before, by node 'n1'" in denied.value.detail
        assert "n1" not in str(denied.value)


async def test_an_agent_that_never_heard_the_answer_may_ask_again(gate: Gate) -> None:
    token, credential = await gate.token(), secrets.token_urlsafe(32)
    first = await gate.join(token, "n1", credential)
    assert await gate.join(token, "n1", credential) == first


async def test_of_many_agents_with_one_token_one_joins(gate: Gate) -> None:
    token = await gate.token()
    found = await asyncio.gather(*(gate.join(token, f"n{n}") for n in range(20)), return_exceptions=True)
    assert sum(isinstance(one, Identity) for one in found) == 1
    assert sum(isinstance(one, Denied) for one in found) == 19


async def test_what_is_wrong_is_refused_and_the_log_says_why(gate: Gate) -> None:
    good = await gate.token()
    join_id = good.split(".")[1]
    other = secrets.token_urlsafe(32)
    bare = Caller({"authorization": f"Bearer {good.rpartition('.')[0]}", "gobs-node": "n"})
    for caller, why in (
        (
            Caller({"authorization": f"Bearer gobs_join.{join_id}.{other}", "gobs-credential": other}),
            "unknown or wrong",
        ),
        (Caller({"authorization": f"Bearer gobs_join.aaaaaaaa.{other}", "gobs-credential": other}), "unknown or wrong"),
        (Caller({"authorization": f"Bearer gobs_node.{join_id}.{other}"}), "unknown or wrong"),
        (Caller({"authorization": f"Bearer gobs_node.aaaaaaaa.{other}"}), "unknown or wrong"),
        (Caller({"authorization": "Bearer gobs_node.x.y"}), "has not the form"),
        (bare, "without a credential"),
        (Caller({**bare.metadata, "gobs-credential": "short"}), "without a credential"),
        (Caller({**bare.metadata, "gobs-credential": other, "gobs-node": "%0A"}), "no name of its node"),
        (Caller({**bare.metadata, "gobs-credential": other, "gobs-node": ""}), "no name of its node"),
    ):
        with pytest.raises(Denied) as denied:
            await gate.door.identify(caller)
        assert why in denied.value.detail
    assert (await gate.join(good, "n")).node == "n"


async def test_an_expired_token_is_refused(gate: Gate) -> None:
    with pytest.raises(Denied) as denied:
        await gate.join(await gate.token(lasts=-HOUR), "n1")
    assert "has expired" in denied.value.detail


async def test_a_token_for_any_node_takes_no_node_from_its_owner(gate: Gate) -> None:
    owner = await gate.join(await gate.token(), "n1")
    with pytest.raises(Denied, match="has a credential already"):
        await gate.join(await gate.token(), "n1")
    assert gate.door.stands(owner)


async def test_a_token_made_for_the_node_replaces_its_credential(gate: Gate) -> None:
    credential = secrets.token_urlsafe(32)
    old = await gate.join(await gate.token(), "n1", credential)
    new = await gate.join(await gate.token("n1"), "n1")
    assert not gate.door.stands(old)
    assert gate.door.stands(new)
    with pytest.raises(Denied) as denied:
        await gate.come(old.who, credential)
    assert "was revoked" in denied.value.detail


async def test_what_another_program_revokes_is_known_at_the_next_look(gate: Gate) -> None:
    credential = secrets.token_urlsafe(32)
    joined = await gate.join(await gate.token(), "n1", credential)
    await gate.store.do(partial(revoke_joins, [joined.who]))
    assert gate.door.stands(joined)
    await gate.roster.look()
    assert not gate.door.stands(joined)
    with pytest.raises(Denied):
        await gate.come(joined.who, credential)
    assert (await gate.join(await gate.token(), "n1")).node == "n1"


async def test_credentials_outlive_the_server_and_a_database_that_is_away(address: Address) -> None:
    credential = secrets.token_urlsafe(32)
    async with running(address) as gate:
        joined = await gate.join(await gate.token(), "n1", credential)
        open_token = await gate.token()
    async with running(address) as again:
        assert await again.come(joined.who, credential) == joined
    assert await again.come(joined.who, credential) == joined  # the store has ended: nobody answers
    with pytest.raises(Unsure) as unsure:
        await again.join(open_token, "n2")
    assert str(unsure.value).startswith("who this is cannot be told now")


async def test_before_the_credentials_are_read_nobody_is_called_a_stranger(address: Address) -> None:
    gate = Gate(Store(Database(address)), patience=0.01)
    with pytest.raises(Unsure):
        await gate.come("aaaaaaaa", secrets.token_urlsafe(32))


async def test_whoever_comes_before_the_credentials_are_read_is_let_in_once_they_are(address: Address) -> None:
    credential = secrets.token_urlsafe(32)
    async with running(address) as gate:
        joined = await gate.join(await gate.token(), "n1", credential)
        token = await gate.token()
        again = Gate(gate.store)
        early = [asyncio.create_task(again.come(joined.who, credential)), asyncio.create_task(again.join(token, "n2"))]
        await asyncio.sleep(0)
        assert not any(one.done() for one in early)
        await again.roster.look()
        assert [(await one).node for one in early] == ["n1", "n2"]


async def test_no_secret_is_kept_or_logged(gate: Gate, tmp_path: Path) -> None:
    token, credential = await gate.token(), secrets.token_urlsafe(32)
    with capture_logs() as logs:
        joined = await gate.join(token, "n1", credential)
    await gate.roster.look()
    kept = _content(tmp_path)
    assert digest(credential).encode() in kept
    secret = token.split(".")[2]
    for text in (secret, credential):
        assert text.encode() not in kept
        assert text not in repr(logs) + repr(joined)


def _content(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("gobs.sqlite3*"))


def test_only_what_has_their_form_is_a_token_or_a_credential() -> None:
    _, _, token = new_token("")
    shown = shown_by(token)
    assert shown is not None
    assert shown.joining
    assert shown_by(token + ".more") is None
    assert shown_by(token.upper()) is None
    assert shown_by("") is None
    assert shown_by("gobs_node.") is None
