"""A server whose clock is held, with three nodes that always hold the same: what pages show can be written down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import sin
from pathlib import Path

from gobs_collectors.process.tables import POD
from gobs_core import Chart, PluginState, RowValues, Table, Thresholds, Total, Unit, counter, derived, gauge, info, key
from gobs_server.app import Server
from gobs_server.settings import ServerSettings
from tests.browser.holding import SELDOM
from tests.browser.pages import prepare
from tests.server.feeding import START, Cluster, HeldClock, Rows
from tests.server.pods import pod
from tests.server.tables import NET, PROCESS
from tests.support.database import fresh

# Tables of its own: a column that a collector gets some day changes no page of this one.
CPU = Table(
    "cpu",
    "Where the time goes",
    [
        key("cpu", "Number of the CPU, or all"),
        counter("user", "Time in user mode", Unit.SECONDS, scale=0.01, source="/proc/stat"),
        counter("system", "Time in the kernel", Unit.SECONDS, scale=0.01, source="/proc/stat"),
        derived("user_percent", "Share in user mode", "100 * rate(user)", Unit.PERCENT),
        derived("system_percent", "Share in the kernel", "100 * rate(system)", Unit.PERCENT),
        derived(
            "busy", "Share of the time", "100 * rate(user) + 100 * rate(system)", Unit.PERCENT,
            thresholds=Thresholds(warning=80, critical=95),
        ),
    ],
    total=Total("cpu", frozenset({"all"})),
    charts=[Chart("busy", title="CPU")],
)  # fmt: skip
MEMORY = Table(
    "memory",
    "What memory is used for",
    [
        gauge("total", "All of it", Unit.BYTES, scale=1024),
        gauge("available", "What could be had", Unit.BYTES, scale=1024),
        derived("used", "What could not", "total - available", Unit.BYTES),
        derived("used_percent", "used as a share of total", "100 * (total - available) / total", Unit.PERCENT),
    ],
)
KIND = Table("kind", "Without a key, and a text that is not known", [info("text", "One", needs="CAP_NONE")])
READINGS = 36
EVERY = 5.0


@asynccontextmanager
async def fixed_server(folder: Path) -> AsyncIterator[Server]:
    """A server that has three minutes behind it."""
    prepare(folder, START)
    settings = ServerSettings(http="127.0.0.1:0", grpc="127.0.0.1:0", drain=0.5, refresh=SELDOM, gallery=True)
    server = Server(settings, fresh(folder), clock=HeldClock())
    await server.start()
    try:
        _feed(server)
        yield server
    finally:
        await server.stop()


def _feed(server: Server) -> None:
    assert isinstance(server.clock, HeldClock)
    cluster = Cluster(server.clock, server.live, server.history)
    plugin = PluginState(kind="collector", name="broken", state="failing", error="Traceback\nValueError: no", runs=3)
    web, db = (
        cluster.machine(name, CPU, MEMORY, NET, PROCESS, POD, KIND, plugins=(plugin,) if name == "web" else ())
        for name in ("web", "db")
    )
    cluster.machine("lost", MEMORY).feed({MEMORY: [(16_000, 12_000)]})
    for at in range(READINGS):
        for number, machine in enumerate((web, db), 1):
            machine.feed(_rows(at, number), after=EVERY if number == 1 else 0.0, keyframe=at % 12 == 0)
    server.live.set_notes(web.node, ("the kernel is old",))
    server.live.age()  # the node that was heard of once is down by now


def _rows(at: int, number: int) -> Rows:
    """What one reading of a node holds."""
    user, system = int(at * 100 * number + 50 * sin(at / 9)), at * 50
    processes: list[RowValues] = [
        (str(pid), "77", f"{name}-{number}", 1000 * pid + at * 10, at * pid * 4096)
        for pid, name in ((1, "init"), (20, "nginx"), (300, "postgres"))
    ]
    if at < READINGS // 2:
        processes.append(("31", "80", "backup", 500, at * 9000))
    return {
        CPU: [("0", user, system), ("all", user, system)],
        MEMORY: [(16_000_000, 12_000_000 - 50_000 * at * number)],
        NET: [("eth0", "physical", at << 20), ("lo", "loopback", at << 10)],
        PROCESS: processes,
        POD: [
            pod(f"u-{number}", f"api-{number}", owner="Deployment/api", labels="app=api", containers_ready=1,
                containers_wanted=1, restarts=at // 20, memory_working_set=(10 + at) << 20, memory_limit=64 << 20),
            pod(f"u-{number}0", None, None),
        ],
        KIND: [(None,)],
    }  # fmt: skip
