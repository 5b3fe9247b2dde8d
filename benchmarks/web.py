"""The fragment of all nodes at a thousand nodes: nothing changed, some changed, all rendered anew by one template."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable

from quart.typing import TestClientProtocol as Client

from benchmarks.report import Report
from gobs_core import Table
from gobs_server.http import create_app
from gobs_server.tags import Tags
from gobs_server.web import Assets, Templates
from gobs_server.web.cards import Cards
from tests.server.feeding import Cluster, Machine, Rows

NODES = 1000
VIEWERS = 100


def run(quick: bool) -> Report:
    """Measure with 1,000 nodes, or 50 for a quick run."""
    count = 50 if quick else NODES
    report = Report(f"Pages: the fragment of {count:,} nodes")
    cluster, machines = _cluster(count)
    asyncio.run(_measure(report, cluster, machines, rounds=3 if quick else 15))
    return report


def _cluster(count: int) -> tuple[Cluster, list[Machine]]:
    cluster = Cluster()
    tables = _tables()
    machines = [cluster.machine(f"node-{number:04}.example.internal", *tables) for number in range(count)]
    for step in range(2):
        for number, machine in enumerate(machines):
            machine.feed(_rows(tables, number, step))
        cluster.clock.move(5)
    return cluster, machines


def _tables() -> tuple[Table, ...]:
    from gobs_collectors.cpu import CPU
    from gobs_collectors.disk import DISKS
    from gobs_collectors.load import LOAD
    from gobs_collectors.memory import MEMORY
    from gobs_collectors.net import NET

    return CPU, DISKS, LOAD, MEMORY, NET


def _rows(tables: tuple[Table, ...], number: int, step: int) -> Rows:
    """What a machine of eight CPUs, three interfaces and two disks sends."""
    names: dict[str, list[tuple[str, ...]]] = {
        "cpu": [("all",), *((str(cpu),) for cpu in range(8))],
        "disk": [("nvme0n1", "disk"), ("dm-0", "mapped")],
        "net": [("eth0", "physical"), ("cni0", "virtual"), ("lo", "loopback")],
    }
    rows: dict[Table, list[tuple[str | int | None, ...]]] = {}
    for table in tables:
        rows[table] = []
        for key in names.get(table.name, [()]):
            rest = table.stored[len(key) :]
            cells = [
                None if not c.numeric else 1_000_000 + (step * 977 + number * 31 + i * 7) % 90_000 + step * 100_000
                for i, c in enumerate(rest)
            ]
            rows[table].append((*key, *cells))
    return rows


async def _measure(report: Report, cluster: Cluster, machines: list[Machine], rounds: int) -> None:
    tags = Tags()
    templates = Templates(Assets(), "0.1.0", tags.run)
    cards = Cards(cluster.services(), templates, tags)
    content = await cards.content()
    report.figure("bytes of the fragment", len(content), "B")
    unchanged = min([await _timed(cards.content) for _ in range(rounds)])
    report.bar("nothing changed: tag and bytes", unchanged * 1e3, at_most=0.3, unit="ms")
    taken: dict[float, float] = {}
    for share in (0.1, 0.4, 1.0):
        some = machines[: round(len(machines) * share)]
        taken[share] = min([await _changed(cluster, some, cards, step) for step in range(2, rounds + 2)])
        report.figure(f"{share:.0%} of the nodes changed", taken[share] * 1e3, "ms")
    whole = min([await _timed(Cards(cluster.services(), templates, tags).content) for _ in range(max(2, rounds // 5))])
    report.figure(
        "every card rendered by Jinja2, values at hand", whole * 1e3, "ms", "what each poll costs without a cache"
    )
    report.bar("10 % changed over all changed", taken[0.1] / taken[1.0], at_most=0.15)
    client = create_app(cluster.services()).test_client()
    tag = (await client.get("/fragments/nodes")).headers["ETag"]
    report.figure("a poll answered with 304, the test client included", await _polls(client, tag) * 1e3, "ms")


async def _changed(cluster: Cluster, machines: list[Machine], cards: Cards, step: int) -> float:
    tables = _tables()
    cluster.clock.move(5)
    for number, machine in enumerate(machines):
        machine.feed(_rows(tables, number, step))
    return await _timed(cards.content)


async def _polls(client: Client, tag: str) -> float:
    began = time.perf_counter()
    for _ in range(VIEWERS):
        response = await client.get("/fragments/nodes", headers={"If-None-Match": tag})
        assert response.status_code == 304
    return (time.perf_counter() - began) / VIEWERS


async def _timed(work: Callable[[], Awaitable[object]]) -> float:
    """CPU time of this process, as the operating system accounts for it."""
    began = time.process_time_ns()
    await work()
    return (time.process_time_ns() - began) / 1e9


if __name__ == "__main__":
    print(run("--quick" in sys.argv).text())
