"""What is left when the program itself is killed: its workers end with it, and what those have started ends at the next
start of any program that has workers."""

from __future__ import annotations

import asyncio
import signal
import sys

from gobs_core.workers.kin import end_orphans, stat_of
from tests.support.house import ROOT
from tests.support.programs import searched
from tests.support.waiting import until

PROGRAM = """
import asyncio, sys
from pathlib import Path
from gobs_core import Proc
from tests.core.workers.rig import make_agent, sent, settled
from tests.core.workers.test_collectors import told

async def main():
    agent = make_agent(Proc(), ("brood",))
    await agent.open()
    await agent.tick()
    await settled(agent)
    await agent.outboxes["fake"].close()
    [reading] = told(sent(agent), "brood")
    print("PIDS", *reading.rows[0][:2], flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


def runs(pid: int) -> bool:
    found = stat_of(pid)
    return found is not None and found.state not in "ZX"


async def test_a_worker_ends_with_its_program_and_what_it_has_started_at_the_next_start() -> None:
    program = searched(
        await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    )
    assert program.stdout is not None
    while not (line := (await program.stdout.readline()).split()) or line[0] != b"PIDS":
        assert program.returncode is None
    child, worker = map(int, line[1:])
    assert runs(child)
    assert runs(worker)
    program.send_signal(signal.SIGKILL)
    await program.wait()
    await until(lambda: not runs(worker))
    await until(lambda: (end_orphans(), not runs(child))[1])
