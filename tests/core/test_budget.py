"""The budget of an agent: what costs most is read less often, says so, and is read as it was set again when it may."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import ClassVar

from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gobs_core import Collector, Frame, Proc, Rows, Table, gauge
from gobs_core.agent.budget import SLOWEST, Budget, Cost
from gobs_core.agent.schedule import Schedule
from gobs_core.agent.selftables import PLUGIN
from gobs_core.settings import AgentSettings, Settings
from gobs_core.settings.sections import BudgetSettings
from gobs_core.state import PluginState
from gobs_core.testing import FakeClock, FakeProc
from tests.core.fakes import FakeSink, healthy, make_agent, rows_of

costs = st.dictionaries(
    st.sampled_from("abcd"),
    st.builds(Cost, st.floats(0, 1), st.integers(0, 1000), st.sampled_from([1.0, 5.0, 60.0])),
    min_size=1,
)


def share(found: dict[str, Cost], factors: dict[str, int]) -> float:
    return sum(cost.cpu / cost.interval / factors.get(name, 1) for name, cost in found.items())


@given(costs, st.floats(0.001, 2))
def test_all_together_keep_to_it_or_everything_is_as_slow_as_it_may_be(found: dict[str, Cost], allowed: float) -> None:
    budget = Budget(BudgetSettings(cpu=allowed))
    budget.look(found, None)
    fits = share(found, budget.factors) <= allowed * (1 + 1e-9)
    assert fits or all(budget.factors[name] == SLOWEST for name, cost in found.items() if cost.cpu / cost.interval > 0)
    assert set(budget.why) == set(budget.factors)
    assert not budget.factors or share(found, {}) > allowed, "nothing is slowed down within the budget"


def test_the_dearest_is_slowed_down_first_and_nothing_goes_to_and_fro() -> None:
    budget = Budget(BudgetSettings(cpu=0.1))
    cheap, dear = Cost(0.001, 1, 5.0), Cost(0.75, 1, 5.0)
    budget.look({"cheap": cheap, "dear": dear}, None)
    assert budget.factors == {"dear": 2}
    assert budget.why["dear"] == (
        "read every 10s instead of every 5s: collectors would take 15.0% of a CPU, and agent.budget.cpu is 10.0%"
    )
    for _ in range(40):
        budget.look({"cheap": cheap, "dear": dear._replace(cpu=0.45)}, None)
    assert budget.factors == {"dear": 2}, "it would fit, but with nothing to spare"
    for _ in range(40):
        budget.look({"cheap": cheap, "dear": dear._replace(cpu=0.3)}, None)
    assert (budget.factors, budget.why) == ({}, {})


def test_over_the_memory_the_one_with_the_most_rows_is_slowed_down_step_by_step() -> None:
    budget = Budget(BudgetSettings(memory=100 << 20))
    found = {"few": Cost(0.5, 3, 5.0), "many": Cost(0.1, 900, 5.0)}
    levels = []
    for memory in (50, 101, 150, 90, 79, 79):
        budget.look(found, memory << 20)
        levels.append(budget.factors.get("many", 1))
        assert "few" not in budget.factors
    assert levels == [1, 2, 4, 4, 2, 1]
    budget.look(found, 150 << 20)
    assert budget.why["many"] == (
        "read every 10s instead of every 5s: the agent holds 150 MiB, and agent.budget.memory is 100MiB"
    )
    budget.look(found, None)
    assert budget.factors == {}, "what it holds is not known"


def test_a_slowed_one_is_due_on_its_grid_and_misses_nothing() -> None:
    schedule = Schedule({"a": 5, "b": 5}, 0)
    assert schedule.take(0) == (["a", "b"], 0)
    schedule.slow({"b": 4})
    due = {now: schedule.take(now) for now in range(5, 65, 5)}
    assert [now for now, (names, _) in due.items() if "b" in names] == [5, 20, 40, 60]
    assert all(missed == 0 for _, missed in due.values())
    schedule.slow({})
    assert [now for now in range(65, 100, 5) if "b" in schedule.take(now)[0]] == [80, 85, 90, 95]


async def test_an_agent_over_its_budget_reads_the_dearest_less_often_and_says_so(proc: FakeProc) -> None:
    burn: Callable[[], object] = lambda: sum(range(200_000))  # noqa: E731  a name for what costs

    class Costly(Collector):
        name = "costly"
        tables = (Table("costly", "What costs", [gauge("value", "A value")]),)
        ran: ClassVar[list[float]] = []

        def collect(self, proc: Proc) -> Iterator[Rows]:
            end = time.thread_time() + 0.002
            while time.thread_time() < end:
                burn()
            yield self.tables[0].row(value=1)

    class Cheap(Collector):
        name = "cheap"
        tables = (Table("cheap", "What does not", [gauge("value", "A value")]),)

        def collect(self, proc: Proc) -> Iterator[Rows]:
            yield self.tables[0].row(value=1)

    clock = FakeClock()
    agent = make_agent(
        proc, Costly, Cheap, clock=clock, interval=1.0, budget=BudgetSettings(cpu=0.001), sinks=(FakeSink,)
    )
    await agent.open()
    ran = []
    with capture_logs() as logs:
        for _ in range(130):
            ran.append((await agent.tick()).ran)
            clock.advance(1)
    states = {state.name: state for state in agent.states() if state.kind == "collector"}
    await agent.close()
    sink = agent.outboxes["fake"].sink
    assert isinstance(sink, FakeSink)
    outcome = {row["collector"]: (row["outcome"], row["error"]) for row in rows_of(sink.frames[-1], "collector")}
    assert states["cheap"].state == "ok"
    assert states["costly"].state == "degraded"
    assert "of a CPU, and agent.budget.cpu is 0.1%" in states["costly"].error
    assert outcome["costly"] == ("degraded", states["costly"].error)
    slowed = [line for line in logs if line["event"] == "collector is slowed down"]
    assert slowed, "it is in the log"
    assert {line["collector"] for line in slowed} == {"costly"}
    assert {line["log_level"] for line in slowed} == {"warning"}
    assert "of a CPU, and agent.budget.cpu is 0.1%" in slowed[0]["why"]
    told = [{row["plugin"]: row for row in rows_of(frame, "plugin")} for frame in sink.frames if _has_plugins(frame)]
    assert (told[0]["costly"]["state"], told[0]["costly"]["trouble"]) == ("ok", 0)
    assert (told[-1]["costly"]["state"], told[-1]["costly"]["trouble"]) == ("degraded", 1)
    assert str(told[-1]["costly"]["error"]).startswith("read every ")
    assert (told[-1]["cheap"]["state"], told[-1]["cheap"]["trouble"]) == ("ok", 0)
    late = ran[70:]
    assert sum("cheap" in names for names in late) == len(late)
    assert sum("costly" in names for names in late) <= len(late) // 2 + 1


def _has_plugins(frame: Frame) -> bool:
    return any(reading.table is PLUGIN for reading in frame.readings)


async def test_an_agent_over_its_budget_of_memory_says_so_and_that_it_is_over(proc: FakeProc) -> None:
    clock = FakeClock()
    budget = BudgetSettings(memory=1)
    agent = make_agent(proc, healthy("few"), clock=clock, interval=1.0, budget=budget, sinks=(FakeSink,))
    await agent.open()
    with capture_logs() as logs:
        await agent.tick()
        clock.advance(60)
        await agent.tick()
        [state] = [state for state in agent.states() if state.kind == "collector"]
        assert state.state == "degraded"
        assert "MiB, and agent.budget.memory is 1" in state.error
        agent._weighing._budget._settings = BudgetSettings(memory=1 << 60)
        for _ in range(3):
            clock.advance(60)
            await agent.tick()
    [state] = [state for state in agent.states() if state.kind == "collector"]
    await agent.close()
    assert (state.state, state.error) == ("ok", "")
    events = [line["event"] for line in logs if line.get("collector") == "few"]
    assert events[0] == "collector is slowed down"
    assert events[-1] == "collector is slowed down no more"


async def test_the_memory_of_every_worker_counts_whatever_kind_of_plugin_it_holds(proc: FakeProc) -> None:
    agent = make_agent(proc, healthy("near"), budget=BudgetSettings(memory=1 << 40))
    await agent.open()
    await agent.tick()
    assert agent._schedule is not None
    theirs = PluginState(kind="inventory", name="theirs", memory=2 << 40)
    agent._weighing.weigh(agent.runners, agent._schedule, 10**18, lambda: [*agent.states(), theirs])
    near = next(one for one in agent.states() if one.name == "near")
    assert near.state == "degraded"
    assert "agent.budget.memory is 1024GiB" in near.error
    await agent.close()


def test_a_budget_is_set_like_anything_else() -> None:
    assert Settings().agent.budget == BudgetSettings()
    assert AgentSettings(budget=BudgetSettings(cpu=0.02)).budget.cpu == 0.02
