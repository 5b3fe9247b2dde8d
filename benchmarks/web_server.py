"""A server of its own process with a cluster in its memory that goes on by itself: what viewers look at."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.fleet import Wandering, fleet
from gobs_server.app import Server
from gobs_server.db import sqlite_at
from gobs_server.settings import ServerSettings
from tests.server.feeding import Cluster, HeldClock

EVERY = 5.0
"""Seconds between two frames of a node; all of them are spread over that time, as those of agents are."""
_STEP = 0.1


class Running(HeldClock):
    """Goes on by itself."""

    def wall(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since some moment in the past."""
        return time.monotonic()

    def move(self, seconds: float) -> None:
        """It does not stand still, and needs no moving."""


def server_of(folder: Path, clock: HeldClock, refresh: float) -> Server:
    """Return a server on loopback for whose nodes no agent is needed."""
    settings = ServerSettings(http="127.0.0.1:0", grpc="127.0.0.1:0", refresh=refresh, drain=0.5)
    return Server(settings, sqlite_at(folder / "gobs.sqlite3"), clock=clock)


async def _serve(nodes: int) -> None:
    with tempfile.TemporaryDirectory(prefix="gobs-bench-") as folder:
        clock = Running()
        server = server_of(Path(folder), clock, 2.0)
        await server.start()
        some = fleet(Cluster(clock, server.live, server.history), nodes)
        print(f"listens {server.http}", flush=True)
        feeding = asyncio.create_task(_feed(some))
        await asyncio.to_thread(sys.stdin.read)
        feeding.cancel()
        await server.stop()


async def _feed(nodes: list[Wandering]) -> None:
    loop = asyncio.get_running_loop()
    at, due = 0.0, loop.time()
    for step in _endless():
        upto = (step + 1) * len(nodes) * _STEP / EVERY
        while at < upto:
            nodes[int(at) % len(nodes)].feed()
            at += 1
        due += _STEP
        await asyncio.sleep(max(0.0, due - loop.time()))


def _endless() -> Iterator[int]:
    step = 0
    while True:
        yield step
        step += 1


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(int(sys.argv[1])))
