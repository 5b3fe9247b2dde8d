"""Running until a signal: the first ends the work gracefully, the second at once."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys

import pytest

from gobs_core.running import unless_stopped
from tests.support.programs import searched

STARTING = """
import asyncio, sys
from gobs_core.running import run_until_signal, unless_stopped

async def slow():
    try:
        print("starting", flush=True)
        await asyncio.sleep(60)
    finally:
        print("undone", flush=True)

async def work(stop):
    print(await unless_stopped(stop, slow()), flush=True)

sys.exit(run_until_signal(work))
"""
BEFORE = """
import sys, time
from gobs_core.cli.run import run
from gobs_core.command import Command

class Point:
    name, value, dist = "x", "x", None
    def load(self):
        return Command("x", "x", lambda parser: None, action)

def action(args):
    try:
        print("importing", flush=True)
        time.sleep(60)
    finally:
        print("undone", flush=True)

sys.exit(run(["x"], [Point()]))
"""
SCRIPT = """
import asyncio, sys
from gobs_core.running import run_until_signal

async def work(stop):
    print("ready", flush=True)
    await stop.wait()
    print("stopping", flush=True)
    if {stubborn}:
        await asyncio.sleep(60)

sys.exit(run_until_signal(work))
"""


def program(script: str = "", *, stubborn: bool = False) -> subprocess.Popen[str]:
    script = script or SCRIPT.format(stubborn=stubborn)
    return searched(
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_the_first_signal_lets_the_work_end(number: signal.Signals, code: int) -> None:
    with program() as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.send_signal(number)
        out, err = child.communicate(timeout=30)
    assert (out, err, child.returncode) == ("stopping\n", "", code)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_the_second_signal_ends_it_at_once(number: signal.Signals, code: int) -> None:
    with program(stubborn=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.send_signal(number)
        assert child.stdout.readline() == "stopping\n"
        child.send_signal(number)
        assert child.wait(30) == code


@pytest.mark.parametrize(
    ("script", "said", "code"), [(STARTING, "starting", 0), (BEFORE, "importing", 143)], ids=["in the loop", "before"]
)
def test_a_signal_while_it_starts_ends_it_at_once_and_undoes_what_was_begun(script: str, said: str, code: int) -> None:
    with program(script) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == f"{said}\n"
        child.send_signal(signal.SIGTERM)
        out, err = child.communicate(timeout=30)
    assert (out.splitlines()[0], err, child.returncode) == ("undone", "", code)


async def test_what_comes_to_an_end_before_a_stop_is_returned_or_raised() -> None:
    stop = asyncio.Event()

    async def work(error: Exception | None = None) -> int:
        await asyncio.sleep(0)
        if error is not None:
            raise error
        return 7

    assert await unless_stopped(stop, work()) == 7
    with pytest.raises(ValueError, match="boom"):
        await unless_stopped(stop, work(ValueError("boom")))
    stop.set()
    assert await unless_stopped(stop, asyncio.sleep(60, "late")) is None
