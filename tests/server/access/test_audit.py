"""The record: nothing secret in it, nothing lost while the database is away, and never more than is kept."""

from __future__ import annotations

import asyncio

import pytest

from gobs_server.access.audit import REFUSED
from gobs_server.actor import Actor
from gobs_server.db import Address
from tests.server.access.rig import ROOT, Rig, rig_over
from tests.support.hostile import HOSTILE_NAMES

ANN = Actor("ann", "operator", "user", "10.0.0.7", via="login 3")


async def test_a_record_says_who_from_where_what_and_what_differs(either: Rig) -> None:
    await either.access.audit.record(ANN, "rule.change", "cpu high", {"above": 80}, {"above": 90.5, "on": [True, None]})
    (entry,) = await either.access.audit.find()
    assert entry.time == either.clock.wall()
    assert (entry.actor, entry.kind, entry.role, entry.address, entry.via) == (
        "ann", "user", "operator", "10.0.0.7", "login 3",
    )  # fmt: skip
    assert (entry.action, entry.target) == ("rule.change", "cpu high")
    assert (entry.before, entry.after) == ({"above": 80}, {"above": 90.5, "on": [True, None]})


async def test_secrets_are_taken_out_wherever_they_stand(rig: Rig, capsys: pytest.CaptureFixture[str]) -> None:
    await rig.access.audit.record(
        ANN,
        "channel.change",
        "https://user:known secret@hook.example",
        {"webhook_url": "https://hook.example/canary"},
        {"deep": {"password": "canary", "list": [{"api_key": "canary"}, "has known secret inside"]}, "token": "canary"},
    )
    told = repr(await rig.access.audit.find()) + "".join(capsys.readouterr())
    for secret in ("canary", "known secret"):
        assert secret not in told
    assert "***" in told


async def test_any_text_can_be_recorded(either: Rig) -> None:
    for name in (*HOSTILE_NAMES, "\0", "\ud800", "x" * 10_000, "\u202e"):
        await either.access.audit.record(Actor(name, "viewer", "user"), "some.act", name, {name: name}, {"x": name})
    found = await either.access.audit.find(limit=1000)
    assert len(found) == len(HOSTILE_NAMES) + 4
    assert either.access.audit.unwritten == 0
    assert either.store.fault == ""


async def test_what_is_recorded_is_found_again(rig: Rig) -> None:
    for number in range(10):
        await rig.access.audit.record(ANN if number % 2 else ROOT, f"rule.{'change' if number < 5 else 'remove'}", "r")
        rig.clock.move(10)
    await rig.access.audit.record(ANN, "ruler", "r")
    find = rig.access.audit.find
    assert len(await find(actor="ann")) == 6
    assert len(await find(action="rule.change")) == 5
    assert len(await find(action="rule.")) == 10
    start = rig.clock.wall() - 100
    assert len(await find(since=start + 45, until=start + 75)) == 3
    first = await find(limit=4)
    rest = await find(before=first[-1].id, limit=100)
    assert [entry.id for entry in (*first, *rest)] == sorted((entry.id for entry in (*first, *rest)), reverse=True)
    assert len(rest) == 7


async def test_while_the_database_is_away_records_wait_and_are_in_the_log(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    models, rig.store._models = rig.store._models, None
    rig.store.fault = "ConnectionError: gone"
    for number in range(3):
        await rig.access.audit.record(ANN, "rule.change", f"rule {number}")
    assert rig.access.audit.unwritten == 3
    assert "rule 2" in "".join(capsys.readouterr())
    rig.store._models, rig.store.fault = models, ""
    await rig.access.audit.write()
    assert [entry.target for entry in reversed(await rig.access.audit.find())] == ["rule 0", "rule 1", "rule 2"]
    assert rig.access.audit.unwritten == 0


async def test_many_at_once_are_all_written(rig: Rig) -> None:
    await asyncio.gather(*(rig.access.audit.record(ANN, "some.act", str(n)) for n in range(100)))
    assert {entry.target for entry in await rig.access.audit.find(limit=1000)} == {str(n) for n in range(100)}


async def test_old_records_go_and_refused_logins_never_push_out_others(database: Address) -> None:
    async with rig_over(database, access={"audit_rows": 1000, "audit": 10 * 86400.0}) as rig:
        await rig.access.audit.record(ANN, "rule.change", "of long ago")
        rig.clock.move(9 * 86400)
        for number in range(30):
            await rig.access.audit.record(ANN, "rule.change", f"rule {number}")
        for number in range(150):
            await rig.access.audit.record(ANN, REFUSED, f"guess {number}")
        await rig.access.audit.prune()
        found = await rig.access.audit.find(limit=1000)
        assert sum(entry.action == REFUSED for entry in found) == 100
        assert sum(entry.action == "rule.change" for entry in found) == 31
        rig.clock.move(2 * 86400)
        await rig.access.audit.prune()
        found = await rig.access.audit.find(limit=1000)
        assert "of long ago" not in [entry.target for entry in found]


async def test_there_are_never_more_than_are_kept(database: Address) -> None:
    async with rig_over(database, access={"audit_rows": 1000}) as rig:
        rows = [rig.access.audit.record(ANN, "some.act", str(number)) for number in range(1010)]
        await asyncio.gather(*rows)
        await rig.access.audit.prune()
        assert len(await rig.access.audit.find(limit=5000)) == 1000


async def test_a_long_text_is_cut_and_still_read(rig: Rig) -> None:
    await rig.access.audit.record(ANN, "some.act", "x" * 9999, {"text": "y" * 99_999}, None)
    (entry,) = await rig.access.audit.find()
    assert len(entry.target) == 500
    assert "cut" in (entry.before or {})


@pytest.mark.parametrize("name", ["x" * 1000, "x" * 201, "a\0b", "\ud800", "'; DROP TABLE record; --"])
async def test_whatever_is_asked_for_is_found_as_it_was_written_or_is_not_there(either: Rig, name: str) -> None:
    assert await either.access.audit.find(actor=name, action=name) == []
    assert await either.access.audit.find(action=f"{name}.") == []
    await either.access.audit.record(Actor(name, "viewer", "user"), name, "it")
    (entry,) = await either.access.audit.find(actor=name, action=name)
    assert entry.target == "it"
