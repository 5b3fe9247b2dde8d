"""Nodes outlive the server, and a database that is dead or hung costs nobody else anything."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path

from gobs_server.db import Address, Database, KnownNode, NodeWriter, Store, address_of, sqlite_at
from tests.support.postgres import postgres
from tests.support.waiting import until

ONE = KnownNode("one", 1_700_000_000.25, 1_700_000_100.5, "0.1.0", "boot-1")
HOSTILE = KnownNode("<script>'\"; DROP TABLE node; --\u2028", 1.0, 2.0, "\u202e", "")


class Writing:
    """A writer over some nodes, and what it found when it began."""

    def __init__(self, address: Address, *nodes: KnownNode, patience: float = 15.0) -> None:
        self.nodes = list(nodes)
        self.found: list[KnownNode] = []
        self.asked = 0
        self.store = Store(Database(address), patience=patience, pause=0.02)
        self.writer = NodeWriter(self.store, self._ask, self._remember, every=0.02)

    def _ask(self) -> list[KnownNode]:
        self.asked += 1
        return self.nodes

    def _remember(self, nodes: Iterable[KnownNode]) -> None:
        self.found = list(nodes)
        names = {node.name for node in self.nodes}
        self.nodes += [node for node in self.found if node.name not in names]

    async def run(self) -> None:
        """Work until the writer has finished."""
        store = asyncio.create_task(self.store.run())
        await self.writer.run()
        self.store.finish()
        await store

    async def until_it_works(self) -> None:
        """Wait until something was written after the database was opened last."""
        await until(lambda: not self.store.fault, 40)
        asked = self.asked
        await until(lambda: self.asked >= asked + 2, 40)

    async def whole_life(self) -> list[KnownNode]:
        """Open, write everything, end; returns what was there before."""
        task = asyncio.create_task(self.run())
        await self.until_it_works()
        self.writer.finish()
        await asyncio.wait_for(task, 20)
        return sorted(self.found)


async def test_a_node_is_remembered_by_the_next_server(address: Address) -> None:
    assert await Writing(address, ONE, HOSTILE).whole_life() == []
    assert await Writing(address).whole_life() == sorted([ONE, HOSTILE])


async def test_a_node_keeps_when_it_was_first_seen_and_takes_all_else_that_is_new(address: Address) -> None:
    await Writing(address, ONE).whole_life()
    newer = KnownNode("one", 1_700_009_999.0, 1_700_009_999.0, "0.2.0", "boot-2")
    await Writing(address, newer).whole_life()
    assert await Writing(address).whole_life() == [newer._replace(first_seen=ONE.first_seen)]


async def test_a_thousand_nodes_are_written_at_once(address: Address) -> None:
    nodes = [ONE._replace(name=f"node-{i}") for i in range(1000)]
    await Writing(address, *nodes).whole_life()
    assert len(await Writing(address).whole_life()) == 1000


async def test_a_node_the_database_does_not_take_costs_no_other(address: Address) -> None:
    nodes = [ONE._replace(name=f"node-{i}") for i in range(5)]
    await Writing(address, *nodes, ONE._replace(boot_id="a\0b")).whole_life()
    found = {node.name for node in await Writing(address).whole_life()}
    assert found - {"one"} == {node.name for node in nodes}


async def test_what_is_said_of_a_fault_names_no_host_and_no_user() -> None:
    writing = Writing(address_of("postgres://somebody@127.0.0.1:1/postgres"), ONE)
    writing.store.fault = 'InvalidPasswordError: password authentication failed for user "somebody" on 10.0.0.1'
    assert writing.store.trouble == "it does not work (InvalidPasswordError); the server's log says more"


async def test_a_forgotten_node_is_deleted(address: Address) -> None:
    two = ONE._replace(name="two")
    writing = Writing(address, ONE, two)
    task = asyncio.create_task(writing.run())
    await writing.until_it_works()
    writing.nodes = [two]
    writing.writer.finish()
    await asyncio.wait_for(task, 20)
    assert await Writing(address, two).whole_life() == [two]


async def test_nodes_that_only_go_on_are_written_in_the_end_and_not_every_time(tmp_path: Path) -> None:
    address = sqlite_at(tmp_path / "x.sqlite3")
    writing = Writing(address, ONE)
    task = asyncio.create_task(writing.run())
    await writing.until_it_works()

    def kept() -> str:
        with contextlib.closing(sqlite3.connect(tmp_path / "x.sqlite3")) as file:
            return str(file.execute("SELECT last_seen FROM node").fetchone()[0])

    before = kept()
    asked = writing.asked
    writing.nodes = [ONE._replace(last_seen=ONE.last_seen + 5)]
    await until(lambda: writing.asked >= asked + 5)
    assert kept() == before
    writing.writer.finish()
    await task
    assert (await Writing(address).whole_life())[0].last_seen == ONE.last_seen + 5


async def test_three_servers_that_start_at_once_migrate_one_after_the_other(address: Address) -> None:
    if address.dialect == "sqlite":
        return  # one server alone uses a SQLite file; tests/server/app shows the lock
    lives = await asyncio.gather(*(Writing(address, ONE._replace(name=f"n{i}")).whole_life() for i in range(3)))
    assert all(len(found) <= 2 for found in lives)
    assert len(await Writing(address).whole_life()) == 3


async def test_a_database_that_is_not_there_yet_is_found_when_it_comes() -> None:
    with postgres() as first:
        port = int(first.url.rsplit(":", 1)[1].split("/")[0])
    writing = Writing(address_of(f"postgres://postgres@127.0.0.1:{port}/postgres"), ONE)
    task = asyncio.create_task(writing.run())
    await until(lambda: writing.store.failures >= 3)
    assert "Connect" in writing.store.fault or "refused" in writing.store.fault.lower()
    server = postgres(port)
    await asyncio.to_thread(server.__enter__)
    try:
        await writing.until_it_works()
        writing.writer.finish()
        await asyncio.wait_for(task, 20)
        assert await Writing(address_of(f"postgres://postgres@127.0.0.1:{port}/postgres")).whole_life() == [ONE]
    finally:
        await asyncio.to_thread(server.__exit__, None, None, None)


async def test_a_hung_database_holds_up_nobody_and_is_taken_up_again() -> None:
    with postgres() as server:
        writing = Writing(address_of(server.url), ONE, patience=1.0)
        task = asyncio.create_task(writing.run())
        await writing.until_it_works()
        server.freeze()
        try:
            worst, writing.nodes = 0.0, [ONE, HOSTILE]
            async with asyncio.timeout(60):
                while not writing.store.fault:
                    before = time.monotonic()
                    await asyncio.sleep(0.01)
                    worst = max(worst, time.monotonic() - before)
            assert worst < 1
        finally:
            server.thaw()
        await writing.until_it_works()
        writing.writer.finish()
        await asyncio.wait_for(task, 30)
        assert await Writing(address_of(server.url)).whole_life() == sorted([ONE, HOSTILE])


async def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no database" * 100)
    writing = Writing(sqlite_at(tmp_path / "file"), ONE)
    task = asyncio.create_task(writing.run())
    await until(lambda: writing.store.failures)
    assert "database" in writing.store.fault
    writing.writer.finish()
    await asyncio.wait_for(task, 10)
