"""A server whose clock is held and near the browser's, with a node that has a past to draw."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from math import sin
from pathlib import Path

from gobs_core import Chart, RowValues, Table, Total, Unit, counter, derived, gauge, info, key
from gobs_server.app import Server
from tests.browser.conftest import make_server
from tests.server.feeding import Cluster, HeldClock, Machine

CPU = Table(
    "cpu",
    "Where the time goes",
    [
        key("cpu", "Number of the CPU, or all"),
        counter("user", "Time in user mode", Unit.SECONDS, scale=0.01),
        counter("system", "Time in the kernel", Unit.SECONDS, scale=0.01),
        derived("user_percent", "Share", "100 * rate(user)", Unit.PERCENT),
        derived("system_percent", "Share", "100 * rate(system)", Unit.PERCENT),
        derived("busy", "Share", "100 * rate(user)", Unit.PERCENT),
    ],
    total=Total("cpu", frozenset({"all"})),
    charts=[
        Chart("user_percent", "system_percent", title="CPU", stacked=True, top=100),
        Chart("busy", title="Each CPU", each=True),
    ],
)
MEMORY = Table(
    "memory",
    "What memory is used for",
    [gauge("used", "In use", Unit.BYTES, scale=1024), gauge("free", "Not in use", Unit.BYTES, scale=1024)],
    charts=[Chart("used", "free", title="Memory")],
)
NET = Table(
    "net",
    "What went through each interface",
    [key("interface", "Its name"), info("kind", "physical or not"), counter("receive_bytes", "Received", Unit.BYTES)],
    charts=[Chart("receive_bytes", title="Received", each=True)],
)
EVERY = 5.0
SPARE = 120.0
"""Seconds the newest reading is old at first: so much can come without being ahead of the browser's clock."""


class Charted:
    """A node that is fed reading after reading."""

    def __init__(
        self, server: Server, minutes: float, interfaces: Sequence[str] = ("eth0", "eth1"), name: str = "node-1"
    ) -> None:
        assert isinstance(server.clock, HeldClock)
        self.clock = server.clock
        self.clock.now = time.time() - minutes * 60 - SPARE
        self.cluster = Cluster(self.clock, server.live, server.history)
        self.machine: Machine = self.cluster.machine(name, CPU, MEMORY, NET)
        self.interfaces = interfaces
        self._count = 0
        for _ in range(int(minutes * 60 / EVERY)):
            self.feed()

    def feed(self, after: float = EVERY) -> Mapping[Table, Sequence[RowValues]]:
        """Send the next reading, and return it."""
        self._count += 1
        at = self._count
        user, system = int(at * 100 + 50 * sin(at / 9)), at * 50
        rows: Mapping[Table, Sequence[RowValues]] = {
            CPU: [("0", user, system), ("all", user, system)],
            MEMORY: [(1_000_000 + at * 200_000, 500_000)],
            NET: [(name, "physical", at * 1000 * number) for number, name in enumerate(self.interfaces, 1)],
        }
        self.machine.feed(rows, after=after, keyframe=at % 12 == 1)
        return rows


@asynccontextmanager
async def charted_server(folder: Path) -> AsyncIterator[Server]:
    """A server whose clock stands still until it is moved."""
    server = make_server(folder, clock=HeldClock())
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
