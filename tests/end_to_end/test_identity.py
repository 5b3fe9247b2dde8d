"""Agents and a server that asks who they are: real sinks, real doors, real TLS, and tokens that change on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from gobs_core import Frame, Reading, Secret, Source, Table, counter, key
from gobs_server.app import Server
from gobs_server.certs.folder import CertificateFolder
from gobs_server.certs.read import own_authority
from gobs_server.db import sqlite_at
from gobs_server.db.joins import make_join, revoke_joins
from gobs_server.ingest.doors.tokens import new_token
from gobs_server.settings import ServerSettings
from gobs_sinks.grpc import GrpcConfig, GrpcSink
from tests.support.reviews import Cluster, cluster
from tests.support.secrets import marked
from tests.support.soak import counts
from tests.support.waiting import until

TABLE = Table("t", "A table.", (key("k", ""), counter("c", "")))


class Agent:
    """One agent: the real sink, fed with counted frames."""

    def __init__(self, node: str, run: str, **config: Any) -> None:
        made = Source(node=node, run=run, boot_id=f"boot of {node}", interval=1.0, tables=(TABLE,))
        self.sink = GrpcSink(GrpcConfig(**config), made, sleep=_hardly)
        self.sent = 0

    async def tick(self) -> None:
        self.sent += 1
        now = self.sent * 10**9
        await self.sink.send(Frame(self.sent, 10**18 + now, now, (Reading(TABLE, [("a", self.sent)], now),)))

    @property
    def sessions(self) -> int:
        return self.sink.link.totals.sessions if self.sink.link is not None else 0


async def _hardly(seconds: float) -> None:
    await asyncio.sleep(min(seconds, 0.01))


class Site:
    """A server over TLS that asks who calls, with certificates of its own making."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.certs = CertificateFolder(folder / "certs")
        self.certs.init()
        self.certs.issue_server(["127.0.0.1"])
        chosen = ServerSettings(
            http="127.0.0.1:0",
            grpc="127.0.0.1:0",
            data=str(folder),
            cert_file=str(self.certs.server),
            key_file=str(self.certs.server_key),
            **settings,
        )
        self.server = Server(chosen, sqlite_at(folder / "gobs.sqlite3"))
        self._stack = AsyncExitStack()

    async def agent(self, node: str, run: str = "r", **config: Any) -> Agent:
        made = Agent(node, run, server=f"127.0.0.1:{self.server.grpc_port}", **config)
        await made.sink.open()
        self._stack.push_async_callback(made.sink.close)
        return made

    def kept(self, node: str, run: str = "r") -> list[tuple[int, int]]:
        return self.server.history.ranges(node, run)

    def connected(self, node: str) -> bool:
        found = self.server.live.node(node)
        return found is not None and found.connected

    async def until_taken(self, agent: Agent, node: str) -> None:
        """Go on until the server has every frame there is but the newest two, which may be on their way."""

        async def all_there() -> bool:
            await agent.tick()
            await asyncio.sleep(0.02)
            return self.kept(node) == [(1, self.kept(node)[-1][1])] and self.kept(node)[-1][1] >= agent.sent - 2

        async with asyncio.timeout(30):
            while not (self.kept(node) and await all_there()):
                await agent.tick()
                await asyncio.sleep(0.02)


@asynccontextmanager
async def site(folder: Path, **settings: Any) -> AsyncIterator[Site]:
    made = Site(folder, **settings)
    await made.server.start()
    try:
        yield made
    finally:
        await made._stack.aclose()
        await made.server.stop()


@pytest.fixture
async def kube(tmp_path: Path) -> AsyncIterator[Cluster]:
    (tmp_path / "kube").mkdir()
    async with cluster(tmp_path / "kube") as running:
        yield running


@counts("rotations", reduced=3, full=200, seconds=120)
async def test_no_stream_and_no_frame_is_lost_while_tokens_are_rotated(
    rotations: int, kube: Cluster, tmp_path: Path
) -> None:
    """Kubernetes writes a new token over the old one; the next stream shows it, though the old one is good no more."""
    nodes = [f"n{number}" for number in range(5)]
    files = {node: tmp_path / f"token-{node}" for node in nodes}
    for node in nodes:
        files[node].write_text(kube.issue(node))
    async with site(tmp_path, tokenreview=kube.settings(remember=0.01)) as place:
        ca_file = str(place.certs.ca)
        with capture_logs() as logs:
            agents = [
                await place.agent(f"says-{node}", ca_file=ca_file, account_token_file=str(files[node]))
                for node in nodes
            ]
            await until(lambda: all(map(place.connected, nodes)))
            for rotation in range(rotations):
                for node in nodes:
                    kube.revoked.add(files[node].read_text())
                    files[node].write_text(kube.issue(node))
                await asyncio.gather(*(agent.tick() for agent in agents))
                _send_all_away(place.server)
                await until(partial(_have_had, agents, rotation + 2))
                await asyncio.gather(*map(place.until_taken, agents, nodes))
        assert place.server.metrics.count("gobs_server_refused_streams", reason="denied") == 0
        assert place.server.metrics.count("gobs_server_rotated_streams") == rotations * len(nodes)
        assert [agent.sink.dropped() for agent in agents] == [0] * len(nodes)
        assert all(place.server.live.node(node).notes == () for node in nodes)  # type: ignore[union-attr]
    assert [line for line in logs if line["log_level"] == "warning"] == []


def _send_all_away(server: Server) -> None:
    """What the passing of half an hour does."""
    now = server.clock.monotonic()
    server._leases._due = {session.epoch: now for session in server.sessions.connected()}


def _have_had(agents: list[Agent], sessions: int) -> bool:
    return all(agent.sessions >= sessions for agent in agents)


async def test_a_pod_speaks_for_its_own_node_alone(kube: Cluster, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(kube.issue("mine"))
    async with site(tmp_path, tokenreview=kube.settings()) as place:
        await place.agent("yours", ca_file=str(place.certs.ca), account_token_file=str(token))
        await until(lambda: place.connected("mine"))
        assert [node.name for node in place.server.live.nodes()] == ["mine"]


async def joining(place: Site, node: str | None = None) -> Secret:
    """A join token, as `gobs join create` makes it."""
    join_id, kept, token = new_token(own_authority(place.certs.ca.read_bytes()))
    await place.server._store.opened()
    await place.server._store.do(lambda: make_join(join_id, kept, node, timedelta(hours=1)))
    return Secret(token)


async def test_one_token_and_the_servers_address_are_all_it_takes_to_join(tmp_path: Path) -> None:
    """No certificate is carried anywhere: the token names the authority, and the agent keeps it with its credential."""
    state = tmp_path / "state"
    async with site(tmp_path, token=Secret(marked("somebody-elses"))) as place:
        token = await joining(place)
        first = await place.agent("rack7", state=str(state), join=token)
        await until(lambda: place.connected("rack7"))
        await first.sink.close()
        [kept] = _files(state)
        assert kept.stat().st_mode & 0o777 == 0o600
        assert str(token) not in kept.read_text()
        await place.agent("rack7", "later", state=str(state), join=token)
        await until(lambda: place.kept("rack7", "later") is not None and place.connected("rack7"))
        again = await place.agent("rack7", "without the token", state=str(state))
        await until(lambda: again.sessions)


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_a_revoked_agent_is_out_within_seconds_and_back_with_a_new_token(tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    async with site(tmp_path, token=Secret(marked("somebody-elses"))) as place:
        token = await joining(place)
        agent = await place.agent("rack7", state=state, join=token)
        await until(lambda: place.connected("rack7"))
        with capture_logs() as logs:
            await place.server._store.do(lambda: revoke_joins([str(token).split(".")[1]]))
            await until(lambda: not place.connected("rack7"), seconds=15)
            await until(lambda: any(line["event"] == "the server refuses us" for line in logs))
        assert "revoked" in str(logs)
        await agent.sink.close()
        await place.agent("rack7", "later", state=state, join=await joining(place))
        await until(lambda: place.connected("rack7"))


def nowhere(token: str) -> str:
    return f"{token[:-43]}{'A' * 43}"


@pytest.mark.parametrize("change", [nowhere], ids=["another authority's fingerprint"])
async def test_an_agent_shows_its_token_to_no_server_but_the_one_it_is_for(
    change: Callable[[str], str], tmp_path: Path
) -> None:
    async with site(tmp_path, token=Secret(marked("somebody-elses"))) as place:
        token = Secret(change(str(await joining(place))))
        with capture_logs() as logs:
            await place.agent("rack7", state=str(tmp_path / "state"), join=token)
            await until(lambda: bool(logs))
        assert "is not the server that the join token is from" in logs[0]["why"]
        assert place.server.metrics.count("gobs_server_refused_streams", reason="denied") == 0
        assert str(token) not in repr(logs)
