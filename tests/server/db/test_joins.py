"""Join tokens in the database: each is exchanged once, whoever comes at the same time, and what ended is let go."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

from gobs_server.db import Address
from gobs_server.db.joins import (
    accept_join,
    forget_old_joins,
    make_join,
    note_use,
    read_join,
    read_joins,
    revoke_joins,
)
from gobs_server.db.models import AgentJoin
from tests.server.db.test_store import running

HOUR = timedelta(hours=1)


async def test_of_many_that_exchange_one_token_at_once_one_does(address: Address) -> None:
    async with running(address) as store:
        await store.opened()
        await store.do(partial(make_join, "one", "h", None, HOUR))
        now = datetime.now(UTC)
        taken = await asyncio.gather(
            *(store.do(partial(accept_join, "one", f"n{number}", f"c{number}", now)) for number in range(20))
        )
        assert taken.count(True) == 1
        [join] = await store.do(read_joins)
        assert join.node == f"n{taken.index(True)}"
        assert join.credential_hash == f"c{taken.index(True)}"
        assert join.state(now) == "joined"


async def test_an_expired_or_revoked_token_is_exchanged_for_nothing(address: Address) -> None:
    async with running(address) as store:
        await store.opened()
        await store.do(partial(make_join, "late", "h", None, -HOUR))
        await store.do(partial(make_join, "gone", "h", None, HOUR))
        assert await store.do(partial(revoke_joins, ["gone", "late", "unknown"])) == {"gone", "late"}
        assert await store.do(partial(revoke_joins, ["gone"])) == set()
        for name in ("late", "gone"):
            assert not await store.do(partial(accept_join, name, "n", "c", datetime.now(UTC)))
            join = await store.do(partial(read_join, name))
            assert join is not None
            assert join.joined_at is None


async def test_a_nodes_new_credential_ends_its_old_one_and_nobody_elses(address: Address) -> None:
    async with running(address) as store:
        await store.opened()
        now = datetime.now(UTC)
        for name, node in (("a", "n1"), ("b", "n2"), ("c", "n1")):
            await store.do(partial(make_join, name, "h", node, HOUR))
            assert await store.do(partial(accept_join, name, node, name, now))
        states = {join.id: join.state(now) for join in await store.do(read_joins)}
        assert states == {"a": "revoked", "b": "joined", "c": "joined"}


async def test_only_what_changed_is_read_again(address: Address) -> None:
    async with running(address) as store:
        await store.opened()
        await store.do(partial(make_join, "old", "h", None, HOUR))
        await store.do(lambda: AgentJoin.filter(id="old").update(changed_at=datetime.now(UTC) - HOUR))
        await store.do(partial(make_join, "new", "h", None, HOUR))
        since = datetime.now(UTC) - HOUR / 2
        assert [join.id for join in await store.do(partial(read_joins, since))] == ["new"]
        await store.do(partial(note_use, ["old"], datetime.now(UTC)))
        assert [join.id for join in await store.do(partial(read_joins, since))] == ["new"]
        await store.do(partial(revoke_joins, ["old"]))
        assert {join.id for join in await store.do(partial(read_joins, since))} == {"old", "new"}


async def test_what_ended_a_month_ago_is_let_go(address: Address) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=40)
    async with running(address) as store:
        await store.opened()
        for name in ("expired", "revoked", "joined", "open"):
            await store.do(partial(make_join, name, "h", None, HOUR))
        for name, changes in (
            ("expired", {"expires_at": long_ago}),
            ("revoked", {"revoked_at": long_ago}),
            ("joined", {"joined_at": long_ago, "expires_at": long_ago}),
        ):
            await store.do(partial(_change, name, changes))
        await store.do(forget_old_joins)
        assert {join.id for join in await store.do(read_joins)} == {"joined", "open"}


async def _change(name: str, changes: dict[str, datetime]) -> None:
    await AgentJoin.filter(id=name).update(**changes)
