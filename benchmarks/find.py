"""Search from the palette over a thousand nodes of three hundred processes each: what one query costs."""

from __future__ import annotations

import asyncio
import random
import sys
import time

from benchmarks.report import Report
from gobs_collectors.process.tables import DETAIL_CELLS, NAME_CELLS, POD
from gobs_core import RowValues, Table, Unit, gauge, key
from gobs_server.web.find import Finder
from tests.server.feeding import Cluster, Rows

NODES, PROCESSES = 1000, 300
QUERIES = {
    "a name that is on every node": "nginx",
    "a part of a name": "ngi",
    "a pid": "31234",
    "a word of few command lines": "shard-417",
    "a node and a name": "node-0777 nginx",
    "one letter": "e",
    "what is not there": "zzzzzz",
}
PROGRAMS = ("nginx", "python3", "java", "postgres", "redis-server", "node", "containerd-shim", "sh", "envoy", "etcd")


def run(quick: bool) -> Report:
    """Measure with 1,000 nodes, or 20 for a quick run."""
    count = 20 if quick else NODES
    report = Report(f"Search: {count:,} nodes with {PROCESSES} processes each")
    cluster = _cluster(count)
    asyncio.run(_measure(report, Finder(cluster.live), rounds=3 if quick else 10))
    return report


def _cluster(count: int) -> Cluster:
    """Nodes whose texts are as long as those of real ones; the numbers beside them are left out."""
    table = Table(
        "process",
        "Every process",
        [
            key("pid", "Its number"),
            key("start", "When it began"),
            *NAME_CELLS,
            *DETAIL_CELLS,
            gauge("rss", "", Unit.BYTES),
        ],
    )
    pods = Table("pod", "Every workload", [column for column in POD.columns if not column.numeric])
    cluster, chance = Cluster(), random.Random(1)
    for number in range(count):
        machine = cluster.machine(f"node-{number:04}.example.internal", table, pods)
        uids = [f"{chance.getrandbits(128):032x}" for _ in range(60)]
        rows = [_row(chance, number, uids[place % 60]) for place in range(PROCESSES)]
        some: Rows = {table: rows, pods: [(uid, "pod", "containerd", "processes") for uid in uids]}
        machine.feed(some)
        machine.feed(some, after=5, keyframe=True)
    return cluster


def _row(chance: random.Random, node: int, uid: str) -> RowValues:
    program = chance.choice(PROGRAMS)
    container = uid * 2
    pid, start = str(chance.randrange(1, 4_000_000)), str(chance.randrange(10**9))
    line = f"/usr/bin/{program} --config /etc/{program}/shard-{chance.randrange(1000)}.conf --node {node}"
    group = f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{uid}.slice/cri-{container}.scope"
    return (pid, start, program, uid, "pod", line, container, group, str(chance.getrandbits(32)), 1000)


async def _measure(report: Report, finder: Finder, rounds: int) -> None:
    slowest = 0.0
    for what, query in QUERIES.items():
        taken = min([await _timed(finder, query) for _ in range(rounds)])
        slowest = max(slowest, taken)
        found = await finder.find(query)
        report.figure(f"{what}: {query!r}", taken * 1e3, "ms", f"{len(found.found)} shown")
    report.bar("the slowest of them, of CPU time", slowest * 1e3, at_most=200, unit="ms")


async def _timed(finder: Finder, query: str) -> float:
    """CPU time of this process, as the operating system accounts for it."""
    began = time.process_time_ns()
    await finder.find(query)
    return (time.process_time_ns() - began) / 1e9


if __name__ == "__main__":
    print(run("--quick" in sys.argv).text())
