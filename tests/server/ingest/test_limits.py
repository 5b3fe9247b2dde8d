"""What many peers together may cost: bytes, places, and the patience with one that is refused again and again."""

from __future__ import annotations

import asyncio

import grpc
import pytest

from gobs_proto import gobs_pb2 as pb
from gobs_server.ingest import Door, Identity, Penalties
from gobs_server.ingest.budget import Budget, Slots
from gobs_server.ingest.doors import Caller
from gobs_server.ingest.intake import MOST_BYTES
from gobs_server.trim import Trim, give_back
from tests.server.feeding import HeldClock
from tests.server.ingest.rig import TABLE, Rig
from tests.support.frames import hello_of
from tests.support.waiting import until


def test_a_budget_is_never_overdrawn() -> None:
    budget = Budget(10)
    assert budget.take(10)
    assert not budget.take(1)
    assert budget.held == 10
    budget.give(4)
    assert budget.take(4)


async def test_places_are_given_one_by_one_and_no_holder_has_more_than_its_share() -> None:
    slots = Slots(2, each=1)
    entered: list[str] = []
    leave = asyncio.Event()

    async def hold(holder: str, name: str) -> None:
        async with slots.one(holder) as place:
            entered.append(name if place else f"not {name}")
            await leave.wait()

    tasks = [
        asyncio.create_task(hold(holder, name)) for holder, name in (("a", "a1"), ("a", "a2"), ("", "1"), ("", "2"))
    ]
    await asyncio.sleep(0)
    assert entered == ["a1", "not a2", "1"]
    leave.set()
    await asyncio.gather(*tasks)
    assert entered[-1] == "2"
    async with slots.one("a") as place:
        assert place


async def test_a_place_is_given_back_by_who_gave_up_waiting() -> None:
    slots = Slots(1, each=2)
    async with slots.one("a"):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01), slots.one("a"):
                raise AssertionError
    async with slots.one("a") as place:
        assert place


class ByNode(Door):
    """Everybody is whom they say they are."""

    async def identify(self, caller: Caller) -> Identity:
        node = caller.metadata["gobs-node"]
        return Identity(node, "credential", node)


async def test_one_identity_holds_only_so_many_streams_that_say_nothing() -> None:
    async with Rig(door=ByNode()) as rig:
        mine = (("gobs-node", "n1"),)
        held = [await rig.call(mine) for _ in range(2)]
        await until(lambda: sum(rig.streams._slots._held.values()) == 2)
        code, details = await (await rig.call(mine)).end()
        assert code == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "have said nothing yet" in details
        other = await rig.call((("gobs-node", "n2"),))
        await other.say(hello=hello_of(TABLE))
        assert (await other.hear()).HasField("welcome")
        for agent in held:
            agent.cancel()


async def test_a_peer_that_is_refused_again_and_again_has_to_wait_and_nobody_else() -> None:
    async with Rig(door=ByNode()) as rig:
        bad, good = (("gobs-node", "bad"),), (("gobs-node", "good"),)
        codes = []
        for _ in range(6):
            agent = await rig.call(bad)
            await agent.say_bytes(b"\xff\xff nonsense")
            codes.append((await agent.end())[0])
        assert codes == [grpc.StatusCode.INVALID_ARGUMENT] * 5 + [grpc.StatusCode.UNAVAILABLE]
        agent = await rig.call(good)
        await agent.say(hello=hello_of(TABLE))
        assert (await agent.hear()).HasField("welcome")
        rig.clock.ahead += 31
        agent = await rig.call(bad)
        await agent.say(hello=hello_of(TABLE))
        assert (await agent.hear()).HasField("welcome")


def test_penalties_are_forgotten_with_time_and_bounded_in_number() -> None:
    clock = HeldClock()
    penalties = Penalties(clock)
    for _ in range(4):
        penalties.strike("a")
    clock.move(61)
    penalties.strike("a")
    assert not penalties.waits("a")
    for number in range(20_000):
        penalties.strike(str(number))
    assert len(penalties._strikes) == 10_000


async def test_an_agent_too_many_is_refused_and_one_that_is_there_may_come_again() -> None:
    async with Rig() as rig:
        rig.sessions._most = 1
        await rig.agent(node="n1")
        late = await rig.call()
        await late.say(hello=hello_of(TABLE, node="n2"))
        code, details = await late.end()
        assert code == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "server.max_agents" in details
        await rig.agent(node="n1")


async def test_what_waits_to_be_taken_is_counted_and_bounded_and_nobody_is_lost() -> None:
    async with Rig() as rig:
        agent = await rig.agent()
        session = rig.sessions.connected()[0]
        answer = pb.AgentMessage(answer=pb.Answer(id=99, json=bytes(1 << 20))).SerializeToString()[: 1 << 20]
        for _ in range(MOST_BYTES // len(answer) + 1):
            rig.intake.put(session, answer)
        assert rig.intake.bytes > MOST_BYTES
        await rig.intake.room()
        assert rig.intake.bytes <= MOST_BYTES
        rig.intake.drain()
        assert rig.intake.bytes == 0
        agent.cancel()


async def test_unfinished_frames_of_all_streams_share_what_there_is_for_them() -> None:
    async with Rig() as rig:
        agent = await rig.agent()
        session = rig.sessions.connected()[0]
        parts = rig.sessions._parts
        await agent.say(frame=pb.Frame(sequence=1, keyframe=True, more=True))
        await until(lambda: parts.held)
        taken = parts.held
        assert parts.take(parts.most - parts.held)
        await agent.say(frame=pb.Frame(sequence=1, keyframe=True, more=True))
        code, details = await agent.end()
        assert code == grpc.StatusCode.INVALID_ARGUMENT
        assert "all frames that are not complete" in details
        parts.give(parts.most - taken)
        await until(lambda: parts.held == 0)
        assert session.fenced or not rig.sessions.owns(session)


async def test_of_a_first_message_that_was_refused_nothing_is_held() -> None:
    """An exception keeps what its frames held, for as long as the peer takes to read why it was refused."""
    async with Rig() as rig:
        agent = await rig.call()
        await agent.say(frame=pb.Frame(sequence=1))
        await agent.end()
        found = await rig.streams._greeted(_Context(pb.AgentMessage(frame=pb.Frame(sequence=1)).SerializeToString()))
        assert getattr(found, "__traceback__", "") is None


class _Context:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    async def read(self) -> bytes:
        return self._raw


async def test_what_ended_a_session_holds_nothing_of_what_was_refused() -> None:
    async with Rig() as rig:
        agent = await rig.agent()
        session = rig.sessions.connected()[0]
        await agent.say_bytes(b"\xff\xff nonsense")
        await agent.end()
        assert session.ended.result().__traceback__ is None  # type: ignore[union-attr]


async def test_memory_is_given_back_after_many_streams_have_ended() -> None:
    ended = 0.0
    given: list[float] = []

    def give() -> bool:
        given.append(ended)
        return give_back()

    trim = Trim(lambda: ended, every=0.01, give=give)
    task = asyncio.create_task(trim.run())
    await asyncio.sleep(0.05)
    assert given == []
    ended = 25
    await until(lambda: trim.done == 1)
    await asyncio.sleep(0.05)
    assert given == [25]
    task.cancel()
