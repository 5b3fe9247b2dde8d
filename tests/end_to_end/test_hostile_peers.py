"""Hostile peers on both ports of a real server: what each costs, that all are closed, and that the others go on."""

from __future__ import annotations

import asyncio
import json
import random
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from gobs_proto import gobs_pb2 as pb
from tests.server.ingest.rig import METHOD, TABLE
from tests.support import peers
from tests.support.frames import Sender, hello_of
from tests.support.peers import Attack, Peer, resident
from tests.support.secrets import marked
from tests.support.server import ServerProcess, gobs_server
from tests.support.soak import counts

TOKEN = marked("right-token")
RIGHT = ("authorization", f"Bearer {TOKEN}")
MOST = 64 * 1024
"""Bytes of memory a hostile peer may cost."""
SLACK = 3 << 20
"""Bytes a server may grow by whoever comes: what it needs for its first connections of a kind."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with gobs_server(tmp_path / "data", "--set", f"server.token={TOKEN}") as running:
        yield running


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


@asynccontextmanager
async def an_agent(server: ServerProcess) -> AsyncIterator[None]:
    """An agent whose frames are taken before, while and after: at the end each must have been acknowledged."""
    async with grpc.aio.insecure_channel(server.grpc) as channel:
        method: Any = channel.stream_stream(METHOD, response_deserializer=pb.ServerMessage.FromString)
        call = method(metadata=(RIGHT,))
        sender = Sender(TABLE)
        acked = 0

        async def say(**kind: Any) -> None:
            await call.write(pb.AgentMessage(**kind).SerializeToString())

        async def read() -> None:
            nonlocal acked
            while (message := await call.read()) is not grpc.aio.EOF:
                acked = max(acked, message.ack.sequence)

        async def tick() -> None:
            for number in range(1_000_000):
                await say(frame=sender.frame({("a",): (number,)}))
                await asyncio.sleep(0.1)

        await say(hello=hello_of(TABLE, node="good", interval_ms=1000))
        assert (await call.read()).HasField("welcome")
        tasks = [asyncio.create_task(read()), asyncio.create_task(tick())]
        try:
            yield
            await asyncio.sleep(0.2)
            wanted = sender.sequence - 1
            async with asyncio.timeout(30):
                while acked < wanted:
                    assert not tasks[0].done()
                    await asyncio.sleep(0.05)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def cost(server: ServerProcess, *attacks: tuple[Attack, int, int]) -> float:
    """Bytes of memory that each peer costs while all last: attack, port, and how many. In the end all were closed."""
    for attack, port, _ in attacks:
        peers.drop(await peers.many(attack, port, 3))
    await asyncio.sleep(0.2)
    before = resident(server.process.pid)
    found = await asyncio.gather(*(peers.many(*attack) for attack in attacks))
    held = [peer for some in found for peer in some]
    await asyncio.sleep(0.5)
    most = resident(server.process.pid)
    await asyncio.gather(*(peer.closed() for peer in held))
    peers.drop(held)
    return max(0, most - before - SLACK) / len(held)


GRPC: dict[str, Attack] = {
    "says nothing": peers.silent,
    "opens no call": peers.greeted,
    "never ends its headers": peers.unfinished_headers,
    "stalls in a message": peers.stalled(),
    "stalls in a message, with a wrong token": peers.stalled(("authorization", "Bearer wrong")),
    "sends what is compressed": peers.bombing(200 << 20),
    "sends what grows": peers.saying(peers.amplifying()),
}
HTTP: dict[str, Attack] = {
    "says nothing": peers.silent,
    "never ends its headers": peers.slow_head,
    "never ends its body": peers.slow_body,
}


STALLS = "stalls in a message"


async def test_strangers_of_all_kinds_cost_little_and_are_closed_and_the_others_go_on(server: ServerProcess) -> None:
    attacks = [(attack, port_of(server.grpc), 200 if kind == STALLS else 40) for kind, attack in GRPC.items()]
    attacks += [(attack, port_of(server.http), 60) for attack in HTTP.values()]
    async with an_agent(server):
        assert await cost(server, *attacks) <= MOST
        assert await asyncio.to_thread(_is_well, server)


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("kind", GRPC)
async def test_on_the_agents_port_2000_strangers_of_a_kind_cost_little_and_are_closed(
    server: ServerProcess, kind: str
) -> None:
    async with an_agent(server):
        assert await cost(server, (GRPC[kind], port_of(server.grpc), 2000)) <= MOST


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("kind", HTTP)
async def test_on_the_pages_port_900_strangers_of_a_kind_cost_little_and_are_closed(
    server: ServerProcess, kind: str
) -> None:
    async with an_agent(server):
        assert await cost(server, (HTTP[kind], port_of(server.http), 900)) <= MOST
        assert await asyncio.to_thread(_is_well, server)


async def test_whoever_takes_all_connections_of_the_pages_shuts_nobody_else_out(server: ServerProcess) -> None:
    held = await peers.many(peers.silent, port_of(server.http), 1200)
    assert await asyncio.to_thread(_is_well, server)
    peers.drop(held)


@counts("connections", reduced=600, full=100_000, seconds=180)
async def test_garbage_ends_nothing_and_is_not_kept(connections: int, server: ServerProcess) -> None:
    dice = random.Random(7)
    port = port_of(server.grpc)
    async with an_agent(server):
        await asyncio.gather(*(peers.garbage(port, dice) for _ in range(200)))
        before = resident(server.process.pid)
        for _ in range(connections // 100):
            await asyncio.gather(*(peers.garbage(port, dice) for _ in range(100)))
        await asyncio.sleep(1)
        grown = resident(server.process.pid) - before
        assert grown <= (16 << 20) + connections * 400
        assert await asyncio.to_thread(_is_well, server)


@counts("hostile", reduced=70, full=400, seconds=180)
async def test_with_the_right_token_too_all_together_hold_no_more_than_is_set_aside(
    hostile: int, server: ServerProcess
) -> None:
    """Of 64 at once a first message is read; each may have a megabyte, and the others wait with what fits a window."""
    async with an_agent(server):
        for attack in (peers.stalled(RIGHT), peers.saying(peers.amplifying(), RIGHT)):
            total = await cost(server, (attack, port_of(server.grpc), hostile)) * hostile
            assert total <= (80 << 20) + hostile * MOST


def _is_well(server: ServerProcess) -> bool:
    with urllib.request.urlopen(f"http://{server.http}/readyz", timeout=20) as answer:
        return bool(json.load(answer)["status"] == "ready")


async def test_a_peer_that_was_dropped_is_closed() -> None:
    """The tool itself: what the other side closes is told."""
    started = asyncio.Event()

    async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        started.set()
        writer.close()

    listening = await asyncio.start_server(close, "127.0.0.1", 0)
    async with listening:
        peer: Peer = await peers.silent(listening.sockets[0].getsockname()[1])
        await started.wait()
        assert await peer.closed() >= 0
        peer.drop()
