"""What strangers cost a server, what the others notice meanwhile, how fast agents come in, and how they come back."""

from __future__ import annotations

import asyncio
import contextlib
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import grpc.aio

from benchmarks.doors_returning import returning
from benchmarks.report import Report
from gobs_proto import gobs_pb2 as pb
from gobs_server.certs.folder import CertificateFolder
from gobs_server.clock import Clock
from gobs_server.ingest.doors import Caller
from gobs_server.ingest.doors.account import AccountDoor
from gobs_server.ingest.doors.reviews import Reviews
from tests.end_to_end.test_hostile_peers import GRPC, HTTP, MOST, RIGHT, TOKEN, port_of
from tests.server.ingest.rig import METHOD, TABLE
from tests.sinks.test_coming_back import AGENTS, comeback, spread_of
from tests.support import peers
from tests.support.frames import hello_of
from tests.support.peers import Attack, resident
from tests.support.reviews import cluster
from tests.support.server import ServerProcess, gobs_server

CLOSED = 10.0
"""Seconds within which a peer that means no good is closed."""
BACK_PER_SECOND = 200.0
"""Agents a second that the server asks to come back: it must be able to take them in."""


class Noticed(NamedTuple):
    """What the others notice, in milliseconds."""

    page: float
    welcome: float


def run(quick: bool) -> list[Report]:
    """Measure everything; `quick` with few of each kind."""
    return [
        _strangers(60 if quick else 200),
        _garbage(1_000 if quick else 100_000),
        _coming_in(60 if quick else 600),
        asyncio.run(_tokens(100 if quick else 1000)),
        _coming_back(),
        returning(60 if quick else AGENTS, _page_p99),
    ]


@contextlib.contextmanager
def _served(*more: str) -> Iterator[ServerProcess]:
    with tempfile.TemporaryDirectory() as folder:
        settings = ("--set", f"server.token={TOKEN}", "--log-level", "error", *more)
        with gobs_server(Path(folder) / "data", *settings) as server:
            time.sleep(1)
            yield server


def _strangers(count: int) -> Report:
    report = Report(f"Strangers: {count} of a kind at once")
    with _served() as server:
        quiet = asyncio.run(_noticed(server, 3.0))
    report.figure("page, p99 in quiet", quiet.page, "ms")
    report.figure("welcome, p99 in quiet", quiet.welcome, "ms", "from connecting to the server's first word")
    kinds = [(f"agents' port, {kind}", attack, True) for kind, attack in GRPC.items()]
    kinds += [(f"pages' port, {kind}", attack, False) for kind, attack in HTTP.items()]
    most_cost = most_seconds = 0.0
    for name, attack, agents in kinds:
        with _served() as server:
            cost, seconds, after, meanwhile = asyncio.run(_attacked(server, attack, count, agents=agents))
        most_cost, most_seconds = max(most_cost, cost), max(most_seconds, seconds)
        note = f"closed after {seconds:.1f} s; {after / 1024:.1f} KiB each afterwards; meanwhile page p99 "
        note += f"{meanwhile.page:.0f} ms, welcome p99 {meanwhile.welcome:.0f} ms"
        report.figure(name, cost / 1024, "KiB each", note)
    report.bar("memory of one stranger, the worst kind", most_cost / 1024, at_most=MOST / 1024, unit="KiB")
    report.bar("until a stranger is closed, the worst kind", most_seconds, at_most=CLOSED, unit="s")
    return report


async def _attacked(
    server: ServerProcess, attack: Attack, count: int, *, agents: bool
) -> tuple[float, float, float, Noticed]:
    """Bytes for each at the most, seconds until the last was closed, bytes for each after, and what others noticed."""
    port = port_of(server.grpc if agents else server.http)
    peers.drop(await peers.many(attack, port, 50))  # what the first of a kind cost is nobody's in particular
    await asyncio.sleep(1)
    before = resident(server.process.pid)
    watching = asyncio.create_task(_noticed(server, 8.0))
    held = await peers.many(attack, port, count)
    await asyncio.sleep(0.5)
    cost = (resident(server.process.pid) - before) / count
    seconds = max(await asyncio.gather(*(peer.closed() for peer in held)))
    peers.drop(held)
    meanwhile = await watching
    await asyncio.sleep(1)
    return cost, seconds, (resident(server.process.pid) - before) / count, meanwhile


async def _noticed(server: ServerProcess, seconds: float) -> Noticed:
    pages, welcomes = await asyncio.gather(
        _timed(lambda: _page(port_of(server.http)), seconds), _timed(lambda: _welcome(server.grpc), seconds)
    )
    return Noticed(_p99(pages), _p99(welcomes))


async def _page_p99(server: ServerProcess) -> float:
    """Milliseconds, over half a minute."""
    return _p99(await _timed(lambda: _page(port_of(server.http)), 30.0))


async def _timed(work: Callable[[], Awaitable[None]], seconds: float) -> list[float]:
    """Milliseconds that each of many takes, one every 20 ms."""
    until, found = time.monotonic() + seconds, []
    while time.monotonic() < until:
        began = time.perf_counter()
        await work()
        found.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0.02)
    return found


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


async def _page(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    assert b" 200 " in answer.partition(b"\r\n")[0], answer


async def _welcome(address: str, credentials: grpc.ChannelCredentials | None = None, node: str = "good") -> None:
    async with _channel(address, credentials) as channel:
        method: Any = channel.stream_stream(METHOD, response_deserializer=pb.ServerMessage.FromString)
        call = method(metadata=(RIGHT,))
        await call.write(pb.AgentMessage(hello=hello_of(TABLE, node=node, run=node)).SerializeToString())
        assert (await call.read()).HasField("welcome")
        await call.done_writing()


@contextlib.asynccontextmanager
async def _channel(address: str, credentials: grpc.ChannelCredentials | None) -> AsyncIterator[grpc.aio.Channel]:
    options = (("grpc.use_local_subchannel_pool", 1),)
    if credentials is None:
        async with grpc.aio.insecure_channel(address, options=options) as channel:
            yield channel
    else:
        async with grpc.aio.secure_channel(address, credentials, options=options) as channel:
            yield channel


def _garbage(count: int) -> Report:
    report = Report(f"Garbage: {count:,} connections")

    async def attack(server: ServerProcess) -> tuple[float, float]:
        dice, port = random.Random(7), port_of(server.grpc)
        for _ in range(5):
            await asyncio.gather(*(peers.garbage(port, dice) for _ in range(100)))
        before, began = resident(server.process.pid), time.monotonic()
        for _ in range(count // 100):
            await asyncio.gather(*(peers.garbage(port, dice) for _ in range(100)))
        seconds = time.monotonic() - began
        await asyncio.sleep(2)
        await _welcome(server.grpc)
        return count / seconds, (resident(server.process.pid) - before) / 2**20

    with _served() as server:
        rate, grown = asyncio.run(attack(server))
    report.figure("connections", rate, "a second")
    report.figure("memory the server has grown by", grown, "MiB", "an agent is welcomed all the same")
    return report


def _coming_in(count: int) -> Report:
    """Agents that come at once over TLS, each on a connection of its own, client and server sharing the machine."""
    report = Report(f"Coming in: {count} agents at once over TLS")
    with tempfile.TemporaryDirectory() as made:
        folder = CertificateFolder(Path(made))
        folder.init()
        folder.issue_server(["127.0.0.1"])
        files = ("--set", f"server.cert_file={folder.server}", "--set", f"server.key_file={folder.server_key}")
        credentials = grpc.ssl_channel_credentials(folder.ca.read_bytes())
        with _served(*files) as server:
            asyncio.run(_welcome(server.grpc, credentials))
            began = time.monotonic()
            asyncio.run(_all_in(server.grpc, credentials, count))
            rate = count / (time.monotonic() - began)
    report.figure("agents", rate, "a second", "the clients are one process on the same machine")
    report.bar("agents taken in, beside those the server asks back", rate / BACK_PER_SECOND, at_least=1.0)
    return report


async def _all_in(address: str, credentials: grpc.ChannelCredentials, count: int) -> None:
    turn = asyncio.Semaphore(100)

    async def one(number: int) -> None:
        async with turn:
            await _welcome(address, credentials, f"n{number}")

    await asyncio.gather(*map(one, range(count)))


async def _tokens(count: int) -> Report:
    report = Report(f"Service accounts: {count} tokens")
    with tempfile.TemporaryDirectory() as folder:
        async with cluster(Path(folder)) as kube:
            settings = kube.settings()
            reviews = Reviews(settings, {})
            door = AccountDoor(settings, reviews, Clock())
            callers = [Caller({"authorization": f"Bearer {kube.issue(f'n{number}')}"}) for number in range(count)]
            for name in ("asked about", "known"):
                began = time.perf_counter()
                for start in range(0, count, 500):
                    await asyncio.gather(*map(door.identify, callers[start : start + 500]))
                report.figure(f"tokens {name}", count / (time.perf_counter() - began), "a second")
            report.figure("questions to the API", len(kube.reviews), "", f"at most {kube.most_at_once} at once")
            await reviews.close()
    return report


def _coming_back() -> Report:
    report = Report(f"Coming back: {AGENTS:,} agents after a restart, the real pauses on a virtual clock")
    for name, dice, spread in (
        ("spread by the server", random.Random(1).random, spread_of(AGENTS)),
        ("their own jitter alone", random.Random(1).random, 0.0),
        ("no jitter", lambda: 1.0, 0.0),
    ):
        for away in (0.0, 5.0, 30.0):
            found = comeback(dice, spread=spread, away=away)
            note = f"{found.failed:,} attempts failed at the server that was back, {found.in_vain:,} before"
            report.figure(f"{name}, away for {away:g} s: all back", found.all_back, "s", note)
            if spread:
                report.bar(f"failed attempts, {name}, away for {away:g} s", found.failed, at_most=0)
    return report
