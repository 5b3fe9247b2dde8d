"""The database as it is shared: many use it at once, a bad row costs nobody else, a dead one is said at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

import pytest
from tortoise.exceptions import IntegrityError

from gobs_server.db import Address, Database, Store, Unavailable, address_of
from gobs_server.db.models import Node
from tests.support.postgres import postgres

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@asynccontextmanager
async def running(address: Address, patience: float = 15.0) -> AsyncIterator[Store]:
    store = Store(Database(address), patience=patience, pause=0.02)
    task = asyncio.create_task(store.run())
    try:
        yield store
    finally:
        store.finish()
        await asyncio.wait_for(task, 20)


async def make(name: str) -> Node:
    return await Node.create(name=name, first_seen=NOW, last_seen=NOW, agent_version="", boot_id="")


async def test_many_use_it_at_once(address: Address) -> None:
    async with running(address) as store:
        await store.opened()
        await asyncio.gather(*(store.do(partial(make, f"n{i}")) for i in range(50)))
        assert await store.do(lambda: Node.all().count()) == 50


async def test_a_row_that_cannot_be_costs_nobody_else(address: Address) -> None:
    async with running(address) as store:
        await store.opened()
        await store.do(lambda: make("n"))
        with pytest.raises(IntegrityError):
            await store.do(lambda: make("n"))
        with pytest.raises(ZeroDivisionError):
            await store.do(fail)
        assert (store.fault, store.openings) == ("", 1)


async def fail() -> None:
    raise ZeroDivisionError


async def test_before_it_is_open_it_is_said_and_not_waited_for(address: Address) -> None:
    with pytest.raises(Unavailable, match="not opened yet"):
        await Store(Database(address)).do(lambda: make("n"))


async def test_one_that_hangs_is_given_up_and_taken_up_again() -> None:
    with postgres() as server:
        async with running(address_of(server.url), patience=1.0) as store:
            await store.opened()
            server.freeze()
            try:
                with pytest.raises(Unavailable):
                    await store.do(lambda: make("n"))
                with pytest.raises(Unavailable):
                    await asyncio.wait_for(store.do(lambda: make("n")), 0.2)
            finally:
                server.thaw()
            async with asyncio.timeout(60):
                await store.opened()
            assert (await store.do(lambda: make("m"))).name == "m"
            assert store.openings == 2
