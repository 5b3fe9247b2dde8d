"""What columns need is here, or lacking where one is not known; what a plugin needs, as long as it cannot work."""

from __future__ import annotations

from typing import Any

import pytest

from gobs_core import Collector, DeclarationError, NoData, Table, gauge
from gobs_core.agent.loop import Agent
from gobs_core.agent.needs import needs_of
from gobs_core.agent.selftables import plugin_rows
from gobs_core.plugins import Plugins
from gobs_core.plugins.checks import check_class
from gobs_core.plugins.registry import contract_of
from gobs_core.settings import AgentSettings, Settings
from gobs_core.testing import FakeClock, FakeProc
from tests.core.fakes import FakeProfiler, FakeSink, collector, make_agent
from tests.core.test_inventories import WEB, inventory
from tests.core.workers import rig
from tests.core.workers.faulty import CLASSES
from tests.support.waiting import until

TABLE = Table(
    "t",
    "A table",
    [
        gauge("plain", "Needs nothing"),
        gauge("one", "Needs it", needs="CAP_SYS_PTRACE"),
        gauge("two", "Needs it too", needs="CAP_SYS_PTRACE"),
        gauge("new", "Needs a kernel", needs="Linux 6.2"),
    ],
)


def test_a_need_is_lacking_where_any_column_that_has_it_is_not_known() -> None:
    assert needs_of([TABLE], {}) == {"CAP_SYS_PTRACE": True, "Linux 6.2": True}
    assert needs_of([TABLE], {"t.one": "may not be read"}) == {"CAP_SYS_PTRACE": False, "Linux 6.2": True}
    assert needs_of([TABLE], {"t.two": "", "t.new": "", "t.plain": ""}) == {"CAP_SYS_PTRACE": False, "Linux 6.2": False}
    assert needs_of([TABLE], {"other.one": "of another table"}) == {"CAP_SYS_PTRACE": True, "Linux 6.2": True}
    assert needs_of([], {}) == {}


NEEDS = ("CAP_PERFMON", "the program perf")


async def test_what_a_plugin_of_any_kind_needs_is_here_once_it_has_worked(proc: FakeProc) -> None:
    def with_needs(cls: Any) -> Any:
        return type(cls.__name__, (cls,), {"needs": NEEDS})

    names = inventory(needs=NEEDS)
    plugins = Plugins(
        collectors={"good": collector("good", lambda: [TABLE.row(plain=1)], tables=(TABLE,), needs=NEEDS)},
        sinks={"fake": with_needs(FakeSink)},
        inventories={"fake": names},
        profilers={"fake": with_needs(FakeProfiler)},
    )
    agent = Agent(Settings(agent=AgentSettings(node="here")), plugins, proc, clock=FakeClock(), run="0")
    assert all(state.needs == {} for state in agent.states()), "nothing is known before it was tried"
    await agent.open()
    await agent.tick()
    names.made.report.workloads([WEB])
    await until(lambda: all(state.needs for state in agent.states()))
    states = {state.kind: state for state in agent.states()}
    await agent.close()
    here = dict.fromkeys(NEEDS, True)
    assert states["collector"].needs == here | {"CAP_SYS_PTRACE": True, "Linux 6.2": True}
    assert states["sink"].needs == states["inventory"].needs == states["profiler"].needs == here
    assert [row[-2:] for row in plugin_rows([states["collector"]], 0.0)] == [(4, 0)]


async def test_it_is_lacking_while_the_plugin_says_that_it_cannot_work_here(proc: FakeProc) -> None:
    def cannot(*_: Any) -> Any:
        raise NoData("perf is not installed")

    async def cannot_either(*_: Any) -> None:
        cannot()

    plugins = Plugins(
        collectors={"none": collector("none", cannot, tables=(TABLE,), needs=NEEDS)},
        sinks={"fake": type("Sunk", (FakeSink,), {"needs": NEEDS, "open": cannot_either})},
        inventories={"fake": inventory(needs=NEEDS, open=cannot)},
        profilers={"fake": type("None", (FakeProfiler,), {"needs": NEEDS, "open": cannot})},
    )
    agent = Agent(Settings(agent=AgentSettings(node="here")), plugins, proc, clock=FakeClock(), run="0")
    await agent.open()
    await agent.tick()
    await until(lambda: all(state.needs for state in agent.states()))
    states = {state.kind: state for state in agent.states()}
    await agent.close()
    for state in states.values():
        assert {need: state.needs[need] for need in NEEDS} == dict.fromkeys(NEEDS, False), state.kind
        assert state.error.endswith("perf is not installed")
    assert {kind: state.state for kind, state in states.items()} == {
        "collector": "no data", "sink": "failing", "inventory": "no data", "profiler": "no data",
    }  # fmt: skip


async def test_of_one_in_a_worker_it_is_told_as_well(proc: FakeProc, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("nothing", "empty"):
        monkeypatch.setattr(CLASSES[name], "needs", NEEDS, raising=False)
    agent = rig.make_agent(proc, ("nothing", "empty"))
    await agent.open()
    await agent.tick()
    await rig.settled(agent)
    states = {state.name: state for state in agent.states()}
    await agent.close()
    assert states["nothing"].needs == dict.fromkeys(NEEDS, True)
    assert states["empty"].needs == dict.fromkeys(NEEDS, False)


async def test_one_that_comes_and_goes_is_told_as_it_is_now(proc: FakeProc) -> None:
    rows: list[Any] = [TABLE.row(plain=1)]

    def sometimes() -> Any:
        if not rows:
            raise NoData("gone")
        return list(rows)

    clock = FakeClock()
    agent = make_agent(proc, collector("moody", sometimes, tables=(TABLE,), needs=NEEDS), clock=clock)
    await agent.open()
    found = []
    for wanted in ([TABLE.row(plain=1)], [], [TABLE.row(plain=1)]):
        rows[:] = wanted
        await agent.tick()
        clock.advance(5)
        found.append(agent.states()[0].needs[NEEDS[0]])
    await agent.close()
    assert found == [True, False, True]


@pytest.mark.parametrize("needs", ["perf", ["perf"], (1,), None])
def test_needs_that_are_no_texts_are_refused_by_name(needs: Any) -> None:
    cls = collector("x", list, needs=needs)
    with pytest.raises(DeclarationError, match="`needs` must be a tuple of texts, not "):
        check_class(contract_of(Collector), cls)
