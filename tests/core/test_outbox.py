"""What a sink says of itself, beside what its queue knows."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from gobs_core import Frame, SinkConfig
from gobs_core.testing import FakeClock, FakeProc
from tests.core.fakes import FakeSink, healthy, make_agent, rows_of
from tests.support.waiting import until


class GivingUp(FakeSink):
    """Gives frames up by itself, and knows what its peer has."""

    name = "giving_up"
    given_up: Any = 3

    def dropped(self) -> int:
        """So many, or raise."""
        if isinstance(self.given_up, Exception):
            raise self.given_up
        return int(self.given_up)

    def acknowledged(self) -> int | None:
        """The last but one."""
        return self.frames[-1].sequence - 1 if self.frames else None


async def test_what_a_sink_gives_up_by_itself_counts_as_dropped_beside_what_its_queue_drops(proc: FakeProc) -> None:
    clock, free = FakeClock(), asyncio.Event()

    class Stuck(GivingUp):
        async def send(self, frame: Frame) -> None:
            self.frames.append(frame)
            await free.wait()

    configs = {("sink", "giving_up"): SinkConfig(queue=1)}
    agent = make_agent(proc, healthy("a"), sinks=(Stuck, FakeSink), clock=clock, configs=configs)
    await agent.open()
    for _ in range(4):
        frame = (await agent.tick()).frame
        await asyncio.sleep(0)
        clock.advance(5)
    rows = {str(row["sink"]): row for row in rows_of(frame, "sink")}
    assert (rows["giving_up"]["dropped"], rows["giving_up"]["acknowledged"]) == (1 + 3, 0)
    assert (rows["fake"]["dropped"], rows["fake"]["acknowledged"]) == (0, None)
    assert agent.outboxes["giving_up"].state.drops == 2 + 3
    assert {state.name: state.drops for state in agent.states()} == {"a": 0, "giving_up": 5, "fake": 0}
    free.set()
    await agent.close()


@pytest.mark.parametrize("answer", [RuntimeError("no idea"), -1, 2**70])
async def test_a_sink_that_cannot_say_what_it_gave_up_costs_no_tick_and_is_logged_once(
    proc: FakeProc, answer: object
) -> None:
    clock = FakeClock()
    agent = make_agent(proc, healthy("a"), sinks=(GivingUp,), clock=clock)
    sink: Any = agent.outboxes["giving_up"].sink
    await agent.open()
    await agent.tick()
    sink.given_up = answer
    with capture_logs() as logs:
        for _ in range(3):
            clock.advance(5)
            frame = (await agent.tick()).frame
            assert rows_of(frame, "sink")[0]["dropped"] == 3, "what was known before"
    assert [line["event"] for line in logs] == ["sink does not tell how it fares"]
    await agent.close()


async def test_what_is_logged_of_a_sink_that_fails_names_file_and_line(proc: FakeProc) -> None:
    class Failing(FakeSink):
        name = "failing"

        async def send(self, frame: Frame) -> None:
            raise KeyError("my own fault")

    line = Failing.send.__code__.co_firstlineno + 1
    agent = make_agent(proc, healthy("a"), sinks=(Failing,))
    await agent.open()
    with capture_logs() as logs:
        await agent.tick()
        await until(lambda: agent.outboxes["failing"].state.failures > 0, 20)
    assert logs[0]["error"] == f"KeyError: 'my own fault' ({__file__}, line {line})"
    await agent.close()
