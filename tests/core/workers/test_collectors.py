"""A collector in a worker: what it may have, what becomes of its rows, and what is told of it."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from gobs_core import Gone, NoData, Secret, WorkloadInfo
from gobs_core.settings.sections import WorkerSettings
from gobs_core.testing import FakeClock, FakeProc
from gobs_core.workers.kin import stat_of
from tests.core.fakes import healthy, rows_of
from tests.core.workers.faulty import CLASSES
from tests.core.workers.rig import make_agent, sent, settled
from tests.support.secrets import MARK, marked


async def frames_of(agent: Any, count: int, clock: FakeClock) -> list[Any]:
    """Tick so often, each time until all have read, and return all frames that were sent."""
    for _ in range(count):
        await agent.tick()
        await settled(agent)
        clock.advance(5)
    await agent.outboxes["fake"].close()
    return sent(agent)


def told(frames: list[Any], name: str) -> list[Any]:
    """The readings of a table, in order."""
    return [reading for frame in frames for reading in frame.readings if reading.table.name == name]


async def test_it_has_its_settings_its_limits_and_no_variable_that_could_hold_a_secret(
    proc: FakeProc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOBS_SINKS__GRPC__TOKEN", "secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("WANTED", "yes")
    config = CLASSES["tells"].Config(key=Secret(MARK), say="hello", deadline=60)
    workers = WorkerSettings(memory=512 << 20, files=64, environment=["WANTED"])
    agent, clock = (
        make_agent(proc, ("tells",), configs={"tells": config}, workers=workers, clock=FakeClock()),
        FakeClock(),
    )
    await agent.open()
    [reading] = told(await frames_of(agent, 1, clock), "tells")
    said = json.loads(reading.rows[0][3])
    assert "WANTED" in said["environment"]
    assert not [name for name in said["environment"] if "GOBS_" in name and name != "GOBS_WORKER"]
    assert "AWS_SECRET_ACCESS_KEY" not in said["environment"]
    assert said["limits"] == [[512 << 20, 512 << 20], [64, 64]]
    assert (said["nice"], said["privileges"], said["session"]) == (os.nice(0) + 5, "1", True)
    assert (said["key"], said["say"], said["node"]) == (MARK, "hello", "here")
    await agent.close()


async def test_rows_that_are_as_before_are_the_very_same_objects(proc: FakeProc) -> None:
    clock = FakeClock()
    agent = make_agent(proc, ("many", "nothing"), clock=clock)
    await agent.open()
    frames = await frames_of(agent, 3, clock)
    first, second, third = told(frames, "many")
    assert len(first.rows) == 20_000
    assert first.rows is second.rows is third.rows
    assert [dict_of(reading)["events"] for reading in told(frames, "nothing")] == [1, 2, 3]
    await agent.close()


def dict_of(reading: Any) -> dict[str, Any]:
    [row] = reading.rows
    return {column.name: cell for column, cell in zip(reading.table.stored, row, strict=True)}


async def test_what_comes_after_the_tick_has_a_frame_of_its_own(proc: FakeProc) -> None:
    clock = FakeClock()
    agent = make_agent(proc, ("slow",), healthy("near"), clock=clock)
    await agent.open()
    stats = await agent.tick()
    assert len(rows_of(stats.frame, "near")) == 1
    with pytest.raises(KeyError):
        rows_of(stats.frame, "slow")
    await settled(agent)
    await agent.outboxes["fake"].close()
    late = sent(agent)[-1]
    assert [reading.table.name for reading in late.readings] == ["slow"]
    assert late.sequence == 2
    await agent.close()


async def test_where_it_runs_and_what_it_uses_is_told(proc: FakeProc) -> None:
    clock = FakeClock()
    agent = make_agent(proc, ("nothing",), healthy("near"), clock=clock)
    await agent.open()
    assert {state.name: (state.state, state.runs_in) for state in agent.states()} == {
        "near": ("ok", "thread"),
        "nothing": ("starting", "worker"),
        "fake": ("ok", "loop"),
    }
    await frames_of(agent, 2, clock)
    near, far, _ = agent.states()
    assert (far.state, far.runs_in, far.restarts, far.rows, far.runs) == ("ok", "worker", 0, 1, 2)
    assert far.pid is not None
    assert stat_of(far.pid) is not None
    assert far.memory is not None
    assert far.memory > 4 << 20
    assert far.cpu is not None
    assert near.pid is near.memory is None
    assert near.cpu is not None
    assert far.succeeded == near.succeeded is not None
    await agent.close()
    assert stat_of(far.pid) is None


async def test_nothing_here_is_an_outcome_and_no_failure(proc: FakeProc) -> None:
    clock = FakeClock()
    agent = make_agent(proc, ("empty",), clock=clock)
    await agent.open()
    await frames_of(agent, 4, clock)
    state = agent.states()[0]
    assert (state.state, state.error, state.failures, state.restarts) == ("no data", "nothing here", 0, 0)
    await agent.close()


async def test_it_knows_workloads_by_name_as_soon_as_the_agent_does(proc: FakeProc) -> None:
    clock = FakeClock()
    agent = make_agent(proc, ("tells",), clock=clock)
    await agent.open()
    workloads = agent.runners["tells"]._workloads  # type: ignore[attr-defined]
    await agent.tick()
    await settled(agent)
    workloads.told("test", [WorkloadInfo(id="1", name="web-0")], "the API is slow")
    clock.advance(5)
    first, second = (json.loads(dict_of(r)["text"]) for r in told(await frames_of(agent, 1, clock), "tells"))
    assert (first["named"], second["named"]) == ([], ["web-0"])
    assert second["unnamed"] == "the API is slow"
    await agent.close()


async def test_a_setting_lets_one_run_inside_and_another_all(proc: FakeProc) -> None:
    for workers in (
        WorkerSettings(inside=["nothing"]),
        WorkerSettings(inside=["faulty"]),
        WorkerSettings(foreign=False),
    ):
        agent = make_agent(proc, ("nothing",), workers=workers)
        await agent.open()
        assert len(rows_of((await agent.tick()).frame, "nothing")) == 1
        assert agent.states()[0].runs_in == "thread"
        await agent.close()


async def test_one_in_quarantine_is_tried_at_its_next_tick_when_somebody_says_so(proc: FakeProc) -> None:
    clock = FakeClock()
    agent = make_agent(proc, ("leaves",), clock=clock)
    await agent.open()
    for _ in range(3):
        await agent.tick()
        await settled(agent)
        clock.advance(5)
    assert agent.states()[0].state == "quarantined"
    assert (await agent.tick()).ran == ()
    assert agent.source.retry("collector", "leaves")
    assert not agent.source.retry("collector", "leaves"), "it is in none any more"
    assert not agent.source.retry("sink", "leaves")
    clock.advance(5)
    assert (await agent.tick()).ran == ("leaves",)
    await settled(agent)
    assert "4 times in a row" in agent.states()[0].error
    await agent.close()


async def test_it_tells_more_of_a_row_when_asked_and_no_tick_waits_for_that(proc: FakeProc) -> None:
    clock = FakeClock()
    configs = {"telling": CLASSES["telling"].Config(key=Secret(marked("key")), deadline=60)}
    agent = make_agent(proc, ("telling",), clock=clock, configs=configs)
    await agent.open()
    agent._inspections._deadline = 0.5
    await agent.tick()
    await settled(agent)
    ask = agent.source.inspect
    assert await ask("telling", ("a",), ("less",)) == {"less": ["a", 1, 2.5, None]}
    assert list(await ask("telling", ("a",), ())) == ["more", "less"]
    with pytest.raises(Gone, match="it is no more"):
        await ask("telling", ("gone",), ("more",))
    with pytest.raises(NoData, match=r"collector 'telling' failed: RuntimeError: boom \*\*\*"):
        await ask("telling", ("bad",), ("more",))
    with pytest.raises(NoData, match="no answer within"):
        await ask("telling", ("slow",), ("more",))
    assert agent.states()[0].state == "late"
    clock.advance(5)
    await agent.tick()
    await settled(agent)
    assert (agent.states()[0].state, agent.states()[0].restarts) == ("ok", 1)
    await agent.close()
