"""What a bad collector can do in a worker, all at once, again and again: nobody else loses a sample."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from gobs_core import Secret
from gobs_core.settings.sections import WorkerSettings
from gobs_core.testing import FakeClock, FakeProc
from gobs_core.workers.kin import MARK
from gobs_core.workers.wire import Answer, pack
from tests.core.fakes import healthy
from tests.core.workers.faulty import CLASSES, FAULTS, SLOW
from tests.core.workers.rig import make_agent, sent, settled
from tests.core.workers.test_collectors import told
from tests.support.secrets import marked
from tests.support.soak import counts

NAMES = tuple(fault.__name__ for fault in FAULTS)
MEMORY = WorkerSettings(memory=128 << 20, cpu=64)
SAYS = {
    "raises": r"RuntimeError: boom \x1b[2J ***",
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
    "flood": "DeclarationError: table 'flood': more than 20000 rows at one tick",
    "infinite": "DeclarationError: table 'infinite', column 'level': expected a finite number, got an infinity",
    "doubles": "DeclarationError: table 'doubles', column 'id': key 'a' comes twice",
    "prints_endlessly": "no answer within 0.5 s; its worker was ended",
}
"""Fault -> what is told of it."""


@dataclass
class Lag:
    """How late the event loop was at worst, in seconds."""

    worst: float = 0.0


@asynccontextmanager
async def lag() -> AsyncIterator[Lag]:
    """Watch how late the loop is."""
    seen = Lag()

    async def look() -> None:
        while True:
            due = time.monotonic() + 0.005
            await asyncio.sleep(0.005)
            seen.worst = max(seen.worst, time.monotonic() - due)

    task = asyncio.create_task(look())
    yield seen
    task.cancel()


def left() -> list[str]:
    """The processes that workers of this program have left behind."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                mine = f"{MARK}={os.getpid()}-".encode() in file.read()
            if mine and pid != str(os.getpid()):
                found.append(pid)
        except OSError:
            continue
    return found


@counts("rounds", reduced=3, full=100)
async def test_no_fault_in_a_worker_costs_anybody_else_a_sample(proc: FakeProc, rounds: int) -> None:
    clock = FakeClock()
    slow = CLASSES["slow"].Config(deadline=SLOW)
    configs = {"slow": slow, "raises": CLASSES["raises"].Config(key=Secret(marked("key")))}
    names = ("nothing", "slow", *NAMES)
    agent = make_agent(proc, names, healthy("a_first"), healthy("z_last"), clock=clock, workers=MEMORY, configs=configs)
    quarantined: dict[str, int] = {}
    most: dict[str, int] = {}
    await agent.open()
    async with lag() as seen:
        for tick in range(rounds):
            stats = await agent.tick()
            if tick < 3 or tick == rounds - 1:
                assert set(stats.ran) == {"a_first", "z_last", *names}
            for state in await busy(agent):
                most[state.name] = max(most.get(state.name, 0), state.memory or 0)
                if state.state == "quarantined":
                    quarantined.setdefault(state.name, tick * 5)
            clock.advance(5 if tick < 2 else 7200)
        states = {state.name: state for state in agent.states()}
        await agent.close()
    frames = sent(agent)
    for name in ("a_first", "z_last", "nothing"):
        events = [row[1] for reading in told(frames, name) for row in reading.rows]
        assert events == list(range(1, rounds + 1)), f"{name} lost samples"
    assert {name: states[name].state for name in NAMES} == dict.fromkeys(NAMES, "quarantined")
    assert {name: text for name, text in SAYS.items() if text not in states[name].error} == {}
    assert "regex" in states["regex"].trace, "where it hung is told"
    assert "segfault" in states["segfault"].trace
    assert marked("key") not in repr(states)
    assert left() == []
    print(f"\n{rounds} rounds of {len(NAMES)} faults at once: 0 samples lost by 3 healthy collectors;")
    print(
        f"the loop was {1000 * seen.worst:.1f} ms late at worst; {len(told(frames, 'slow'))} readings of the slow one;"
    )
    print(f"seconds to quarantine, at an interval of 5 s: {sorted(set(quarantined.values()))}")
    print("MiB of a worker: " + ", ".join(f"{name} {size >> 20}" for name, size in sorted(most.items()) if size))


async def busy(agent: Any) -> Any:
    """Wait until all have read; return how each fares."""
    await settled(agent)
    return agent.states()


async def test_one_that_takes_more_with_every_reading_is_ended_and_begins_anew(proc: FakeProc) -> None:
    clock = FakeClock()
    agent = make_agent(proc, ("leaks_slowly",), clock=clock, workers=WorkerSettings(memory=128 << 20))
    await agent.open()
    events = []
    for _ in range(8):
        await agent.tick()
        await settled(agent)
        clock.advance(100)
        state = agent.states()[0]
        events.append((state.state, state.restarts))
    assert ("failing", 0) in events
    assert events[-1][1] == 1
    assert any(state == "ok" and restarts for state, restarts in events), events
    await agent.close()


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({"memory": 64 << 20}, "of memory; plugins.workers.memory is 64 MiB"),
        ({"cpu": 0.001}, "of a CPU over the last minute; plugins.workers.cpu is 0%"),
    ],
)
async def test_one_that_uses_too_much_between_its_readings_is_ended_and_told_why(
    proc: FakeProc, limits: dict[str, Any], says: str
) -> None:
    clock = FakeClock()
    agent = make_agent(proc, ("greedy",), clock=clock, workers=WorkerSettings(**limits))
    await agent.open()
    await agent.tick()
    await settled(agent)
    runner: Any = agent.runners["greedy"]
    async with asyncio.timeout(20):
        while not runner._worker._process.gone:
            runner.watch()
            await asyncio.sleep(0.05)
    clock.advance(5)
    await agent.tick()
    await settled(agent)
    state = agent.states()[0]
    assert state.state == "failing"
    assert says in state.error
    await agent.close()


async def test_what_it_printed_last_is_told_when_it_is_gone(proc: FakeProc) -> None:
    agent = make_agent(proc, ("last_words",))
    await agent.open()
    await agent.tick()
    await settled(agent)
    assert agent.states()[0].trace == "so long \\x1b[31m\nand thanks"
    await agent.close()


class Endless:
    """Stands for a process of which more has arrived than was heard."""

    async def hear(self) -> Answer:
        """The next part, without waiting."""
        return Answer(0, "part", pack(None))


async def test_however_much_a_worker_has_said_the_loop_has_its_turn_between(proc: FakeProc) -> None:
    agent = make_agent(proc, ("nothing",))
    worker: Any = agent.runners["nothing"]._worker  # type: ignore[attr-defined]  # of a FarRunner
    turns = heard = 0

    def hear(_: object) -> None:
        nonlocal heard
        heard += 1

    async def watch() -> None:
        nonlocal turns
        while heard < 10_000:
            await asyncio.sleep(0)
            turns += 1
        asking.cancel()

    asking = asyncio.ensure_future(worker._answer(Endless(), hear))
    await watch()
    assert turns >= 10_000 // 100
    await agent.close()
