"""All processes of agents together, as whoever measures or tests sees them."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import msgspec

from tests.support.house import ROOT
from tests.support.programs import searched
from tests.support.returning.found import Found, together
from tests.support.returning.place import Place
from tests.support.returning.plan import Plan

PROCESSES = 2
_LINE = 64 << 20
"""Bytes of what one process may tell at once."""


class Crowd:
    """The agents. Lives as long as `crowd` does."""

    def __init__(self, processes: list[Process]) -> None:
        self._processes = processes

    async def found(self) -> Found:
        """Return what became of them since the last time."""
        return together(await asyncio.gather(*map(_asked, self._processes)))

    async def until_all(self, count: int, seconds: float, *, acknowledged: bool = False) -> Found:
        """Wait until so many are connected, or have been acknowledged, and return what became of them all the while."""
        parts: list[Found] = []
        async with asyncio.timeout(seconds):
            while True:
                parts.append(newest := await self.found())
                if (newest.acknowledged if acknowledged else newest.connected) == count:
                    break
                await asyncio.sleep(0.5)
        whole = together(parts)
        whole.connected, whole.acknowledged = newest.connected, newest.acknowledged
        return whole


@asynccontextmanager
async def crowd(
    place: Place, *, over: float, interval: float, jitter: bool = True, processes: int = PROCESSES
) -> AsyncIterator[Crowd]:
    """Start the agents of a place, which come within `over` seconds; all are gone afterwards."""
    started: list[Process] = []
    try:
        for number in range(processes):
            first, last = (place.agents * at // processes for at in (number, number + 1))
            plan = Plan(
                server=place.grpc,
                ca_file=str(place.certs.ca),
                folder=str(place.folder / "agents"),
                joins=place.joins[first:last],
                first=first,
                over=over,
                interval=interval,
                jitter=jitter,
            )
            module = "tests.support.returning.agents"
            made = searched(
                await asyncio.create_subprocess_exec(
                    sys.executable, "-m", module, stdin=PIPE, stdout=PIPE, cwd=ROOT, limit=_LINE
                )
            )
            started.append(made)
            await _write(made, msgspec.json.encode(plan))
        yield Crowd(started)
    finally:
        for made in started:
            with suppress(ProcessLookupError):
                made.kill()
            await made.wait()


async def _asked(process: Process) -> Found:
    await _write(process, b"found")
    assert process.stdout is not None
    return msgspec.json.decode(await process.stdout.readline(), type=Found)


async def _write(process: Process, line: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(line + b"\n")
    await process.stdin.drain()
