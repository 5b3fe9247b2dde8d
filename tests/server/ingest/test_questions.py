"""Asking an agent about one row: answers, errors, silence, and how often it may be asked."""

from __future__ import annotations

import asyncio

import pytest

from gobs_proto import gobs_pb2 as pb
from gobs_server.services import InspectError, NoAnswer, NotConnected, Refused, TooManyRequests
from tests.server.ingest.rig import Agent, Rig
from tests.support.waiting import until

KEY = ("pod", "42")


def ask(rig: Rig, timeout: float = 5) -> asyncio.Task[dict[str, object]]:
    return asyncio.create_task(rig.sessions.inspect("n1", "process", KEY, ("threads", "limits"), timeout))


async def asked(agent: Agent) -> pb.Inspect:
    question: pb.Inspect = await agent.hear_of("inspect")
    return question


async def test_an_answer_reaches_whoever_asked() -> None:
    async with Rig() as rig:
        agent = await rig.agent()
        one, two = ask(rig), ask(rig)
        first, second = await asked(agent), await asked(agent)
        assert (first.table, tuple(first.key), tuple(first.sections)) == ("process", KEY, ("threads", "limits"))
        await agent.say(answer=pb.Answer(id=second.id, json=b'{"threads": 2}'))
        await agent.say(answer=pb.Answer(id=first.id, json=b'{"threads": [1]}'))
        assert await one == {"threads": [1]}
        assert await two == {"threads": 2}


async def failing(rig: Rig, agent: Agent, **answer: object) -> InspectError:
    task = ask(rig)
    question = await asked(agent)
    await agent.say(answer=pb.Answer(id=question.id, **answer))  # type: ignore[arg-type]
    with pytest.raises(InspectError) as error:
        await task
    return error.value


async def test_an_agents_error_is_passed_on() -> None:
    async with Rig() as rig:
        agent = await rig.agent()
        error = await failing(rig, agent, error="process 42 is gone")
        assert isinstance(error, Refused)
        assert str(error) == "process 42 is gone"
        for raw in (b"{", b"[1]", b"", b'"x"'):
            assert isinstance(await failing(rig, agent, json=raw), Refused)


async def test_a_node_that_is_not_connected_says_so_at_once() -> None:
    async with Rig() as rig:
        with pytest.raises(NotConnected, match="'n1'"):
            await ask(rig)


async def test_silence_ends_with_the_timeout_and_a_late_answer_goes_nowhere() -> None:
    async with Rig() as rig:
        agent = await rig.agent()
        task = ask(rig, timeout=0.1)
        question = await asked(agent)
        with pytest.raises(NoAnswer, match=r"0\.1 s"):
            await task
        await agent.say(answer=pb.Answer(id=question.id, json=b"{}"))
        await until(lambda: rig.node().dropped.get("late answer"))


async def test_a_connection_that_ends_ends_the_question() -> None:
    async with Rig() as rig:
        agent = await rig.agent()
        task = ask(rig)
        await asked(agent)
        agent.cancel()
        with pytest.raises(NotConnected):
            await task


async def test_another_agent_cannot_answer() -> None:
    async with Rig() as rig:
        agent, other = await rig.agent(), await rig.agent(node="n2")
        task = ask(rig)
        question = await asked(agent)
        await other.say(answer=pb.Answer(id=question.id, json=b'{"forged": 1}'))
        await until(lambda: rig.node("n2").dropped.get("late answer"))
        await agent.say(answer=pb.Answer(id=question.id, json=b'{"true": 1}'))
        assert await task == {"true": 1}


async def test_a_node_is_asked_only_so_often() -> None:
    async with Rig() as rig:
        await rig.agent()
        tasks = [ask(rig, timeout=0.2) for _ in range(30)]
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert sum(isinstance(error, TooManyRequests) for error in found) >= 18
        rig.clock.ahead += 10
        with pytest.raises(NoAnswer):
            await ask(rig, timeout=0.1)
