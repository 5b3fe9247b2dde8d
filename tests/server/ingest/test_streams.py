"""Streams over a real port: Hello, frames, acknowledgements, and what ends them."""

from __future__ import annotations

import asyncio
import itertools
import random

import grpc
import pytest

from gobs_core import PluginState, Table, counter, info, key
from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import MAX_MESSAGE_BYTES
from tests.server.ingest.rig import TABLE, Rig
from tests.support.frames import hello_of
from tests.support.waiting import until


async def test_an_agent_is_welcomed_and_its_frames_are_live_and_acknowledged() -> None:
    async with Rig() as rig:
        agent = await rig.agent(agent_version="9.9")
        assert agent.welcome.protocol == 1
        assert agent.welcome.history_seconds == 3600
        assert agent.welcome.max_message_bytes == MAX_MESSAGE_BYTES
        assert agent.welcome.session
        await agent.send(1, 2)
        await agent.send(5, 6)
        await agent.acknowledged(2)
        assert rig.values() == {("0",): 5, ("1",): 6}
        node = rig.node()
        assert (node.connected, node.state, node.agent_version, node.frames) == (True, "fresh", "9.9", 2)
        view = rig.history.at("n1", "t", rig.clock.wall())
        assert view is not None
        assert view.rates["c"].tolist() == [4, 4]
        await agent.done()
        assert (await agent.end())[0] == grpc.StatusCode.OK
        assert not node.connected


async def test_a_server_that_keeps_no_past_asks_for_none() -> None:
    async with Rig(history=0) as rig:
        agent = await rig.agent()
        await agent.send(1)
        await agent.acknowledged(1)
        assert agent.welcome.history_seconds == 0
        assert rig.history.span("n1") is None
        assert rig.history.at("n1", "t", rig.clock.wall()) is None


async def test_silence_is_ended() -> None:
    async with Rig(patience=0.2) as rig:
        agent = await rig.call()
        assert await agent.end() == (grpc.StatusCode.DEADLINE_EXCEEDED, "no Hello within 0.2 s")
        assert rig.metrics.count("gobs_server_refused_streams", reason="hello") == 1


async def test_anything_before_hello_is_refused() -> None:
    async with Rig() as rig:
        for raw, text in (
            (pb.AgentMessage(frame=pb.Frame(sequence=1)).SerializeToString(), "the first message must be Hello"),
            (b"\xff" * 30, "the first message is no AgentMessage"),
            (b"", "the first message must be Hello"),
        ):
            agent = await rig.call()
            await agent.say_bytes(raw)
            code, details = await agent.end()
            assert code == grpc.StatusCode.INVALID_ARGUMENT
            assert text in details
        assert rig.live.nodes() == []


@pytest.mark.parametrize(
    ("hello", "text"),
    [
        ({"node": ""}, "a node's name"),
        ({"node": "x" * 254}, "a node's name"),
        ({"node": "a\nb"}, "a node's name"),
        ({"node": " a"}, "a node's name"),
        ({"run": ""}, "run"),
        ({"run": "r" * 1000}, "run"),
        ({"run": "a\0b"}, "run"),
        ({"boot_id": "a\0b"}, "boot_id"),
        ({"agent_version": "1\0"}, "agent_version"),
        ({"agent_version": "1" * 1000}, "agent_version"),
        ({"node": "."}, "a node's name"),
        ({"node": ".."}, "a node's name"),
        ({"protocol": 0}, "protocol"),
        ({"interval_ms": 0}, "interval"),
        ({"interval_ms": 2**32 - 1}, "interval"),
    ],
)
async def test_a_hello_that_cannot_be_is_refused_by_name(hello: dict[str, object], text: str) -> None:
    async with Rig() as rig:
        agent = await rig.call()
        await agent.say(hello=hello_of(TABLE, **hello))  # type: ignore[arg-type]
        code, details = await agent.end()
        assert code == grpc.StatusCode.INVALID_ARGUMENT
        assert text in details


async def test_a_newer_agent_is_served_and_the_node_says_so() -> None:
    async with Rig() as rig:
        agent = await rig.agent(protocol=7)
        assert agent.welcome.protocol == 1
        await agent.send(1)
        await agent.acknowledged(1)
        assert rig.node().protocol == 1
        assert "speaks a newer protocol (7) than this server (1)" in rig.node().notes[0]


@pytest.mark.parametrize(("seconds", "said"), [(120, "120 s ahead of"), (-86_400, "86400 s behind"), (20, "")])
async def test_a_clock_that_is_off_is_said_and_breaks_nothing(seconds: int, said: str) -> None:
    async with Rig() as rig:
        agent = await rig.agent(wall_ns=int((rig.clock.wall() + seconds) * 1e9))
        for value in (1, 2):
            await agent.send(value)
        await agent.acknowledged(2)
        assert rig.node().notes == ((f"its clock is {said} the server's",) if said else ())


async def test_messages_of_a_newer_protocol_are_left_out_and_counted() -> None:
    async with Rig() as rig:
        agent = await rig.agent()
        await agent.say_bytes(b"\x9a\x06\x03abc")
        await agent.send(1)
        await agent.acknowledged(1)
        assert rig.node().dropped == {"unknown message": 1}


async def test_a_table_this_server_cannot_read_is_left_out_with_its_reason() -> None:
    newer = hello_of(TABLE, Table("fine", "", (key("k", ""), counter("c", ""))))
    newer.tables[0].columns.add(name="odd", kind=99)
    async with Rig() as rig:
        agent = await rig.call()
        agent.sender.tables = (TABLE, TABLE)
        await agent.say(hello=newer)
        await agent.hear()
        frame = agent.sender.frame({("a",): (1,)})
        frame.tables.add(table=1, new=[0], keys=[1])
        await agent.say(frame=frame)
        await agent.acknowledged(1)
        node = rig.node()
        assert list(node.tables) == ["fine"]
        assert "column 'odd'" in node.notes[0]
        assert node.dropped == {"unknown table": 1}


async def test_a_unit_of_a_newer_agent_is_shown_as_a_bare_number() -> None:
    newer = hello_of(TABLE)
    newer.tables[0].columns[1].unit = "parsecs"
    async with Rig() as rig:
        agent = await rig.call()
        await agent.say(hello=newer)
        await agent.hear()
        await agent.send(1)
        await agent.acknowledged(1)
        assert rig.node().tables["t"].table.column("c").unit == "none"


async def test_a_bad_frame_ends_the_stream_keeps_what_was_and_costs_one_frame() -> None:
    async with Rig() as rig:
        agent = await rig.agent()
        await agent.send(1)
        frame = agent.sender.frame({("0",): (5,)})
        frame.tables[0].gaps[0] = 700
        await agent.say(frame=frame)
        code, details = await agent.end()
        assert code == grpc.StatusCode.INVALID_ARGUMENT
        assert "keyframe" in details
        assert "table 't': cell 700" in details
        assert rig.values() == {("0",): 1}
        assert rig.node().dropped == {"cells": 1}
        assert rig.metrics.count("gobs_server_dropped", reason="cells") == 1
        again = await rig.agent()
        assert [(have.first, have.last) for have in again.welcome.have] == [(1, 1)]
        again.sender.sequence, again.sender.monotonic_ns = 5, agent.sender.monotonic_ns
        await again.send(9, keyframe=True)
        await again.acknowledged(6)
        assert rig.values() == {("0",): 9}


@pytest.mark.parametrize("name", ["nonsense", "cut off", "deep"])
async def test_bytes_that_are_no_message_end_the_stream_and_nothing_else(name: str) -> None:
    deep = b""
    for _ in range(300):
        deep = b"\x0a" + bytes([len(deep) & 0x7F]) + deep
    raw = {"nonsense": b"\xff" * 100, "cut off": b"\x12\x7fabc", "deep": b"\x12\x05\x32\x7f" + deep}[name]
    async with Rig() as rig:
        agent, other = await rig.agent(), await rig.agent(node="n2")
        await agent.say_bytes(raw)
        assert (await agent.end())[0] == grpc.StatusCode.INVALID_ARGUMENT
        await other.send(3)
        await other.acknowledged(1)


async def test_random_bytes_never_hurt_the_server() -> None:
    dice = random.Random(7)
    async with Rig() as rig:
        other = await rig.agent(node="n2")
        for _ in range(150):
            agent = await rig.agent()
            kind = dice.choice((b"\x12", b"\x1a", b"\x22", b"\x2a"))
            body = dice.randbytes(dice.randrange(60))
            await agent.say_bytes(kind + bytes([len(body)]) + body)
            await agent.done()
            assert (await agent.end())[0] in (grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT)
        await other.send(3)
        await other.acknowledged(1)


async def test_a_message_beyond_the_limit_ends_the_stream() -> None:
    async with Rig() as rig:
        agent = await rig.agent()
        await agent.say_bytes(b"\x2a" + b"x" * (MAX_MESSAGE_BYTES + 1))
        assert (await agent.end())[0] == grpc.StatusCode.RESOURCE_EXHAUSTED
        await until(lambda: not rig.node().connected)


async def test_a_second_hello_is_refused() -> None:
    async with Rig() as rig:
        agent = await rig.agent()
        await agent.say(hello=hello_of(TABLE))
        code, details = await agent.end()
        assert code == grpc.StatusCode.INVALID_ARGUMENT
        assert "second Hello" in details


async def test_a_frame_in_parts_is_one_frame() -> None:
    wide = Table("t", "", (key("k", ""), counter("c", ""), info("i", "")))
    async with Rig() as rig:
        agent = await rig.agent(tables=(wide,))
        whole = agent.sender.frame({("a",): (1, "x"), ("b",): (2, "y")})
        texts, tables = pb.Frame(), pb.Frame()
        for part in (texts, tables):
            part.CopyFrom(whole)
        texts.ClearField("tables")
        texts.more = True
        tables.ClearField("texts")
        await agent.say(frame=texts)
        await agent.say(frame=tables)
        await agent.acknowledged(1)
        assert rig.values() == {("a",): 1, ("b",): 2}
        view = rig.history.at("n1", "t", rig.clock.wall())
        assert view is not None
        assert view.infos["i"] == ["x", "y"]


async def test_plugins_are_told_and_told_again_when_they_change() -> None:
    async with Rig() as rig:
        agent = await rig.agent()
        states = pb.PluginStates()
        states.plugins.add(kind="collector", name="cpu", state="failing", duration=float("nan"), rows=-1)
        states.plugins[0].unknown["cpu.steal"] = "old kernel"
        states.plugins[0].needs["Linux 2.6.11"] = False
        states.plugins[0].api = 1
        version = rig.live.version
        await agent.say(plugins=states)
        await until(lambda: rig.node().plugins)
        assert rig.node().plugins == (
            PluginState(
                kind="collector",
                name="cpu",
                state="failing",
                api=1,
                unknown={"cpu.steal": "old kernel"},
                needs={"Linux 2.6.11": False},
            ),
        )
        assert rig.live.version > version


async def test_a_clock_that_jumps_breaks_no_rate_and_no_order() -> None:
    async with Rig() as rig:
        agent = await rig.agent(wall_ns=int((rig.clock.wall() - 7200) * 1e9))
        assert rig.node().skew == pytest.approx(-7200, abs=2)
        assert "its clock is 7200 s behind the server's" in rig.node().notes
        for number, jump in enumerate((0, 86_400, -2 * 86_400, 10)):
            agent.sender.wall_ns += jump * 10**9
            await agent.send(number * 10)
        await agent.acknowledged(4)
        now = rig.clock.wall()
        times, values = rig.history.series("n1", "t", "c", ("0",), now - 60, now + 1, rate=True)
        assert values.tolist()[1:] == [10, 10, 10]
        assert all(after > before for before, after in itertools.pairwise(times))


async def test_a_drained_server_says_goodbye_and_lets_none_in() -> None:
    async with Rig() as rig:
        agent = await rig.agent()
        await agent.send(1)
        await agent.acknowledged(1)
        rig.sessions.drain("the server is ending", retry_after_ms=700)
        bye = await agent.hear_of("bye")
        assert (bye.reason, bye.retry_after_ms) == ("the server is ending", 700)
        assert (await agent.end())[0] == grpc.StatusCode.OK
        late = await rig.call()
        await late.say(hello=hello_of(TABLE, node="n2"))
        assert (await late.end())[0] == grpc.StatusCode.UNAVAILABLE


async def test_streams_that_are_cancelled_leave_nothing_behind() -> None:
    async with Rig() as rig:
        before = len(asyncio.all_tasks())
        agents = [await rig.agent(node=f"n{i}") for i in range(20)]
        for agent in agents:
            await agent.send(1)
            agent.cancel()
        await until(lambda: len(rig.sessions) == 0)
        await until(lambda: len(asyncio.all_tasks()) <= before + 2)
        assert all(not node.connected for node in rig.live.nodes())


async def test_of_a_frame_half_sent_only_its_bytes_are_kept() -> None:
    async with Rig() as rig:
        agent = await rig.agent()
        whole = agent.sender.frame({("a",): (1,)})
        whole.more = True
        for _ in range(3):
            await agent.say(frame=whole)
        session = rig.sessions.connected()[0]
        await until(lambda: len(session._raw) == 3)
        kept = [one for value in vars(session).values() if isinstance(value, list) for one in value]
        assert [type(one) for one in kept] == [bytes] * 3


async def test_what_agents_tell_of_their_plugins_is_cut() -> None:
    async with Rig() as rig:
        agent = await rig.agent()
        states = pb.PluginStates()
        states.plugins.add(kind="k" * 1000, name="cpu", state="failing", error="e" * 100_000)
        for place in range(600):
            states.plugins[0].unknown[f"cpu.{place}"] = "r" * 1000
        await agent.say(plugins=states)
        await until(lambda: rig.node().plugins)
        plugin = rig.node().plugins[0]
        assert (len(plugin.kind), len(plugin.error), len(plugin.unknown)) == (200, 16_384, 500)
        assert {len(reason) for reason in plugin.unknown.values()} == {500}
