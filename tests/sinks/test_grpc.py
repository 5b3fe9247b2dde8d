"""The sink against a real gRPC server that does what a script says."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import grpc
import pytest
from structlog.testing import capture_logs

from gobs_core import Frame, NoData, PluginState, Reading, RowValues, Secret, Source, Table, counter, gauge, info, key
from gobs_proto import gobs_pb2 as pb
from gobs_sinks.grpc import GrpcConfig, GrpcSink
from gobs_sinks.grpc.session import Patience
from tests.sinks.server import Memory, Peer, ScriptedServer, accept, serving, truth, until
from tests.support.ports import free_port
from tests.support.secrets import marked
from tests.support.sinks import connected
from tests.support.soak import counts

T = Table("t", "A table.", (key("k", "Key."), counter("n", "Count."), info("i", "Text."), gauge("r", "Real.")))
BIG = Table("big", "Random texts.", (key("k", "Key."), info("text", "Text."), counter("n", "Count.")))


class Agent:
    """Makes frames and gives them to a sink."""

    def __init__(self, sink: GrpcSink, seed: int = 5) -> None:
        self.sink = sink
        self.frames: list[Frame] = []
        self.dice = random.Random(seed)
        self.rows: dict[str, RowValues] = {}
        self.slowest = 0.0

    async def tick(self, count: int = 1, rows: int = 6, text: int = 8) -> None:
        for _ in range(count):
            for _ in range(rows):
                name = f"row {self.dice.randint(0, rows)}"
                if self.dice.random() < 0.1:
                    self.rows.pop(name, None)
                else:
                    words = self.dice.randbytes(text).hex() if self.dice.random() < 0.5 else "same"
                    self.rows[name] = (name, self.dice.getrandbits(40), words, self.dice.random())
            sequence = len(self.frames) + 1
            now = sequence * 5 * 10**9
            frame = Frame(sequence, 10**18 + now, now, (Reading(T, list(self.rows.values()), now),))
            self.frames.append(frame)
            before = time.perf_counter()
            await self.sink.send(frame)
            self.slowest = max(self.slowest, time.perf_counter() - before)
            await asyncio.sleep(0)


class Pauses:
    """Stands for asyncio.sleep between attempts: remembers, and hardly waits."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await asyncio.sleep(0.01)


def source(**given: Any) -> Source:
    values: dict[str, Any] = {
        "node": "nöde",
        "version": "1.2",
        "run": "r1",
        "boot_id": "b",
        "tables": (T, BIG),
        **given,
    }
    return Source(**values)


@asynccontextmanager
async def agent_of(
    port: int, *, patience: Patience | None = None, of: Source | None = None, **config: Any
) -> AsyncIterator[Agent]:
    settings = GrpcConfig(**{"server": f"127.0.0.1:{port}", **config})
    sink = GrpcSink(settings, of or source(), sleep=Pauses(), dice=lambda: 0.5, patience=patience)
    await sink.open()
    try:
        yield Agent(sink)
    finally:
        async with asyncio.timeout(3):
            await sink.close()
        await sink.close()


def memory() -> Memory:
    return Memory((T, BIG))


def attempts(agent: Agent) -> int:
    """How often it tried in vain."""
    return agent.sink.link._backoff._failures if agent.sink.link else 0


async def flow(server: ScriptedServer, agent: Agent, ticks: int) -> None:
    """Tick no faster than the server takes frames."""
    for _ in range(ticks):
        await agent.tick()
        await server.until(lambda: len(server.memory.live) == len(agent.frames))


async def flow_on(server: ScriptedServer, agent: Agent) -> None:
    """Tick on until the server has everything, whatever the connection still does, and look at it."""
    async with asyncio.timeout(30):
        while len(server.memory.states) < len(agent.frames):
            await agent.tick(rows=1)
            await asyncio.sleep(0.05)
    await until_all(server, agent)


async def until_all(server: ScriptedServer, agent: Agent) -> None:
    """Wait until the server has every frame, and look that each is as it was read and came once."""
    await server.until(lambda: len(server.memory.states) == len(agent.frames))
    assert server.memory.states == truth(agent.frames)
    assert len(set(server.memory.live)) == len(server.memory.live)
    assert len(set(server.memory.segments)) == len(server.memory.segments)


async def test_frames_arrive_as_they_were_read_and_are_acknowledged() -> None:
    async with serving(memory()) as server, agent_of(server.port) as agent:
        await server.until(lambda: connected(agent.sink))
        await flow(server, agent, 30)
        await until_all(server, agent)
        assert server.memory.live == list(range(1, 31))
        await server.until(lambda: agent.sink.link is not None and agent.sink.link.totals.acked == 30)
        assert not server.peers[0].decoder.resent


async def test_hello_says_who_where_and_what() -> None:
    states = (PluginState(kind="collector", name="cpu", version="0.1", rows=3, unknown={"cpu.x": "why\udcff"}),)
    of = source(plugins=lambda: states, interval=2.5, intervals={"big": 60.0})
    async with serving(memory()) as server, agent_of(server.port, of=of, token=Secret(marked("token"))) as agent:
        await server.until(lambda: connected(agent.sink))
        peer = server.peers[0]
        hello = peer.hello
        assert peer.metadata["authorization"] == f"Bearer {marked('token')}"
        assert peer.metadata["gobs-node"] == "n%C3%B6de"
        assert (hello.node, hello.agent_version, hello.boot_id, hello.run) == ("nöde", "1.2", "b", "r1")
        assert (hello.protocol, hello.interval_ms) == (1, 2500)
        assert abs(hello.wall_ns - time.time_ns()) < 60 * 10**9
        assert [(table.name, table.interval_ms) for table in hello.tables] == [("t", 0), ("big", 60_000)]
        columns = hello.tables[0].columns
        assert [column.kind for column in columns] == [1, 2, 5, 3]
        assert [column.scale for column in columns] == [0, 1, 0, 0]
        assert hello.plugins[0].rows == 3
        assert dict(hello.plugins[0].unknown) == {"cpu.x": "why\\udcff"}


async def test_what_was_read_before_the_server_came_follows_after_the_first_live_frame_oldest_first() -> None:
    port = free_port()
    async with agent_of(port) as agent:
        await agent.tick(200)
        async with serving(memory(), port=port) as server:
            await server.until(lambda: connected(agent.sink))
            await agent.tick()
            await until_all(server, agent)
            assert server.memory.order[0] == "live 201"
            past = [first for first, _ in server.memory.segments]
            assert past == sorted(past)
            assert len(past) > 2


async def test_a_connection_dropped_in_the_middle_of_a_frame_loses_and_doubles_nothing() -> None:
    async def drop(peer: Peer) -> None:
        await peer.greet()
        while (message := await peer.next()) and not message.frame.more:
            await peer.take(message)
        await peer.context.abort(grpc.StatusCode.UNAVAILABLE, "gone")

    async with serving(memory(), drop, drop, accept) as server, agent_of(server.port) as agent:
        for sessions in (1, 2, 3):
            await server.until(lambda wanted=sessions: connected(agent.sink) and len(server.peers) == wanted)  # type: ignore[misc]
            await agent.tick(3)
            await asyncio.sleep(0.05)
            if sessions < 3:
                await agent.tick(rows=3000, text=500)
        await until_all(server, agent)


@pytest.mark.parametrize("seed", range(3))
@counts("ticks", reduced=150, full=3_000)
async def test_whatever_the_connection_does_every_frame_arrives_once(seed: int, ticks: int) -> None:
    dice = random.Random(seed)
    done = False

    async def moody(peer: Peer) -> None:
        if dice.random() < 0.2 and not done:
            await peer.context.abort(grpc.StatusCode.UNAVAILABLE, "not today")
        await peer.greet(history_seconds=10**6)
        if done:
            return await peer.serve()
        await peer.serve(dice.randint(0, 12))
        if dice.random() < 0.5:
            await peer.context.abort(grpc.StatusCode.UNAVAILABLE, "enough")
        return None

    async with serving(memory(), moody) as server, agent_of(server.port, keyframe=5.0) as agent:
        while len(agent.frames) < ticks or len(server.peers) < 4:
            await agent.tick()
            if dice.random() < 0.3:
                await asyncio.sleep(0.01)
        done = True
        before = len(server.peers)
        await server.until(lambda: len(server.peers) > before or connected(agent.sink))
        await flow_on(server, agent)
        assert agent.sink.dropped() == 0


async def test_a_restarted_server_that_forgot_everything_is_filled_from_the_ring() -> None:
    async with AsyncExitStack() as stack:
        async with serving(memory()) as first:
            agent = await stack.enter_async_context(agent_of(first.port))
            await first.until(lambda: connected(agent.sink))
            await flow(first, agent, 50)
            await until_all(first, agent)
        await agent.tick(5)
        async with serving(memory(), port=first.port) as second:
            await second.until(lambda: bool(second.peers) and connected(agent.sink))
            await agent.tick(2)
            await until_all(second, agent)


async def test_only_what_the_server_lacks_is_sent() -> None:
    port = free_port()
    async with agent_of(port) as agent:
        await agent.tick(600, rows=2)
        assert agent.sink.recorder is not None
        segments = [(segment.first, segment.last) for segment in agent.sink.recorder.ring]

        async def claim(peer: Peer) -> None:
            await peer.greet(have=[pb.Range(first=segments[1][0], last=segments[-2][1])])
            await peer.serve()

        async with serving(memory(), claim, port=port) as server:
            await server.until(lambda: connected(agent.sink))
            await agent.tick()
            await server.until(lambda: len(server.memory.segments) == 3)
            assert server.memory.segments == [segments[0], segments[-1], (segments[-1][1] + 1, 600)]


@pytest.mark.parametrize(("seconds", "least"), [(0, 0), (400, 2), (3600, 8)])
async def test_nothing_older_than_the_server_keeps_is_sent(seconds: int, least: int) -> None:
    async def keep(peer: Peer) -> None:
        await peer.greet(history_seconds=seconds)
        await peer.serve()

    port = free_port()
    async with agent_of(port) as agent:
        await agent.tick(200, rows=3)
        async with serving(memory(), keep, port=port) as server:
            await server.until(lambda: connected(agent.sink))
            await agent.tick()
            assert agent.sink.recorder is not None
            since = agent.frames[-1].monotonic_ns - seconds * 10**9
            wanted = [(one.first, one.last) for one in agent.sink.recorder.ring if one.monotonic_ns >= since]
            assert len(wanted) >= least
            await server.until(lambda: server.memory.segments == wanted and server.memory.live == [201])
            await asyncio.sleep(0.1)
            assert server.memory.segments == wanted


async def test_a_server_that_takes_nothing_costs_no_waiting_and_nothing_is_lost() -> None:
    release = asyncio.Event()

    async def stall(peer: Peer) -> None:
        await peer.greet()
        await release.wait()
        await peer.serve()

    async with serving(memory(), stall) as server, agent_of(server.port) as agent:
        await server.until(lambda: connected(agent.sink))
        await agent.tick(80, rows=300, text=400)
        assert agent.sink.link is not None
        assert agent.sink.link.totals.skipped > 40
        assert agent.slowest < 2
        release.set()
        await flow_on(server, agent)
        assert len(server.peers) == 1
        assert agent.sink.dropped() == 0, "skipped, and filled in later"


async def test_frames_that_go_from_a_full_ring_before_the_server_comes_are_told_as_dropped() -> None:
    port = free_port()
    async with agent_of(port, ring=65536, keyframe=5.0) as agent:
        await agent.tick(60, rows=50, text=200)
        lost = agent.sink.dropped()
        assert 20 < lost < 60
        assert agent.sink.acknowledged() is None
        async with serving(memory(), port=port) as server:
            await server.until(lambda: connected(agent.sink))
            await agent.tick()
            await server.until(lambda: len(server.memory.states) + agent.sink.dropped() == 61)
            assert agent.sink.dropped() >= lost
            assert min(server.memory.states) == agent.sink.dropped() + 1, "neither more nor less than what is told"
            await server.until(lambda: agent.sink.acknowledged() == 61)


async def test_frames_that_go_from_a_full_ring_once_the_server_has_them_are_not_dropped() -> None:
    async with serving(memory()) as server, agent_of(server.port, ring=65536, keyframe=5.0) as agent:
        await server.until(lambda: connected(agent.sink))
        for _ in range(60):
            await agent.tick(rows=50, text=200)
            await server.until(lambda: len(server.memory.live) == len(agent.frames))
        assert agent.sink.recorder is not None
        assert agent.sink.recorder.ring.evicted > 10
        await server.until(lambda: agent.sink.acknowledged() == 60)
        assert agent.sink.dropped() == 0


async def test_frames_skipped_for_a_slow_server_that_go_before_they_are_filled_in_are_told_as_dropped() -> None:
    release = asyncio.Event()

    async def stall(peer: Peer) -> None:
        await peer.greet()
        await release.wait()
        await peer.serve()

    async with serving(memory(), stall) as server, agent_of(server.port, ring=65536) as agent:
        await server.until(lambda: connected(agent.sink))
        await agent.tick(80, rows=300, text=400)
        assert agent.sink.recorder is not None
        assert agent.sink.recorder.ring.evicted > 0
        assert agent.sink.dropped() == 0, "some may still be on their way"
        release.set()
        async with asyncio.timeout(20):
            while len(server.memory.states) + agent.sink.dropped() < len(agent.frames) - 1:
                await agent.tick(rows=1)
                await asyncio.sleep(0.05)
        assert agent.sink.dropped() > 20
        assert len(server.memory.states) + agent.sink.dropped() <= len(agent.frames)


async def test_a_server_that_takes_nothing_for_too_long_is_left() -> None:
    async def stall(peer: Peer) -> None:
        await peer.greet()
        await asyncio.sleep(20)

    async with (
        serving(memory(), stall, accept) as server,
        agent_of(server.port, patience=Patience(stall=0.5)) as agent,
    ):
        await server.until(lambda: connected(agent.sink))
        await agent.tick(20, rows=300, text=400)
        await server.until(lambda: len(server.peers) >= 2 and connected(agent.sink))
        await flow_on(server, agent)


async def test_a_server_that_never_welcomes_is_left() -> None:
    async def silent(peer: Peer) -> None:
        await peer.next()
        await asyncio.sleep(20)

    async with (
        serving(memory(), silent, accept) as server,
        agent_of(server.port, patience=Patience(welcome=0.5)) as agent,
    ):
        await agent.tick(3)
        await server.until(lambda: connected(agent.sink))
        await flow_on(server, agent)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (grpc.StatusCode.UNAUTHENTICATED, "token"),
        (grpc.StatusCode.ALREADY_EXISTS, "--node"),
        (grpc.StatusCode.FAILED_PRECONDITION, "version"),
    ],
)
async def test_a_refusal_is_said_once_with_advice_and_tried_again(code: grpc.StatusCode, advice: str) -> None:
    async def refuse(peer: Peer) -> None:
        await peer.context.abort(code, "no")

    with capture_logs() as logs:
        async with serving(memory(), *[refuse] * 5, accept) as server, agent_of(server.port) as agent:
            await server.until(lambda: connected(agent.sink))
            refusals = [line for line in logs if line["event"] == "the server refuses us"]
            assert len(refusals) == 1
            assert refusals[0]["code"] == code.name
            assert advice in refusals[0]["advice"]
            assert logs[-1]["event"] == "connected"


async def test_reasons_that_alternate_are_each_said_once_until_it_is_connected() -> None:
    async def refuse(peer: Peer) -> None:
        await peer.context.abort(grpc.StatusCode.FAILED_PRECONDITION, "no")

    async def lose(peer: Peer) -> None:
        await peer.context.abort(grpc.StatusCode.UNAVAILABLE, "gone")

    with capture_logs() as logs:
        async with serving(memory(), refuse, lose, refuse, lose, accept) as server, agent_of(server.port) as agent:
            await server.until(lambda: connected(agent.sink))
    assert [line["event"] for line in logs][:3] == [
        "the server refuses us",
        "cannot reach the server",
        "connected",
    ]


async def test_a_server_that_is_not_there_is_said_once_and_when_it_is_back() -> None:
    port = free_port()
    with capture_logs() as logs:
        async with agent_of(port) as agent:
            await until(lambda: attempts(agent) >= 4)
            async with serving(memory(), port=port) as server:
                await server.until(lambda: connected(agent.sink))
    assert [line["event"] for line in logs if line["log_level"] != "debug"][:2] == [
        "cannot reach the server",
        "connected",
    ]


async def test_bye_is_obeyed() -> None:
    async def bye(peer: Peer) -> None:
        await peer.greet()
        await peer.send(bye=pb.Bye(reason="restarting", retry_after_ms=7000))

    async with serving(memory(), bye, accept) as server, agent_of(server.port) as agent:
        await server.until(lambda: len(server.peers) == 2 and connected(agent.sink))
        pauses = agent.sink._sleep
        assert isinstance(pauses, Pauses)
        assert pauses.asked == [7 * 1.125]


@pytest.mark.parametrize("protocol", [2, 0])
async def test_another_protocol_is_said_and_frames_flow(protocol: int) -> None:
    async def other(peer: Peer) -> None:
        await peer.greet(protocol=protocol)
        await peer.context.write(pb.ServerMessage())
        await peer.serve()

    with capture_logs() as logs:
        async with serving(memory(), other) as server, agent_of(server.port) as agent:
            await server.until(lambda: connected(agent.sink))
            await agent.tick(2)
            await until_all(server, agent)
    said = [line for line in logs if "its_protocol" in line]
    assert [line["event"] for line in said] == [f"the server is {'newer' if protocol else 'older'}"]


async def test_a_segment_that_breaks_the_stream_is_given_up_the_third_time_and_the_rest_arrives() -> None:
    async def picky(peer: Peer) -> None:
        await peer.greet()
        while (message := await peer.next()) is not None:
            if message.WhichOneof("kind") == "segment" and message.segment.first_sequence == 1:
                await peer.context.abort(grpc.StatusCode.INVALID_ARGUMENT, "cannot read it")
            await peer.take(message)

    port = free_port()
    with capture_logs() as logs:
        async with agent_of(port) as agent:
            await agent.tick(400, rows=2)
            assert agent.sink.recorder is not None
            last = next(iter(agent.sink.recorder.ring)).last
            async with serving(memory(), picky, port=port) as server:
                while len(server.memory.states) < len(agent.frames) - last:
                    await agent.tick(rows=1)
                    await asyncio.sleep(0.05)
                assert min(server.memory.states) == last + 1
                assert agent.sink.link is not None
                assert agent.sink.link.poison.given_up == 1
                assert agent.sink.dropped() == last
                assert len(server.peers) >= 4
    assert [line["first_sequence"] for line in logs if "again and again" in line["event"]] == [1]


async def test_a_server_killed_while_it_is_filled_blames_no_segment() -> None:
    async def die(peer: Peer) -> None:
        await peer.greet()
        while (message := await peer.next()) is not None:
            if message.WhichOneof("kind") == "segment":
                await peer.context.abort(grpc.StatusCode.UNAVAILABLE, "killed")
            await peer.take(message)

    async with serving(memory(), *[die] * 5, accept) as server, agent_of(server.port) as agent:
        await agent.tick(100)
        await flow_on(server, agent)


async def test_questions_are_answered_in_json_and_errors_in_words() -> None:
    async def inspect(table: str, keys: tuple[str, ...], sections: tuple[str, ...]) -> Mapping[str, object]:
        match keys:
            case ("gone",):
                raise NoData("process 7 has ended")
            case ("large",):
                return {"x": "y" * (1 << 20)}
            case ("broken",):
                raise ZeroDivisionError("oops")
            case ("nobody",):
                raise KeyError(table)
        return {"table": table, "sections": sections, "nan": float("nan"), "limits": [1, {"soft": None}]}

    async def ask(peer: Peer) -> None:
        await peer.greet()
        for number, name in enumerate(["good", "gone", "large", "broken", "nobody"], 1):
            await peer.send(inspect=pb.Inspect(id=number, table="process", key=[name], sections=["limits"]))
            message = await peer.next()
            while message is not None and message.WhichOneof("kind") != "answer":
                message = await peer.next()
        await peer.serve()

    async with serving(memory(), ask) as server, agent_of(server.port, of=source(inspect=inspect)) as agent:
        await agent.tick(3)
        await server.until(
            lambda: (
                len([1 for message in server.peers[0].messages if message.answer.id]) == 5 if server.peers else False
            )
        )
        answers = [message.answer for message in server.peers[0].messages if message.answer.id]
        assert [answer.id for answer in answers] == [1, 2, 3, 4, 5]
        assert json.loads(answers[0].json) == {
            "table": "process",
            "sections": ["limits"],
            "nan": None,
            "limits": [1, {"soft": None}],
        }
        assert answers[1].error == "process 7 has ended"
        assert "more than a message may" in answers[2].error
        assert answers[3].error == "reading it failed: ZeroDivisionError: oops"
        assert "'process'" in answers[4].error


async def test_states_of_plugins_are_sent_when_they_change() -> None:
    state = PluginState(kind="collector", name="cpu")
    of = source(plugins=lambda: (state,))
    async with serving(memory()) as server, agent_of(server.port, of=of) as agent:
        await server.until(lambda: connected(agent.sink))
        await flow(server, agent, 5)
        state = PluginState(kind="collector", name="cpu", state="failing", error="x\ud800", runs=8)
        await flow(server, agent, 5)
        await until_all(server, agent)
        told = [message.plugins.plugins[0] for message in server.peers[0].messages if message.plugins.plugins]
        assert [(plugin.state, plugin.error) for plugin in told] == [("ok", ""), ("failing", "x\\ud800")]


async def test_no_message_is_larger_than_the_server_wants() -> None:
    async def small(peer: Peer) -> None:
        await peer.greet(max_message_bytes=70_000)
        await peer.serve()

    async with serving(memory(), small) as server, agent_of(server.port) as agent:
        await server.until(lambda: connected(agent.sink))
        await agent.tick(3, rows=1000, text=300)
        await until_all(server, agent)
        assert max(message.ByteSize() for message in server.peers[0].messages[1:]) <= 70_000


async def test_closing_sends_what_waits_and_ends_the_stream_in_order() -> None:
    ended = asyncio.Event()

    async def watch(peer: Peer) -> None:
        await accept(peer)
        ended.set()

    async with serving(memory(), watch) as server:
        async with agent_of(server.port) as agent:
            await server.until(lambda: connected(agent.sink))
            await agent.tick(5)
        assert server.memory.live == [1, 2, 3, 4, 5]
        assert ended.is_set()


async def test_closing_waits_for_no_server_that_stalls() -> None:
    async def stall(peer: Peer) -> None:
        await peer.greet()
        await asyncio.sleep(60)

    async with serving(memory(), stall) as server:
        async with agent_of(server.port) as agent:
            await server.until(lambda: connected(agent.sink))
            await agent.tick(20, rows=300, text=400)
            began = time.monotonic()
        assert time.monotonic() - began < 15


async def test_a_sink_that_was_never_opened_closes() -> None:
    sink = GrpcSink(GrpcConfig(), source())
    await sink.close()
    await sink.close()


async def test_a_mistake_in_a_session_is_said_and_the_next_one_works() -> None:
    failing = True

    def states() -> tuple[PluginState, ...]:
        if failing:
            raise ZeroDivisionError("oops")
        return ()

    with capture_logs() as logs:
        async with serving(memory()) as server, agent_of(server.port, of=source(plugins=states)) as agent:
            await until(lambda: attempts(agent) >= 3)
            failing = False
            await server.until(lambda: connected(agent.sink))
            await flow(server, agent, 3)
            await until_all(server, agent)
    assert [line["event"] for line in logs][:2] == ["the session failed", "connected"]


@pytest.mark.parametrize("node", ["n\n\udcff", "a b", "ü" * 200])
async def test_any_name_of_a_node_can_be_sent(node: str) -> None:
    async with serving(memory()) as server, agent_of(server.port, of=source(node=node)) as agent:
        await server.until(lambda: connected(agent.sink))
        assert server.peers[0].hello.node == node.encode("utf-8", "backslashreplace").decode()
        assert server.peers[0].metadata["gobs-node"].isascii()


async def test_what_cannot_be_sent_is_said_once() -> None:
    async with serving(memory()) as server, agent_of(server.port) as agent:
        with capture_logs() as logs:
            for sequence in (1, 2):
                rows: Any = [("a", 2**70, "x", 1.0)]
                await agent.sink.send(Frame(sequence, 0, sequence, (Reading(T, rows, sequence),)))
        assert [(line["table"], line["reason"]) for line in logs if line["event"] == "left out of a frame"] == [
            ("t", "integer beyond 62 bits")
        ]


async def test_a_plugin_that_somebody_wants_to_be_tried_again_is_named_to_the_agent() -> None:
    named: list[tuple[str, str]] = []

    def retry(kind: str, name: str) -> bool:
        named.append((kind, name))
        return True

    async def want(peer: Peer) -> None:
        await peer.greet()
        await peer.send(retry_plugin=pb.RetryPlugin(kind="collector", name="entropy"))
        await peer.serve()

    async with serving(memory(), want) as server, agent_of(server.port, of=source(retry=retry)) as agent:
        await server.until(lambda: bool(named))
        await flow(server, agent, 1)
    assert named == [("collector", "entropy")]
