"""A plugin of profilers, each with a fault of its own; a worker imports this module as it would a stranger's."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from gobs_core import (
    NoData,
    Profile,
    ProfileFailed,
    ProfileOrder,
    ProfileProcesses,
    ProfileProgress,
    Profiler,
    ProfilerConfig,
    ProfileThread,
    Secret,
    StackFrame,
    Stacks,
    hookimpl,
)
from gobs_core.plugins import Origin
from gobs_core.workers.wire import HEAD
from tests.core.workers import faulty
from tests.core.workers.faulty import AWAY, SLEEP, table_of, the_line

THEIRS = Origin("faulty_profilers", "gobs-plugin-faulty-profilers", "1.0", __name__)
TABLE = table_of("box")
SLOW = 4.0
Tell = Callable[[ProfileProgress], None]


class FaultyConfig(ProfilerConfig, frozen=True, kw_only=True):
    """Settings."""

    key: Secret = Secret()
    path: str = ""
    while_there: str = ""
    """The fault lasts while this file is there; empty: always."""


class FaultyProfiler(Profiler):
    """Says that it records, does what its fault is, and has found a little."""

    title = "a faulty one"
    kinds = ("process", "node")
    Config = FaultyConfig
    config: FaultyConfig
    fault: Any

    def __init__(self, config: ProfilerConfig, proc: Any) -> None:
        super().__init__(config, proc)
        self.held: list[bytearray] = []

    async def record(self, order: ProfileOrder, processes: ProfileProcesses, tell: Tell) -> Profile:
        """Do so."""
        tell(ProfileProgress(state="recording", left=order.duration))
        lasts = self.config.while_there
        if not lasts or await asyncio.to_thread(os.path.exists, lasts):
            type(self).fault(self, TABLE)
        return profile_of(order, processes.pids)


def profile_of(order: ProfileOrder, pids: tuple[int, ...], event: str = "wall") -> Profile:
    """A profile with one stack of two functions, seen three times."""
    stacks = Stacks()
    stacks.add(1, 2, [stacks.frame(StackFrame("main", "a.py", "python")), stacks.frame(StackFrame("inner \x1b[2J"))], 3)
    return Profile(
        profiler="whoever", event=event, frequency=order.frequency, started=1.5, duration=order.duration,
        frames=stacks.frames, parents=stacks.parents, functions=stacks.functions,
        threads=[ProfileThread(1, 2, "p", "t")], counts=stacks.counts([(1, 2)]), samples=3,
        notes=[f"of {list(pids)}"],
    )  # fmt: skip


class Telling(FaultyProfiler):
    """Tells of its surroundings, in the only text a profile has room for."""

    name = "telling"

    def open(self) -> None:
        """Note it, and say so."""
        print("opened", flush=True)
        self.opened = os.getpid()

    async def record(self, order: ProfileOrder, processes: ProfileProcesses, tell: Tell) -> Profile:
        """Do so."""
        print(f"records {order.id}", flush=True)
        status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())  # noqa: ASYNC240
        told = {
            "environment": sorted(os.environ),
            "privileges": status["NoNewPrivs"].strip(),
            "opened": self.opened == os.getpid(),
            "key": str(self.config.key),
            "root": str(self.proc.root),
            "pids": processes.pids,
            "whole": processes.whole,
        }
        profile = profile_of(order, processes.pids)
        return msgspec.structs.replace(profile, frames=[StackFrame(json.dumps(told)[:512]), profile.frames[1]])


class Missing(FaultyProfiler):
    """Cannot work here, as long as a file is there."""

    name = "missing"
    fault = staticmethod(faulty.nothing)

    def open(self) -> None:
        """Say so."""
        if os.path.exists(self.config.while_there):
            raise NoData("it needs PERFMON")


class Unopened(FaultyProfiler):
    """Ends the process as soon as it is opened."""

    name = "unopened"
    fault = staticmethod(faulty.nothing)

    def open(self) -> None:
        """Do so."""
        os._exit(5)


class Large(FaultyProfiler):
    """Has found as much as it may, or more."""

    name = "large"
    nodes = 300_000

    async def record(self, order: ProfileOrder, processes: ProfileProcesses, tell: Tell) -> Profile:
        """Say so."""
        stacks = Stacks()
        functions = [stacks.frame(StackFrame(f"{number:0500}", "x" * 2000)) for number in range(2000)]
        for number in range(type(self).nodes):
            stacks.count(1, 1, stacks.place([functions[number % 2000]], number - 1))
        profile = profile_of(order, processes.pids)
        return msgspec.structs.replace(
            profile, frames=stacks.frames, parents=stacks.parents, functions=stacks.functions,
            threads=[ProfileThread(1, 1)], counts=stacks.counts([(1, 1)]), samples=stacks.samples,
        )  # fmt: skip


class TooLarge(Large):
    """Has found more than anybody would take."""

    name = "too_large"
    nodes = 10

    async def record(self, order: ProfileOrder, processes: ProfileProcesses, tell: Tell) -> Profile:
        """Say so."""
        many = [StackFrame(f"{number:0500}", "x" * 500) for number in range(40_000)]
        profile = profile_of(order, processes.pids)
        return msgspec.structs.replace(profile, frames=[*profile.frames, *many])


class Tidy(FaultyProfiler):
    """Has a child and a file while it records, and removes both when it is cancelled."""

    name = "tidy"

    async def record(self, order: ProfileOrder, processes: ProfileProcesses, tell: Tell) -> Profile:
        """Record for ever."""
        file = Path(self.config.path)
        file.touch()  # noqa: ASYNC240  a test's file
        child = await asyncio.create_subprocess_exec(*SLEEP)
        try:
            tell(ProfileProgress(state="recording", left=order.duration))
            await child.wait()
        finally:
            child.kill()
            await child.wait()
            file.unlink()  # noqa: ASYNC240  as above
        raise ProfileFailed("its child has ended")


class Untidy(FaultyProfiler):
    """Has children far away, and does not listen."""

    name = "untidy"

    async def record(self, order: ProfileOrder, processes: ProfileProcesses, tell: Tell) -> Profile:
        """Record for ever, and hear of nothing."""
        for command in (SLEEP, [sys.executable, "-c", AWAY]):
            subprocess.Popen(command, start_new_session=True)  # noqa: ASYNC220  a bad example
        tell(ProfileProgress(state="recording", left=order.duration))
        while True:
            time.sleep(1)  # noqa: ASYNC251  that is its fault


def fails(it: Any, mine: Any) -> None:
    """Say why there is nothing, as the contract has it."""
    raise ProfileFailed(f"the kernel says no to {it.config.key}")


def slow(it: Any, mine: Any) -> None:
    """Take nine tenths of the time there is."""
    time.sleep(0.9 * SLOW)


def no_profile(it: Any, mine: Any) -> None:
    """Be asked for something else."""
    raise TypeError("this is no profile")


def forges(it: Any, mine: Any) -> None:
    """Answer for the worker: with a profile whose stacks have no functions."""
    for what, items in (("parents", [-1]), ("functions", [7]), ("counts", [])):
        say("part", (what, items))
    say("done", ("wall", 1, 1.0, 1.0, 0, 0, "fp", []))


def mutters(it: Any, mine: Any) -> None:
    """Say how far it is, without end, past the worker that would say it less often."""
    part = framed("part", ("progress", {"state": "recording", "left": 1.0}))
    line = the_line()
    while True:
        line.sendall(part * 1000)


def bloats(it: Any, mine: Any) -> None:
    """Say more and more of a profile, until nobody may hear it."""
    part = framed("part", ("counts", [(0, 0, 1)] * 10_000))
    line = the_line()
    while True:
        line.sendall(part)


def say(kind: str, body: object) -> None:
    """Write an answer to the first question after the start on the worker's own line."""
    the_line().sendall(framed(kind, body))


def framed(kind: str, body: object) -> bytes:
    """Such an answer as it travels: 1 was the start."""
    raw = msgspec.msgpack.encode((2, kind, body))
    return HEAD.pack(len(raw)) + raw


NAMES = (
    *("raises", "hang", "spin", "regex", "leak", "children", "segfault", "leaves", "exits", "garbage", "huge"),
    *("chatter", "prints_endlessly"),
)
FAULTS = (*(getattr(faulty, name) for name in NAMES), forges, mutters, bloats)


def _made(fault: Any) -> type[FaultyProfiler]:
    return type(fault.__name__.title(), (FaultyProfiler,), {"name": fault.__name__, "fault": staticmethod(fault)})


CLASSES: dict[str, type[FaultyProfiler]] = {
    **{fault.__name__: _made(fault) for fault in (*FAULTS, faulty.nothing, faulty.prints, fails, slow)},
    **{cls.name: cls for cls in (Telling, Missing, Unopened, Large, TooLarge, Tidy, Untidy)},
}


@hookimpl
def gobs_register_profilers() -> list[type[Profiler]]:
    """Announce them all."""
    return list(CLASSES.values())
