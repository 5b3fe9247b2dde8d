"""Running until a signal: the first ends the work gracefully, the second at once."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

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


def program(*, stubborn: bool = False) -> subprocess.Popen[str]:
    script = SCRIPT.format(stubborn=stubborn)
    return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


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
