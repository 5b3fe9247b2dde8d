"""An inventory of others in its worker: what it tells is known, and whatever it does costs names alone."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_core import Secret, WorkloadInfo
from gobs_core.agent.far_inventory import FarListener, Timing
from gobs_core.agent.loop import Agent
from gobs_core.agent.telling import MAX_DETAILS, Telling
from gobs_core.inventory import MAX_WORKLOADS
from gobs_core.plugins import Plugins
from gobs_core.proc import Proc
from gobs_core.settings import AgentSettings, Settings
from gobs_core.settings.sections import PluginsSettings, WorkerSettings
from gobs_core.testing import FakeClock, FakeProc
from gobs_core.workers.kin import stat_of
from gobs_core.workers.serve_inventory import MAX_INFO, parts_of
from gobs_core.workers.wire import pack
from tests.core.fakes import FakeSink, healthy
from tests.core.workers.faulty_inventories import CLASSES, FAULTS, SLOW, THEIRS, WEB
from tests.core.workers.rig import sent
from tests.core.workers.test_collectors import told
from tests.core.workers.test_faults import lag, left
from tests.support.secrets import marked
from tests.support.soak import counts
from tests.support.waiting import until

NAMES = (*(fault.__name__ for fault in FAULTS), "infinite")
GOOD_ONES = ("nothing", "prints", "reports_endlessly", "slow")
SHORT, LONG = Timing(0.1, 0.9, 0.01), Timing(0.2, 60.0, 0.01)
SAYS = {
    "raises": "RuntimeError: boom \\x1b[2J ***",
    "hang": "no answer within 1 s; its worker was ended",
    "spin": "no answer within 1 s; its worker was ended",
    "regex": "no answer within 1 s; its worker was ended",
    "leak": "MemoryError",
    "children": "its worker is gone: it ended itself with exit code 0",
    "segfault": "its worker is gone: it was ended by SIGSEGV",
    "leaves": "its worker is gone: it ended itself with exit code 3",
    "exits": "SystemExit: 4",
    "garbage": "its worker said what is no answer, and was ended: ",
    "huge": "its worker said what is no answer, and was ended: a frame of 2147483648 bytes",
    "chatter": "its worker said what is no answer, and was ended: an answer of ",
    "prints_endlessly": "no answer within 1 s; its worker was ended",
    "infinite": "its worker said what is no answer, and was ended: a number that is none, or too large",
    "bloats": "its worker said what is no answer, and was ended: an answer of ",
}
"""Fault -> what is told of it."""


def make_agent(
    proc: FakeProc, *names: str, clock: FakeClock | None = None, near: Any = (), workers: Any = None, **config: Any
) -> Agent:
    """An agent with the inventories of these names in workers, on a clock of its own."""
    classes: dict[str, Any] = {name: CLASSES[name] for name in names}
    settings = Settings(
        agent=AgentSettings(node="here", interval=1.0),
        plugins=PluginsSettings(workers=workers or WorkerSettings(memory=160 << 20, cpu=64)),
        configs={("inventory", n): cls.Config(key=Secret(marked("key")), **config) for n, cls in classes.items()},
    )
    plugins = Plugins(
        collectors={cls.name: cls for cls in near},
        sinks={"fake": FakeSink},
        inventories=classes,
        origins={("inventory", name): THEIRS for name in names},
    )
    agent = Agent(settings, plugins, Proc(proc.root, proc.sys), clock=clock or FakeClock(), run="0123")
    for listener in agent.inventories.listeners:
        if isinstance(listener, FarListener):
            listener._timing = SHORT if "within 1 s" in SAYS.get(listener.name, "") else LONG
            if listener.name == "slow":
                listener._timing = Timing(0.1, SLOW - 0.1, 0.01)
    return agent


def state(agent: Agent, name: str) -> Any:
    return next(one for one in agent.states() if (one.kind, one.name) == ("inventory", name))


def failed(agent: Agent, those: Sequence[str], often: int) -> bool:
    """Whether these have failed so often."""
    return all(state(agent, name).failures >= often for name in those)


def names(agent: Agent) -> list[str]:
    return sorted(one.name for one in agent.workloads.known().values())


async def test_it_has_its_settings_and_no_secret_of_others_and_what_it_tells_is_known(
    proc: FakeProc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    agent = make_agent(proc, "telling")
    fares = state(agent, "telling")
    assert (fares.state, fares.error, fares.runs_in) == ("starting", "has not answered yet", "worker")
    assert agent.workloads.unnamed() == "the inventory 'telling' has not answered yet"
    await agent.open()
    await until(lambda: agent.workloads.known(), 60)
    said = json.loads(agent.workloads.known()["1"].name)
    assert (said["key"], said["node"]) == (marked("key"), "here")
    assert "AWS_SECRET_ACCESS_KEY" not in said["environment"]
    fares = state(agent, "telling")
    assert (fares.state, fares.rows, fares.runs, fares.restarts) == ("ok", 1, 1, 0)
    assert str(fares.pid) == agent.workloads.known()["1"].labels["pid"]
    assert fares.memory > 8 << 20
    assert fares.succeeded is not None
    await until(lambda: state(agent, "telling").printed == "asks with ***", 60)
    assert agent.workloads.unnamed() == ""
    await agent.close()
    assert stat_of(fares.pid) is None


def put(file: Path, text: str) -> None:
    """Write a file that somebody reads at any moment: it is never seen half written."""
    other = file.with_suffix(".new")
    other.write_text(text)
    other.replace(file)


async def test_what_changes_is_known_soon_and_what_is_told_again_is_the_very_same(
    proc: FakeProc, tmp_path: Path
) -> None:
    file = tmp_path / "told"
    file.write_text("a b")
    agent = make_agent(proc, "followed", path=str(file))
    await agent.open()
    await until(lambda: names(agent) == ["A", "B"], 60)
    before = agent.workloads.known()
    put(file, "a  b")
    await until(lambda: state(agent, "followed").runs == 2, 60)
    assert agent.workloads.known() is before
    put(file, "a b c")
    await until(lambda: names(agent) == ["A", "B", "C"], 60)
    assert agent.workloads.known()["a"] is before["a"]
    put(file, "trouble the API is slow")
    await until(lambda: state(agent, "followed").state == "failing", 60)
    assert agent.workloads.unnamed() == "the API is slow"
    assert names(agent) == ["A", "B", "C"], "what was told last stays"
    assert (state(agent, "followed").restarts, state(agent, "followed").trace) == (0, "")
    put(file, "")
    await until(lambda: names(agent) == [], 60)
    assert agent.workloads.unnamed() == ""
    await agent.close()


async def test_while_its_worker_is_gone_what_it_told_stays_and_is_said_to_be_old(
    proc: FakeProc, tmp_path: Path
) -> None:
    file, clock = tmp_path / "told", FakeClock()
    file.write_text("a b")
    agent = make_agent(proc, "followed", path=str(file), clock=clock)
    await agent.open()
    await until(lambda: names(agent) == ["A", "B"], 60)
    put(file, "end")
    await until(lambda: state(agent, "followed").state == "failing", 60)
    gone = "its worker is gone: it ended itself with exit code 3"
    assert state(agent, "followed").error == gone
    assert agent.workloads.unnamed() == f"the inventory 'followed' does not work: {gone}"
    assert names(agent) == ["A", "B"]
    assert (state(agent, "followed").pid, left()) == (None, [])
    put(file, "a c")
    await asyncio.sleep(0)
    clock.advance(5)
    await until(lambda: names(agent) == ["A", "C"], 60)
    assert (state(agent, "followed").state, state(agent, "followed").restarts) == ("ok", 1)
    assert agent.workloads.unnamed() == ""
    await agent.close()


@counts("rounds", reduced=3, full=100)
async def test_no_fault_of_an_inventory_costs_a_collector_a_sample_or_another_its_names(
    proc: FakeProc, rounds: int
) -> None:
    clock, near = FakeClock(), (healthy("a_first"), healthy("z_last"))
    agent = make_agent(proc, *GOOD_ONES, *NAMES, clock=clock, near=near)
    ticks = 0
    await agent.open()
    async with lag() as seen:
        for done in range(1, rounds + 1):
            while not failed(agent, NAMES, done):
                await agent.tick()
                ticks += 1
                clock.advance(1)
                await asyncio.sleep(0.02)
            assert agent.workloads.known()["1"].namespace == "shop", "of the first by name that still tells"
            clock.advance(7200)
        states = {one.name: one for one in agent.states() if one.kind == "inventory"}
        await agent.close()
    for name in ("a_first", "z_last"):
        events = [row[1] for reading in told(sent(agent), name) for row in reading.rows]
        assert events == list(range(1, ticks + 1)), f"{name} lost samples"
    assert {name: text for name, text in SAYS.items() if text not in states[name].error} == {}
    assert {name: states[name].state for name in NAMES} == dict.fromkeys(NAMES, "quarantined")
    assert {(states[name].state, states[name].restarts) for name in GOOD_ONES} == {("ok", 0)}
    assert "hello" in states["prints"].printed
    assert "regex" in states["regex"].trace, "where it hung is told"
    assert marked("key") not in repr(states)
    assert left() == []
    print(f"\n{rounds} rounds of {len(NAMES)} faults at once: 0 of {ticks} samples lost by 2 healthy collectors;")
    print(f"the loop was {1000 * seen.worst:.1f} ms late at worst")


async def test_one_in_quarantine_is_tried_again_when_somebody_says_so(proc: FakeProc, tmp_path: Path) -> None:
    lasts, clock = tmp_path / "broken", FakeClock()
    lasts.touch()
    agent = make_agent(proc, "leaves", clock=clock, while_there=str(lasts))
    await agent.open()
    for failures in (1, 2, 3):
        await until(partial(failed, agent, ("leaves",), failures), 60)
        clock.advance(5 if failures < 3 else 0)
    fares = state(agent, "leaves")
    assert (fares.state, fares.restarts) == ("quarantined", 2)
    assert "exit code 3 (3 times in a row)" in fares.error
    lasts.unlink()
    assert not agent.source.retry("inventory", "nobody")
    assert agent.source.retry("inventory", "leaves")
    assert not agent.source.retry("inventory", "leaves"), "it is in none any more"
    assert state(agent, "leaves").state == "starting"
    await until(lambda: state(agent, "leaves").state == "ok", 60)
    assert names(agent) == ["web-0"]
    await agent.close()


async def test_one_that_has_nothing_to_ask_here_says_so_holds_no_process_and_is_tried_again_later(
    proc: FakeProc, tmp_path: Path
) -> None:
    lasts, clock = tmp_path / "missing", FakeClock()
    lasts.touch()
    agent = make_agent(proc, "missing", clock=clock, while_there=str(lasts))
    await agent.open()
    await until(lambda: state(agent, "missing").state == "no data", 60)
    fares = state(agent, "missing")
    assert (fares.error, fares.failures, fares.pid, left()) == ("this is no pod", 0, None, [])
    assert agent.workloads.unnamed() == "this is no pod"
    lasts.unlink()
    clock.advance(400)
    await until(lambda: state(agent, "missing").state == "ok", 60)
    await agent.close()


async def test_it_is_closed_with_its_agent_and_leaves_nothing(proc: FakeProc, tmp_path: Path) -> None:
    note = tmp_path / "note"
    agent = make_agent(proc, "hearing", path=str(note))
    agent.inventories.listeners[0]._timing = Timing(600.0, 60.0, 0.01)  # type: ignore[attr-defined]  # a FarListener
    await agent.open()
    await until(lambda: names(agent) == ["web-0"], 60)
    await asyncio.sleep(0.05)
    assert len(left()) == 2
    await agent.close()
    assert note.read_text() == "closed", "though it was being asked, and nothing was new"
    assert left() == []


async def test_an_agent_that_was_never_opened_starts_none(proc: FakeProc) -> None:
    agent = make_agent(proc, "nothing")
    await agent.close()
    assert (state(agent, "nothing").restarts, left()) == (0, [])


async def test_more_than_anybody_would_take_is_left_out_and_said(proc: FakeProc) -> None:
    agent = make_agent(proc, "many")
    await agent.open()
    await until(lambda: agent.workloads.known(), 60)
    assert len(agent.workloads.known()) == MAX_WORKLOADS
    await until(lambda: state(agent, "many").state == "failing", 60)
    assert agent.workloads.unnamed() == f"10 workloads over {MAX_WORKLOADS} are left out"
    await agent.close()
    agent = make_agent(proc, "many", while_there="a large one")
    await agent.open()
    await until(lambda: agent.workloads.known(), 60)
    assert len(agent.workloads.known()) == 5
    await until(lambda: state(agent, "many").state == "failing", 60)
    assert agent.workloads.unnamed().startswith("1 workloads are left out: one may have 256 KiB")
    await agent.close()


async def test_one_that_uses_too_much_is_ended_and_told_why(proc: FakeProc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gobs_core.agent.far_inventory.WATCH", 0.1)
    agent = make_agent(proc, "greedy", workers=WorkerSettings(memory=64 << 20))
    await agent.open()
    await until(lambda: state(agent, "greedy").state == "failing", 60)
    assert "of memory; plugins.workers.memory is 64 MiB" in state(agent, "greedy").error
    await agent.close()


async def test_a_setting_lets_it_run_inside(proc: FakeProc) -> None:
    agent = make_agent(proc, "nothing", workers=WorkerSettings(inside=["nothing"]))
    await agent.open()
    assert (state(agent, "nothing").runs_in, names(agent)) == ("thread", ["web-0"])
    await agent.close()


GOOD = {"id": "1", "name": "web"}


@pytest.mark.parametrize(
    "info",
    [
        {"id": "", "name": "x"},
        {"name": "x"},
        {"id": 1, "name": "x"},
        {"id": "1", "name": None},
        {**GOOD, "cpu_limit": math.inf},
        {**GOOD, "cpu_request": math.nan},
        {**GOOD, "memory_limit": 2**60},
        {**GOOD, "memory_request": -(2**60)},
        {**GOOD, "labels": ["a"]},
        {**GOOD, "labels": {"a": 1}},
        {**GOOD, "ips": [1]},
        {**GOOD, "containers": [{}]},
        {**GOOD, "containers": [{"name": "c", "restarts": 2**60}]},
        {**GOOD, "containers": [{"name": "c", "cpu_limit": -math.inf}]},
        {**GOOD, "containers": [{"name": "c", "last_exit_code": 1.5}]},
        "web",
        None,
    ],
)
def test_what_no_workload_can_be_is_refused(info: Any) -> None:
    with pytest.raises((msgspec.DecodeError, ValueError)):
        taken([[GOOD, info]])
    assert [one.name for one in taken([[GOOD], [GOOD]])] == ["web", "web"]


def test_more_than_is_allowed_is_refused() -> None:
    with pytest.raises(ValueError, match="a part of"):
        taken([[{**GOOD, "name": "x" * 2 * MAX_INFO}]])
    with pytest.raises(ValueError, match=f"{MAX_WORKLOADS + 1000} workloads with 0 labels"):
        taken([[GOOD] * 1000] * (MAX_WORKLOADS // 1000 + 1))
    many = {**GOOD, "containers": [{"name": ""}] * 40_000}
    with pytest.raises(ValueError, match=f"{MAX_DETAILS + 40_000} labels"):
        taken([[many]] * (MAX_DETAILS // 40_000 + 1))


def taken(parts: list[Any]) -> list[WorkloadInfo]:
    telling = Telling()
    for part in parts:
        telling.take(pack(part))
    return telling.infos()


def test_what_was_sent_is_what_arrives() -> None:
    infos = [WEB, *(WorkloadInfo(id=str(n), name="x" * n, labels={"a": "b"}) for n in range(2, 800))]
    parts, over = parts_of(infos)
    assert len(parts) > 2
    telling = Telling()
    for part in parts:
        telling.take(part)
    assert (telling.infos(), over) == (infos, 0)


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
_INFO = st.fixed_dictionaries({"id": st.text(), "name": st.text()}, optional={
    "cpu_limit": st.none() | st.floats() | st.integers(), "memory_limit": st.integers(-(2**63), 2**64 - 1),
    "containers": _ANYTHING, "labels": _ANYTHING,
})  # fmt: skip


@given(st.lists(st.lists(_INFO | _ANYTHING, max_size=3) | _ANYTHING, max_size=3))
def test_whatever_is_said_it_is_workloads_or_it_is_refused(parts: list[Any]) -> None:
    try:
        infos = taken(parts)
    except (msgspec.DecodeError, ValueError, OverflowError):
        return
    for info in infos:
        assert info.id
        assert all(math.isfinite(number or 0) for number in (info.cpu_limit, info.memory_limit))
