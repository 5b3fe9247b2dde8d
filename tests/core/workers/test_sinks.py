"""A sink of others in its worker: what it gets, and whatever it does, every other has every frame."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from gobs_core import Frame, Reading, Secret, Source
from gobs_core.agent.clock import NANO
from gobs_core.agent.far_sink import FarOutbox, far_outbox
from gobs_core.agent.loop import Agent
from gobs_core.plugins import Plugins
from gobs_core.redact import Redactor
from gobs_core.settings import AgentSettings, Settings
from gobs_core.settings.sections import WorkerSettings
from gobs_core.state import PluginState
from gobs_core.testing import FakeClock, FakeProc
from gobs_core.workers.kin import stat_of
from gobs_core.workers.process import Nursery
from gobs_core.workers.serve_sink import told_of
from gobs_core.workers.shapes import shapes_of, tables_of
from gobs_core.workers.worker import Held, Worker
from tests.core.fakes import FakeSink, healthy
from tests.core.workers.faulty_sinks import CLASSES, FAULTS, TABLE, THEIRS
from tests.core.workers.test_faults import left
from tests.support.secrets import marked
from tests.support.soak import counts
from tests.support.waiting import until

SOURCE = Source(node="here", run="0123", tables=(TABLE,))
IMPATIENT = ("hang", "spin", "regex", "prints_endlessly")
SAYS = {
    "raises": "RuntimeError: boom",
    "hang": "no answer within 0.5 s; its worker was ended",
    "spin": "no answer within 0.5 s; its worker was ended",
    "regex": "no answer within 0.5 s; its worker was ended",
    "leak": "MemoryError: ",
    "children": "its worker is gone: it ended itself with exit code 0",
    "segfault": "its worker is gone: it was ended by SIGSEGV",
    "leaves": "its worker is gone: it ended itself with exit code 3",
    "exits": "SystemExit: 4",
    "garbage": "its worker said what is no answer, and was ended: ",
    "huge": "its worker said what is no answer, and was ended: a frame of 2147483648 bytes",
    "chatter": "its worker said what is no answer, and was ended: an answer of ",
    "prints_endlessly": "no answer within 0.5 s; its worker was ended",
    "lies": "its worker said what is no answer, and was ended: Expected `int` >= 0",
}


def box(name: str, clock: FakeClock, **config: Any) -> FarOutbox:
    """The outbox of a sink in a worker, on a clock of its own."""
    cls = CLASSES[name]
    made = cls.Config(key=Secret(marked("key")), **config)
    held = Held("sink", name, THEIRS, made, told_of(SOURCE))
    settings = WorkerSettings(memory=128 << 20, cpu=64)
    worker = Worker(held, settings, Nursery(), now=lambda: clock.monotonic_ns() / NANO)
    state, redact = PluginState(kind="sink", name=name), Redactor([marked("key")])
    deadline = 0.5 if name in IMPATIENT else 60.0
    return far_outbox(cls, made, SOURCE, worker, state, redact, deadline, clock.monotonic_ns)


def frame(number: int) -> Frame:
    row = ("a", number, 0.5, "x")
    return Frame(number, 1, 2, (Reading(TABLE, (row,), 3),))


def at_rest(one: FarOutbox) -> bool:
    return one.queued == 0


@counts("rounds", reduced=3, full=100)
async def test_no_fault_of_a_sink_costs_another_a_frame(tmp_path: Path, rounds: int) -> None:
    clock, kept = FakeClock(), tmp_path / "kept"
    good = box("nothing", clock, path=str(kept))
    bad = [box(fault.__name__, clock) for fault in FAULTS]
    for one in (good, *bad):
        one.start()
    for number in range(1, rounds + 1):
        for one in (good, *bad):
            one.put(frame(number))
        await until(lambda: all(at_rest(one) for one in (good, *bad)), 60)
        clock.advance(7200)
    states = {one.name: one.state for one in bad}
    for one in (good, *bad):
        await one.close()
    assert kept.read_text().split() == [str(number) for number in range(1, rounds + 1)]
    assert good.state.state == "ok"
    assert {name: state.state for name, state in states.items()} == dict.fromkeys(states, "quarantined")
    assert {name: states[name].error for name, text in SAYS.items() if text not in states[name].error} == {}
    assert "regex" in states["regex"].trace, "where it hung is told"
    assert marked("key") not in repr(states)
    assert left() == []


async def test_it_gets_what_one_that_runs_inside_gets_and_no_secret_of_others(
    proc: FakeProc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    told = tmp_path / "told"
    cls = CLASSES["telling"]
    settings = Settings(
        agent=AgentSettings(node="here"),
        configs={("sink", "telling"): cls.Config(key=Secret(marked("key")), path=str(told))},
        named=frozenset({("sink", "telling")}),
    )
    plugins = Plugins(
        collectors={"near": healthy("near")},
        sinks={"telling": cls, "fake": FakeSink},
        origins={("sink", "telling"): THEIRS},
    )
    agent = Agent(settings, plugins, proc, clock=FakeClock(), run="0123")
    await agent.open()
    await agent.tick()
    await until(lambda: agent.outboxes["telling"].state.state == "ok", 60)
    state = agent.outboxes["telling"].state
    assert (state.runs_in, state.runs, state.drops, state.error) == ("worker", 1, 2, "")
    assert agent.outboxes["telling"].acknowledged == 7
    assert state.pid is not None
    assert state.pid != os.getpid()
    assert state.memory is not None
    said = json.loads(told.read_text())
    [seen] = agent.outboxes["fake"].sink.frames  # type: ignore[attr-defined]  # of a FakeSink
    assert said["frame"] == [seen.sequence, seen.wall_ns, seen.monotonic_ns]
    rows = [[reading.table.name, reading.read_ns, [[*row] for row in reading.rows]] for reading in seen.readings]
    assert said["rows"] == json.loads(json.dumps(rows))
    assert said["tables"] == repr(tables_of(shapes_of(agent.source.tables)))
    assert tables_of(shapes_of(agent.source.tables)) == agent.source.tables
    assert said["source"][:3] == ["here", agent.source.version, "0123"]
    assert said["states"] == sorted(one.name for one in agent.states())
    assert (said["key"], said["opened"]) == (marked("key"), 1)
    assert "AWS_SECRET_ACCESS_KEY" not in said["environment"]
    assert not agent.source.retry("sink", "telling")
    await agent.close()
    assert stat_of(state.pid) is None


async def test_frames_wait_while_it_is_in_quarantine_and_are_sent_once_it_is_let_out(tmp_path: Path) -> None:
    clock, lasts, kept = FakeClock(), tmp_path / "broken", tmp_path / "kept"
    lasts.touch()
    one = box("leaves", clock, path=str(kept), while_there=str(lasts))
    one.start()
    for number in (1, 2, 3):
        one.put(frame(number))
        await until(lambda: at_rest(one), 60)
        clock.advance(5 if number < 3 else 0)
    assert one.state.state == "quarantined"
    for number in (4, 5):
        one.put(frame(number))
    lasts.unlink()
    assert (one.queued, kept.exists()) == (2, False)
    assert one.lift()
    await until(lambda: one.state.state == "ok" and at_rest(one), 60)
    assert kept.read_text().split() == ["4", "5"]
    assert not one.lift()
    assert one.state.restarts == 3
    await one.close()
