"""PostgreSQL killed, hung, refusing and full: frames are taken, pages answer, alerts are told, and no row is lost."""

from __future__ import annotations

import asyncio
import pwd
import sqlite3
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from math import nan
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import asyncpg
import grpc
import grpc.aio
import msgspec
import pytest
from aiohttp import web

from gobs_proto import gobs_pb2 as pb
from tests.server.alerts.rig import BOX
from tests.support.frames import Sender, hello_of
from tests.support.postgres import Postgres, postgres
from tests.support.server import ServerProcess, gobs_server
from tests.support.soak import counts

pytestmark = pytest.mark.root

_PAUSE = 0.1
_LONG = 10
"""Seconds of a fault from which on frames are acknowledged meanwhile, however they are gathered."""
_TURN = 10
"""Frames until another box is too large, and the one before it is not any more."""
Step = Callable[[], Awaitable[None]]


@dataclass
class Seen:
    """What was measured between two moments."""

    acks: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    told: dict[str, float] = field(default_factory=dict)
    """Box -> when the webhook was told that it fires."""
    large: dict[str, float] = field(default_factory=dict)
    """Box -> when the first frame was sent in which it is too large."""


class Fault(NamedTuple):
    """Something that befalls the database, and how it passes."""

    name: str
    begin: Step
    end: Step


class Load:
    """One agent, one viewer and one webhook. `seen` is what they see; to be exchanged."""

    def __init__(self, server: ServerProcess) -> None:
        self.seen = Seen()
        self.url = ""
        self._server = server
        self._box = 0

    async def webhook(self, request: web.Request) -> web.Response:
        """Take a message."""
        for alert in msgspec.json.decode(await request.read())["alerts"]:
            if alert["status"] == "firing":
                self.seen.told.setdefault(alert["labels"]["row"], time.monotonic())
        return web.Response()

    async def agent(self) -> None:
        """Send a frame every tenth of a second; in each some box is too large."""
        async with grpc.aio.insecure_channel(self._server.grpc) as channel:
            method: Any = channel.stream_stream(
                "/gobs.v1.Gobs/AgentStream", response_deserializer=pb.ServerMessage.FromString
            )
            call, sender, sent = method(), Sender(BOX), dict[int, float]()
            hello = hello_of(BOX, wall_ns=time.time_ns(), interval_ms=100)
            await call.write(pb.AgentMessage(hello=hello).SerializeToString())
            assert (await call.read()).WhichOneof("kind") == "welcome"
            listening = asyncio.create_task(self._listen(call, sent))
            try:
                while not listening.done():
                    name = f"b{self._box // _TURN}"
                    self._box += 1
                    frame = sender.frame({(name,): ("shop", "", 60.0, 0)}, seconds=_PAUSE)
                    now = sent[frame.sequence] = time.monotonic()
                    self.seen.large.setdefault(name, now)
                    await call.write(pb.AgentMessage(frame=frame).SerializeToString())
                    await asyncio.sleep(_PAUSE)
                await listening
            finally:
                listening.cancel()
                call.cancel()

    async def viewer(self) -> None:
        """Look at the nodes and at the alerts, again and again."""
        async with aiohttp.ClientSession(f"http://{self._server.http}") as client:
            while True:
                for path in ("/", "/alerts", "/alerts?state=all"):
                    began = time.monotonic()
                    async with client.get(path) as answer:
                        await answer.read()
                        assert answer.status == 200, path
                    self.seen.pages.append(time.monotonic() - began)
                await asyncio.sleep(_PAUSE)

    async def _listen(self, call: Any, sent: dict[int, float]) -> None:
        while (message := await call.read()) is not grpc.aio.EOF:
            if message.WhichOneof("kind") == "ack":
                for sequence in [one for one in sent if one <= message.ack.sequence]:
                    self.seen.acks.append(time.monotonic() - sent.pop(sequence))


@asynccontextmanager
async def working(load: Load) -> AsyncIterator[None]:
    """All of them, at work; what one of them meets is raised in the end."""
    app = web.Application()
    app.router.add_post("/", load.webhook)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    load.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    tasks = [asyncio.create_task(load.agent()), asyncio.create_task(load.viewer())]
    try:
        yield
        for task in tasks:
            assert not task.done(), task
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await runner.cleanup()


@contextmanager
def small(server: Postgres) -> Iterator[Path]:
    """A folder of the database's own with room for 32 MiB."""
    folder, user = server.folder / "small", pwd.getpwnam("nobody")
    folder.mkdir()
    options = f"size=32m,uid={user.pw_uid},gid={user.pw_gid},mode=0700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], check=True)
    try:
        yield folder
    finally:
        server.end()
        subprocess.run(["umount", folder], check=True)


async def faults(server: Postgres, url: str) -> list[Fault]:
    """All of them; the database itself is at `url`."""

    async def run(text: str, at: str = server.url) -> None:
        connection = await asyncpg.connect(at)
        try:
            await connection.execute(text)
        finally:
            await connection.close()

    async def refuse() -> None:
        await run("ALTER DATABASE gobs ALLOW_CONNECTIONS false")
        await run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'gobs'")

    async def fill() -> None:
        await run("CREATE TABLE filler (text text)", url)
        for rows in (500, 1):
            with suppress(asyncpg.DiskFullError):
                while True:
                    text = "INSERT INTO filler SELECT repeat(md5(i::text), 50) FROM generate_series(1, $) i"
                    await run(text.replace("$", str(rows)), url)

    async def empty() -> None:
        await run("DROP TABLE filler", url)
        await run("CHECKPOINT")

    def step(work: Callable[[], object]) -> Step:
        async def take() -> None:
            await asyncio.to_thread(work)

        return take

    return [
        Fault("hung", step(server.freeze), step(server.thaw)),
        Fault("killed", step(server.kill), step(server.restart)),
        Fault("refusing", refuse, lambda: run("ALTER DATABASE gobs ALLOW_CONNECTIONS true")),
        Fault("full", fill, empty),
    ]


def happened(data: Path) -> set[str]:
    """The ids of all steps of alerts, by the journal."""
    with closing(sqlite3.connect(f"file:{data / 'alerts.sqlite3'}?mode=ro", uri=True)) as journal:
        return {row[0] for row in journal.execute("SELECT id FROM record WHERE kind = 'change'")}


async def caught_up(data: Path, url: str) -> int:
    """Wait until the database has all that has happened by now; returns how much of it is missing in the end."""
    wanted = await asyncio.to_thread(happened, data)
    missing = wanted
    with suppress(TimeoutError):
        async with asyncio.timeout(60):
            while missing:
                with suppress(OSError, asyncpg.PostgresError):
                    connection = await asyncpg.connect(url)
                    try:
                        rows = await connection.fetch("SELECT id FROM alert_change")
                    finally:
                        await connection.close()
                    missing = wanted - {str(row[0]) for row in rows}
                await asyncio.sleep(0.2)
    return len(missing)


def p99(values: list[float]) -> float:
    """In milliseconds; NaN: there are none."""
    if not values:
        return nan
    return 1e3 * sorted(values)[min(int(0.99 * len(values)), len(values) - 1)]


@counts("seconds", reduced=3, full=60)
async def test_a_database_that_is_away_holds_nobody_up_and_gets_everything_in_the_end(
    seconds: int, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with postgres() as server, small(server) as folder:
        connection = await asyncpg.connect(server.url)
        await connection.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
        await connection.execute("CREATE DATABASE gobs TABLESPACE small")
        await connection.close()
        url = server.url.rsplit("/", 1)[0] + "/gobs"
        settings = [f"server.database={url}", "server.alerts.starter=false", 'server.inside_targets=["127.0.0.0/8"]']
        with gobs_server(data, *(word for one in settings for word in ("--set", one))) as process:
            load = Load(process)
            async with working(load):
                await _watched(load, process)
                for fault in await faults(server, url):
                    await _befallen(fault, load, seconds)
                    lost = await caught_up(data, url)
                    print(f"{fault.name}: rows lost {lost}")
                    assert lost == 0


async def _watched(load: Load, process: ServerProcess) -> None:
    """Let there be a channel and a rule, and wait until the first message has come."""
    async with aiohttp.ClientSession(f"http://{process.http}") as client:
        channel = {"name": "ops", "kind": "webhook", "settings": {"url": load.url, "per_minute": 600}}
        rule = {"name": "large", "target": "row", "metric": "box.size", "threshold": 50, "group_by": ["name"]}
        for path, body in (("channels", channel), ("rules", rule)):
            async with client.post(f"/api/v1/{path}", json=body) as answer:
                assert answer.status == 201, await answer.text()
    async with asyncio.timeout(30):
        while not load.seen.told:  # noqa: ASYNC110  requests of others change it
            await asyncio.sleep(0.05)


def _all_seen(seen: Seen, wanted: set[str], seconds: int) -> bool:
    """Whether every alert was told, a page was answered and, if there was time for it, a frame acknowledged."""
    return wanted <= seen.told.keys() and bool(seen.pages) and (bool(seen.acks) or seconds < _LONG)


async def _befallen(fault: Fault, load: Load, seconds: int) -> None:
    """Let it last so long; whatever fires meanwhile is told meanwhile."""
    load.seen = before = Seen()
    await asyncio.sleep(min(seconds, 10))
    load.seen = seen = Seen()
    await fault.begin()
    try:
        await asyncio.sleep(seconds)
        wanted = set(list(seen.large)[1:-1])
        async with asyncio.timeout(30):
            while not _all_seen(seen, wanted, seconds):  # noqa: ASYNC110  requests of others change it
                await asyncio.sleep(0.05)
    finally:
        await fault.end()
    assert wanted
    taken = sorted(1e3 * (seen.told[box] - seen.large[box]) for box in wanted)
    acks, were = p99(seen.acks), p99(before.acks)
    print(
        f"{fault.name} for {seconds} s: ack p99 {acks:.1f} ms of {len(seen.acks)} (before {were:.1f}), "
        f"page p99 {p99(seen.pages):.0f} ms of {len(seen.pages)} (before {p99(before.pages):.0f}), "
        f"{len(wanted)} alerts, all told meanwhile, the last after {taken[-1] if taken else 0:.0f} ms"
    )
