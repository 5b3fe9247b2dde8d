"""Real agents that lose their server: real connections over TLS, credentials, pauses and frames, a few processes."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from benchmarks.report import Report
from tests.support.peers import resident
from tests.support.returning.crowd import Crowd, crowd
from tests.support.returning.found import Found
from tests.support.returning.place import Place
from tests.support.server import ServerProcess

COME = 150.0
"""Agents a second that come the first time: each joins, which writes a file here and a row there."""
EVERY = 20.0
"""Seconds between two frames of an agent."""
LONGEST = 900.0
Watch = Callable[[ServerProcess], Awaitable[float]]


class Returned(NamedTuple):
    """What became of one restart."""

    found: Found
    back: float
    """When the server was there again."""
    away: float
    """Seconds it was not."""
    memory: float
    """Bytes of the server once all were back."""
    page: float
    """What whoever looks at a page noticed meanwhile."""


def returning(agents: int, watch: Watch) -> Report:
    """Let all lose their server twice, and once more without jitter; `watch` is what others notice meanwhile."""
    report = Report(f"Coming back: {agents:,} real agents over TLS after the server was killed, two cores for all")
    for name, jitter, restarts in (("with jitter", True, 2), ("without jitter", False, 1)):
        for number, one in enumerate(asyncio.run(_rounds(agents, watch, restarts, jitter=jitter)), 1):
            which = f"{name}, restart {number}"
            failed, in_vain = one.found.failed_since(one.back), len(one.found.failed) - one.found.failed_since(one.back)
            note = f"{failed:,} attempts failed at the server that was back, {in_vain:,} before, for {one.away:.1f} s"
            report.figure(f"{which}: all back", one.found.last_back(one.back), "s", note)
            report.figure(f"{which}: page, p99 meanwhile", one.page, "ms")
            report.figure(f"{which}: memory of the server", one.memory / 2**20, "MiB", "RSS with all of them connected")
            if jitter:
                report.bar(f"failed attempts, {which}", failed, at_most=0)
    return report


async def _rounds(agents: int, watch: Watch, restarts: int, *, jitter: bool) -> list[Returned]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        place = await asyncio.to_thread(Place, Path(folder), agents)
        server = stack.enter_context(place.server())
        async with crowd(place, over=agents / COME, interval=EVERY, jitter=jitter) as all_of_them:
            await all_of_them.until_all(agents, LONGEST, acknowledged=True)
            found = []
            for _ in range(restarts):
                server.kill()
                killed = time.monotonic()
                server = stack.enter_context(place.server())
                found.append(await _returned(agents, all_of_them, server, watch, killed))
            return found


async def _returned(agents: int, crowd: Crowd, server: ServerProcess, watch: Watch, killed: float) -> Returned:
    back = time.monotonic()
    noticed = asyncio.ensure_future(watch(server))
    found = await crowd.until_all(agents, LONGEST)
    await crowd.until_all(agents, LONGEST, acknowledged=True)
    return Returned(found, back, back - killed, resident(server.process.pid), await noticed)
