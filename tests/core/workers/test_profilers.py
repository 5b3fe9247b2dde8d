"""A profiler of others in its worker: what it gets, what comes back, and that nobody else loses anything by it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from gobs_core import Profile, ProfileOrder, ProfileProgress, ProfileTarget, Secret
from gobs_core.agent.far_profiler import FarRecorder
from gobs_core.agent.loop import Agent
from gobs_core.plugins import Plugins
from gobs_core.proc import Proc
from gobs_core.profile import MAX_NAME
from gobs_core.settings import AgentSettings, Settings
from gobs_core.settings.sections import PluginsSettings, WorkerSettings
from gobs_core.testing import FakeClock, FakeProc
from gobs_core.workers.kin import stat_of
from tests.core.fakes import FakeSink, healthy
from tests.core.workers.faulty_profilers import CLASSES, FAULTS, SLOW, THEIRS
from tests.core.workers.rig import sent
from tests.core.workers.test_collectors import told
from tests.core.workers.test_faults import lag, left
from tests.support.secrets import marked
from tests.support.soak import counts
from tests.support.waiting import until

NAMES = tuple(fault.__name__ for fault in FAULTS)
GOOD_ONES = ("nothing", "prints", "slow")
IMPATIENT, PATIENT = 0.5, 60.0
SAYS = {
    "raises": "RuntimeError: boom \\x1b[2J ***",
    "hang": "no answer within 0.6 s; its worker was ended",
    "spin": "no answer within 0.6 s; its worker was ended",
    "regex": "no answer within 0.6 s; its worker was ended",
    "leak": "MemoryError",
    "children": "its worker is gone: it ended itself with exit code 0",
    "segfault": "its worker is gone: it was ended by SIGSEGV",
    "leaves": "its worker is gone: it ended itself with exit code 3",
    "exits": "SystemExit: 4",
    "garbage": "its worker said what is no answer, and was ended: ",
    "huge": "its worker said what is no answer, and was ended: a frame of 2147483648 bytes",
    "chatter": "its worker said what is no answer, and was ended: an answer of ",
    "prints_endlessly": "no answer within 0.6 s; its worker was ended",
    "forges": "its worker said what is no profile, and was ended: functions[0]: no such frame",
    "mutters": "its worker said what is no answer, and was ended: an answer of more than 20000 parts",
    "bloats": "its worker said what is no answer, and was ended: an answer of ",
}
"""Fault -> what is told of it."""


class Hearer:
    """Hears what becomes of recordings."""

    def __init__(self) -> None:
        self.news: dict[str, list[ProfileProgress]] = {}
        self.profiles: dict[str, Profile] = {}
        self.reasons: dict[str, str] = {}
        self.cancelled: set[str] = set()

    def progress(self, order: ProfileOrder, progress: ProfileProgress) -> None:
        """Note it."""
        self.news.setdefault(order.id, []).append(progress)

    def done(self, order: ProfileOrder, profile: Profile) -> None:
        """Note it."""
        assert not self.over(order.id)
        self.profiles[order.id] = profile

    def failed(self, order: ProfileOrder, reason: str, *, cancelled: bool = False) -> None:
        """Note it."""
        assert not self.over(order.id)
        self.reasons[order.id] = reason
        self.cancelled |= {order.id} if cancelled else set()

    def over(self, *ids: str) -> bool:
        """Whether these have come to their end."""
        return all(one in self.profiles or one in self.reasons for one in ids)

    def records(self, id: str) -> bool:  # noqa: A002  the word of the wire
        """Whether it has said that it records."""
        return any(one.state == "recording" for one in self.news.get(id, ()))


def make_agent(proc: FakeProc, *names: str, clock: FakeClock | None = None, near: Any = (), **config: Any) -> Agent:
    """An agent with the profilers of these names in workers, `near` in its thread, on a clock of its own."""
    classes: dict[str, Any] = {name: CLASSES[name] for name in names}
    made = {
        ("profiler", name): cls.Config(key=Secret(marked("key")), shortest=0.05, **config)
        for name, cls in classes.items()
    }
    settings = Settings(
        agent=AgentSettings(node="here"),
        plugins=PluginsSettings(workers=WorkerSettings(memory=160 << 20, cpu=64)),
        configs=dict(made),
    )
    plugins = Plugins(
        collectors={cls.name: cls for cls in near},
        sinks={"fake": FakeSink},
        profilers=classes,
        origins={("profiler", name): THEIRS for name in names},
    )
    return Agent(settings, plugins, Proc(proc.root, proc.sys), clock=clock or FakeClock(), run="0123")


def order(id: str, **changes: Any) -> ProfileOrder:  # noqa: A002
    given = {"target": ProfileTarget(kind="process", pid=20), "duration": 0.1, "frequency": 99, **changes}
    return ProfileOrder(id=id, **given)


def state(agent: Agent, name: str) -> Any:
    return next(one for one in agent.states() if (one.kind, one.name) == ("profiler", name))


async def opened(agent: Agent) -> None:
    """Open it, and wait until what its profilers can do here is known."""
    await agent.open()
    await until(lambda: not any(one.kind == "profiler" and one.state == "starting" for one in agent.states()), 60)


async def recorded(agent: Agent, name: str, **changes: Any) -> Hearer:
    """Let it record, to the end."""
    hearer = Hearer()
    agent.recordings.start(name, order("a", **changes), hearer)
    await until(lambda: hearer.over("a"), 60)
    return hearer


@pytest.fixture
def machine(proc: FakeProc) -> FakeProc:
    proc.write("20/stat", f"20 (a) b) S {' '.join(['0'] * 18)} 777 0\n")
    return proc


async def test_it_gets_what_it_is_asked_and_no_secret_of_others_and_what_it_finds_comes_back(
    machine: FakeProc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    agent = make_agent(machine, "telling")
    await opened(agent)
    assert (state(agent, "telling").state, state(agent, "telling").runs_in) == ("ok", "worker")
    assert state(agent, "telling").printed == "opened"
    assert (state(agent, "telling").pid, left()) == (None, []), (
        "what it can do here was found out by a process of its own"
    )
    hearer = await recorded(agent, "telling")
    profile = hearer.profiles["a"]
    said = json.loads(profile.frames[0].name)
    assert "AWS_SECRET_ACCESS_KEY" not in said["environment"]
    assert (said["opened"], said["privileges"]) == (True, "0")
    assert (said["root"], said["pids"], said["whole"]) == (str(machine.root), [20], False)
    assert (profile.profiler, profile.frequency, profile.samples) == ("telling", 99, 3)
    assert (profile.parents, profile.functions, [*profile.counts[0]]) == ([-1, 0], [0, 1], [0, 1, 3])
    assert profile.notes == ["of [20]"]
    fares = state(agent, "telling")
    assert (fares.state, fares.runs, fares.failures, fares.rows, fares.pid) == ("ok", 1, 0, 3, None)
    assert fares.cpu > 0
    assert fares.succeeded is not None
    assert fares.printed.splitlines()[-1] == "records a", "what it printed is told when its worker is gone"
    assert left() == []
    await agent.close()


async def test_what_its_worker_uses_is_told_while_it_records(machine: FakeProc, tmp_path: Path) -> None:
    agent, hearer = make_agent(machine, "tidy", path=str(tmp_path / "file")), Hearer()
    await opened(agent)
    agent.recordings.start("tidy", order("a", duration=60), hearer)
    await until(lambda: state(agent, "tidy").memory, 60)
    fares = state(agent, "tidy")
    assert stat_of(fares.pid) is not None
    assert fares.memory > 8 << 20
    await agent.close()
    assert stat_of(fares.pid) is None
    assert state(agent, "tidy").pid is None


@counts("rounds", reduced=1, full=100)
async def test_no_fault_of_a_profiler_costs_a_collector_a_sample_or_another_its_recording(
    machine: FakeProc, rounds: int
) -> None:
    clock = FakeClock()
    near = (healthy("a_first"), healthy("z_last"))
    agent = make_agent(machine, *GOOD_ONES, *NAMES, clock=clock, near=near)
    recorders: Any = agent.recordings._recorders
    for name, recorder in recorders.items():
        recorder._grace = IMPATIENT if "0.6 s" in SAYS.get(name, "") else SLOW if name == "slow" else PATIENT
    await opened(agent)
    ticks = 0
    async with lag() as seen:
        for _ in range(rounds):
            hearer = Hearer()
            for name in (*GOOD_ONES, *NAMES):
                agent.recordings.start(name, order(name), hearer)
            while not hearer.over(*GOOD_ONES, *NAMES):
                await agent.tick()
                ticks += 1
                clock.advance(5)
                await asyncio.sleep(0.02)
            for name in GOOD_ONES:
                assert hearer.profiles[name].samples == 3, hearer.reasons
            assert {name: text for name, text in SAYS.items() if text not in hearer.reasons[name]} == {}
            assert left() == []
            clock.advance(7200)
        states = {one.name: one for one in agent.states() if one.kind == "profiler"}
        await agent.close()
    for name in ("a_first", "z_last"):
        events = [row[1] for reading in told(sent(agent), name) for row in reading.rows]
        assert events == list(range(1, ticks + 1)), f"{name} lost samples"
    assert {name: states[name].state for name in NAMES} == dict.fromkeys(
        NAMES, "quarantined" if rounds > 2 else "failing"
    )
    assert {states[name].state for name in GOOD_ONES} == {"ok"}
    assert "hello" in states["prints"].printed
    assert "regex" in states["regex"].trace, "where it hung is told"
    assert "segfault" in states["segfault"].trace
    assert marked("key") not in repr(states)
    print(f"\n{rounds} rounds of {len(NAMES)} faults at once: 0 of {ticks} samples lost by 2 healthy collectors;")
    print(f"the loop was {1000 * seen.worst:.1f} ms late at worst")


async def test_that_it_came_to_nothing_is_an_answer_and_no_reason_for_quarantine(machine: FakeProc) -> None:
    agent = make_agent(machine, "fails")
    await opened(agent)
    for _ in range(4):
        hearer = await recorded(agent, "fails")
        assert hearer.reasons["a"] == "the kernel says no to ***"
    assert (state(agent, "fails").state, state(agent, "fails").restarts) == ("failing", 0)
    await agent.close()


async def test_one_that_keeps_failing_takes_no_recording_until_it_is_let_out_of_quarantine(
    machine: FakeProc, tmp_path: Path
) -> None:
    lasts, clock = tmp_path / "broken", FakeClock()
    lasts.touch()
    agent = make_agent(machine, "leaves", clock=clock, while_there=str(lasts))
    await opened(agent)
    for _ in range(3):
        await recorded(agent, "leaves")
    fares = state(agent, "leaves")
    assert (fares.state, fares.failures, fares.restarts) == ("quarantined", 3, 3)
    assert "exit code 3 (3 times in a row)" in fares.error
    refused = (await recorded(agent, "leaves")).reasons["a"]
    assert refused.startswith("the profiler is in quarantine for another 30s, or until it is let out of it: its worker")
    assert state(agent, "leaves") == fares, "what was refused is no failure"
    assert not agent.source.retry("profiler", "nobody")
    assert agent.source.retry("profiler", "leaves")
    assert not agent.source.retry("profiler", "leaves"), "it is in none any more"
    assert state(agent, "leaves").state == "starting"
    lasts.unlink()
    assert (await recorded(agent, "leaves")).profiles["a"].samples == 3
    assert state(agent, "leaves").state == "ok"
    await agent.close()


async def test_that_a_process_is_gone_says_nothing_of_how_its_profiler_fares(machine: FakeProc) -> None:
    clock = FakeClock()
    agent = make_agent(machine, "segfault", clock=clock)
    await opened(agent)
    for _ in range(3):
        await recorded(agent, "segfault")
    assert "segfault" in state(agent, "segfault").trace
    clock.advance(60)
    gone = await recorded(agent, "segfault", target=ProfileTarget(kind="process", pid=99))
    assert gone.reasons["a"] == "process 99 is gone"
    fares = state(agent, "segfault")
    assert (fares.state, fares.error, fares.trace) == ("failing", "process 99 is gone", "")
    await agent.close()


async def test_what_waited_while_it_came_into_quarantine_is_refused_and_no_failure(machine: FakeProc) -> None:
    agent, hearer = make_agent(machine, "leaves"), Hearer()
    await opened(agent)
    for id in "abcde":  # noqa: A001
        agent.recordings.start("leaves", order(id), hearer)
    await until(lambda: hearer.over(*"abcde"), 60)
    refused = [hearer.reasons[one].startswith("the profiler is in quarantine") for one in "abcde"]
    assert refused == [False, False, False, True, True]
    assert state(agent, "leaves").failures == 3
    await agent.close()


async def test_one_that_cannot_work_here_says_why_and_is_tried_again_with_every_recording(
    machine: FakeProc, tmp_path: Path
) -> None:
    lasts = tmp_path / "missing"
    lasts.touch()
    agent = make_agent(machine, "missing", while_there=str(lasts))
    await opened(agent)
    assert (state(agent, "missing").state, state(agent, "missing").error) == ("no data", "it needs PERFMON")
    assert (await recorded(agent, "missing")).reasons["a"] == "it needs PERFMON"
    lasts.unlink()
    assert "a" in (await recorded(agent, "missing")).profiles
    assert state(agent, "missing").state == "ok"
    await agent.close()


async def test_one_that_crashes_when_it_is_opened_is_failing_and_the_agent_starts(machine: FakeProc) -> None:
    agent = make_agent(machine, "unopened", near=(healthy("near"),))
    await agent.open()
    assert (await agent.tick()).ran == ("near",)
    await until(lambda: state(agent, "unopened").state == "failing", 60)
    assert state(agent, "unopened").error == "its worker is gone: it ended itself with exit code 5"
    assert left() == []
    await agent.close()


async def test_a_recording_that_is_not_wanted_any_more_cleans_up_before_its_worker_ends(
    machine: FakeProc, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    agent, hearer = make_agent(machine, "tidy", path=str(file)), Hearer()
    await opened(agent)
    agent.recordings.start("tidy", order("a", duration=600), hearer)
    await until(lambda: hearer.records("a"), 60)
    assert file.exists()
    agent.recordings.cancel("a")
    await until(lambda: hearer.over("a"), 10)
    assert hearer.cancelled == {"a"}
    assert not file.exists()
    assert left() == []
    assert (state(agent, "tidy").failures, state(agent, "tidy").restarts) == (0, 0)
    await agent.close()


async def test_one_that_does_not_listen_is_ended_with_all_it_has_started(machine: FakeProc) -> None:
    agent, hearer = make_agent(machine, "untidy"), Hearer()
    await opened(agent)
    agent.recordings.start("untidy", order("a", duration=600), hearer)
    await until(lambda: hearer.records("a"), 60)
    assert len(left()) >= 3
    agent.recordings.cancel("a")
    await until(lambda: hearer.over("a"), 10)
    assert hearer.cancelled == {"a"}
    assert left() == []
    await agent.close()


async def test_a_recording_ends_with_its_agent(machine: FakeProc) -> None:
    agent, hearer = make_agent(machine, "untidy"), Hearer()
    await opened(agent)
    agent.recordings.start("untidy", order("a", duration=600), hearer)
    await until(lambda: hearer.records("a"), 60)
    await agent.close()
    assert hearer.cancelled == {"a"}
    assert left() == []


async def test_several_record_beside_each_other_each_in_a_worker_of_its_own(machine: FakeProc, tmp_path: Path) -> None:
    agent, hearer = make_agent(machine, "tidy", at_once=2, path=str(tmp_path / "file")), Hearer()
    await opened(agent)
    for id in "ab":  # noqa: A001
        agent.recordings.start("tidy", order(id, duration=600), hearer)
    await until(lambda: hearer.records("a") and hearer.records("b"), 60)
    recorder: Any = agent.recordings._recorders["tidy"]
    assert len({worker.pid for worker in recorder._alive}) == 2
    await agent.close()
    assert left() == []


async def test_a_profile_that_is_larger_than_one_answer_frame_comes_in_parts_and_long_names_are_cut(
    machine: FakeProc,
) -> None:
    agent = make_agent(machine, "large")
    await opened(agent)
    profile = (await recorded(agent, "large")).profiles["a"]
    assert (len(profile.parents), len(profile.frames)) == (300_000, 2000)
    assert {len(frame.module) for frame in profile.frames} == {MAX_NAME}
    await agent.close()


async def test_one_that_is_larger_than_anybody_would_take_says_so(machine: FakeProc) -> None:
    agent = make_agent(machine, "too_large")
    await opened(agent)
    said = (await recorded(agent, "too_large")).reasons["a"]
    assert said == "the profile has more than 30 MiB; record less, or for a shorter time"
    await agent.close()


async def test_one_that_uses_too_much_is_ended_and_told_why(machine: FakeProc) -> None:
    agent = make_agent(machine, "spin")
    recorder: Any = agent.recordings._recorders["spin"]
    await opened(agent)
    make = recorder._make

    def frugal() -> Any:
        worker = make()
        worker._settings = WorkerSettings(cpu=0.001)
        return worker

    recorder._make = frugal
    said = (await recorded(agent, "spin", duration=60)).reasons["a"]
    assert "of a CPU over the last minute; plugins.workers.cpu is 0%" in said
    await agent.close()


async def test_a_setting_lets_it_run_inside(machine: FakeProc) -> None:
    agent = make_agent(machine, "nothing")
    assert isinstance(agent.recordings._recorders["nothing"], FarRecorder)
    settings = Settings(plugins=PluginsSettings(workers=WorkerSettings(inside=["nothing"])))
    plugins = Plugins(
        sinks={"fake": FakeSink},
        profilers={"nothing": CLASSES["nothing"]},
        origins={("profiler", "nothing"): THEIRS},
    )
    inside = Agent(settings, plugins, Proc(machine.root, machine.sys), clock=FakeClock())
    assert state(inside, "nothing").runs_in == "loop"
    assert (await recorded(inside, "nothing", duration=1.0)).profiles["a"].samples == 3
    for one in (agent, inside):
        await one.close()
