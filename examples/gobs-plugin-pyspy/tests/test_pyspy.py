"""The profiler finds the functions of a real program, tells its threads apart, and keeps its contract."""

# ruff: noqa: D103  a test's name is its sentence

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import pytest
from gobs_pyspy import PySpyConfig, PySpyProfiler

from gobs_core import (
    NoData,
    Proc,
    Profile,
    ProfileFailed,
    ProfileOrder,
    ProfileProcesses,
    ProfileProgress,
    ProfileTarget,
)
from gobs_core.profile import check_profile, stack_of
from gobs_core.testing import check_profiler

PROGRAM = """
import threading
def spins():
    while True: sum(range(1000))
def outer(): spins()
threading.Thread(target=outer, name='wor;ker "1"', daemon=True).start()
print("ready", flush=True)
spins()
"""


@pytest.fixture
def busy() -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        program.stdout.readline()
        yield program.pid
        program.kill()


async def record(*pids: int) -> Profile:
    profiler = PySpyProfiler(PySpyConfig(), Proc())
    profiler.open()
    told: list[ProfileProgress] = []
    order = ProfileOrder(id="x", target=ProfileTarget(kind="workload", workload="x"), duration=2.0, frequency=50)
    profile = await profiler.record(order, ProfileProcesses(pids), told.append)
    check_profile(profile)
    assert {one.state for one in told} == {"recording", "processing"}
    return profile


def test_functions_are_found_by_name_in_every_thread(busy: int) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        profile = asyncio.run(record(busy, other.pid))
        other.kill()
    found: Counter[str] = Counter()
    for count in profile.counts:
        stack = stack_of(profile, count.stack)
        assert {frame.kind for frame in stack} == {"python"}
        found[stack[-1].name] += count.samples
    assert found["spins"] == profile.samples > 10
    assert {thread.name for thread in profile.threads} == {"MainThread", 'wor;ker "1"'}
    assert {thread.pid for thread in profile.threads} == {busy}


def test_what_runs_no_python_is_told_in_words() -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        with pytest.raises(ProfileFailed, match="none of its processes runs Python"):
            asyncio.run(record(other.pid))
        other.kill()


def test_without_the_program_it_cannot_work() -> None:
    with pytest.raises(NoData, match="pip install py-spy"):
        PySpyProfiler(PySpyConfig(program="/nonexistent"), Proc()).open()


@pytest.mark.skipif(os.geteuid() != 0, reason="py-spy may read the memory of its own parent only as root")
def test_keeps_the_contract() -> None:
    check_profiler(PySpyProfiler)
