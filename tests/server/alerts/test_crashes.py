"""Killed at any moment, the server loses no transition and tells of each; what is repeated has the same key."""

from __future__ import annotations

import asyncio
import hashlib
import random
import sqlite3
import sys
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import msgspec
import pytest
from aiohttp import web

from gobs_server.alerts.records import Change
from tests.support.house import ROOT
from tests.support.postgres import Postgres
from tests.support.programs import searched
from tests.support.soak import counts


@dataclass
class Webhook:
    """Takes messages; of every twenty it refuses one, and takes another without ever saying so."""

    dice: random.Random
    keys: Counter[str] = field(default_factory=Counter)
    """Of the messages that were taken, how often each came."""
    bodies: dict[str, bytes] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    """Fingerprint and state of every alert that was told of."""
    unsaid: int = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one message."""
        body, key, luck = await request.read(), request.headers["Idempotency-Key"], self.dice.random()
        if luck < 0.05:
            return web.Response(status=503)
        self.keys[key] += 1
        assert self.bodies.setdefault(key, body) == body
        self.seen |= {(alert["fingerprint"], alert["status"]) for alert in msgspec.json.decode(body)["alerts"]}
        if luck < 0.1 and request.transport is not None:
            self.unsaid += 1
            request.transport.abort()
        return web.Response(status=200)


@asynccontextmanager
async def listening(webhook: Webhook) -> AsyncIterator[str]:
    """Serve it; yields its address."""
    app = web.Application()
    app.router.add_post("/", webhook.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def start(folder: Path, database: str, url: str, began: float, what: str) -> asyncio.subprocess.Process:
    """A server's alerts, once they work. Their clock goes on where it was, a hundred times as fast as ours."""
    offset = str((time.monotonic() - began) * 100)
    command = (sys.executable, "-m", "tests.server.alerts.crashing", str(folder), database, url, offset, what)
    with (folder / "log").open("ab") as log:
        made = searched(
            await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=log, cwd=ROOT)
        )
    assert made.stdout is not None
    while (line := await made.stdout.readline()) != b"ready\n":
        assert line, (folder / "log").read_text()[-2000:]
    return made


def transitions(folder: Path) -> list[Change]:
    """What the journal has of what happened."""
    with closing(sqlite3.connect(folder / "alerts.sqlite3")) as journal:
        assert journal.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = journal.execute("SELECT body FROM record WHERE kind = 'change'").fetchall()
    return [msgspec.json.decode(row[0], type=Change) for row in rows]


def fingerprint(alert: str) -> str:
    """What the webhook calls an alert."""
    return hashlib.blake2b(alert.encode(), digest_size=8).hexdigest()


async def in_database(database: str) -> int:
    """How many steps of alerts the database has."""
    if database.startswith("sqlite://"):
        with closing(sqlite3.connect(database.removeprefix("sqlite://"))) as file:
            return int(file.execute("SELECT count(*) FROM alert_change").fetchone()[0])
    connection = await asyncpg.connect(database)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM alert_change"))
    finally:
        await connection.close()


@counts("kills", reduced=2, full=200, seconds=110)
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_killed_at_any_moment_no_transition_is_lost_and_each_is_told(
    kind: str, kills: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database = await _database(kind, tmp_path, request)
    dice, began = random.Random(7), time.monotonic()
    webhook = Webhook(dice)
    async with listening(webhook) as url:
        for _ in range(kills):
            process = await start(tmp_path, database, url, began, "live")
            told = len(webhook.keys)
            async with asyncio.timeout(60):
                while len(webhook.keys) < told + 3:  # noqa: ASYNC110  the webhook is told by others
                    await asyncio.sleep(0.01)
            await asyncio.sleep(dice.uniform(0, 0.3))
            process.kill()
            await process.wait()
        process = await start(tmp_path, database, url, began, "drain")
        async with asyncio.timeout(90):
            assert await process.wait() == 0, (tmp_path / "log").read_text()[-2000:]
    happened = transitions(tmp_path)
    assert len(happened) > 3 * kills
    lost = [
        one
        for one in happened
        if not webhook.seen & {(fingerprint(one.alert), "resolved"), (fingerprint(one.alert), "firing")}
        or (one.what == "resolved" and (fingerprint(one.alert), "resolved") not in webhook.seen)
    ]
    repeated = sum(count - 1 for count in webhook.keys.values())
    print(f"{kills} kills, {len(happened)} transitions, {len(lost)} lost, {len(webhook.keys)} messages, "
          f"{webhook.unsaid} replies dropped, {repeated} repeated")  # fmt: skip
    assert lost == []
    assert {one.alert for one in happened if one.what == "fired"} == {
        one.alert for one in happened if one.what == "resolved"
    }
    assert Counter(one.what for one in happened)["fired"] * 2 == len(happened)
    assert repeated <= kills + webhook.unsaid
    assert await in_database(database) == len(happened)


async def _database(kind: str, folder: Path, request: pytest.FixtureRequest) -> str:
    if kind == "sqlite":
        return f"sqlite://{folder / 'gobs.sqlite3'}"
    server: Postgres = request.getfixturevalue("postgres_server")
    name = f"t_{uuid.uuid4().hex}"
    connection = await asyncpg.connect(server.url)
    await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()
    return server.url.rsplit("/", 1)[0] + f"/{name}"
