"""A cluster that exists only in a server's memory: nodes of eight CPUs whose numbers wander as real ones do."""

from __future__ import annotations

import random
from collections.abc import Sequence

from gobs_core import Table
from tests.server.feeding import Cluster, Machine, Rows

_CPUS = 8
_TICKS = 500
"""Hundredths of a second of one CPU between two frames, 5 seconds apart."""


def tables() -> tuple[Table, ...]:
    """Return the tables a node's headlines come from."""
    from gobs_collectors.cpu import CPU
    from gobs_collectors.disk import DISKS
    from gobs_collectors.load import LOAD
    from gobs_collectors.memory import MEMORY
    from gobs_collectors.net import NET
    from gobs_collectors.pressure import PRESSURE

    return CPU, DISKS, LOAD, MEMORY, NET, PRESSURE


class Wandering:
    """One node: how busy it is drifts, and what its kernel has counted grows by that."""

    def __init__(self, cluster: Cluster, name: str, seed: int) -> None:
        self.machine: Machine = cluster.machine(name, *tables())
        self._random = random.Random(seed)
        self._busy = self._random.random() ** 2
        self._counts: dict[tuple[str, str], list[int]] = {}
        self.feed()

    def feed(self) -> None:
        """Send the next frame."""
        self.machine.feed(self.next())

    def next(self) -> Rows:
        """Let it drift, and return what it sends then."""
        self._busy = min(max(self._busy + self._random.gauss(0, 0.06), 0.01), 0.99)
        return self.rows()

    def rows(self) -> Rows:
        """Return what it sends now."""
        cpu, disk, load, memory, net, pressure = tables()
        each = [self._cpu(number) for number in range(_CPUS)]
        every = [sum(parts) for parts in zip(*each, strict=True)]
        total = 16 << 20
        used = int(total * (0.2 + 0.6 * self._busy))
        loads = [int(100 * self._busy * _CPUS * share) for share in (1, 0.9, 0.8)]
        waits = [int(100 * max(0, self._busy - 0.6) * 60)] * 3
        return {
            cpu: [("all", *every), *((str(at), *row) for at, row in enumerate(each))],
            memory: [(total, total - used - (1 << 20), total - used, 1 << 19, 3 << 20, 0, 0, 0, 1 << 18, 400, 0)],
            load: [(*loads, 1 + int(self._busy * _CPUS), 400 + int(200 * self._busy))],
            net: [
                (name, kind, *self._counted("net", name, [9000, 8, 0, 0, 7000, 6, 0, 0], 10_000))
                for name, kind in (("eth0", "physical"), ("cni0", "virtual"), ("lo", "loopback"))
            ],
            disk: [
                (name, kind, None, *self._counted("disk", name, [20, 1, 4000, 30, 60, 9, 8000, 50], 1), 2, 900, 1200,
                 *[0] * 6)
                for name, kind in (("nvme0n1", "disk"), ("dm-0", "stacked"))
            ],
            pressure: [(what, *waits, 10 * waits[0], 0, 0, 0, 0) for what in ("cpu", "memory", "io")],
        }  # fmt: skip

    def _cpu(self, number: int) -> list[int]:
        busy = min(max(self._busy + self._random.gauss(0, 0.1), 0), 1)
        work = int(_TICKS * busy)
        parts = [
            work * 6 // 10,
            work // 20,
            work * 3 // 10,
            _TICKS - work,
            (_TICKS - work) // 20,
            1,
            work // 40,
            0,
            0,
            0,
        ]
        return self._grown("cpu", str(number), parts)

    def _counted(self, table: str, name: str, steps: Sequence[int], factor: int) -> list[int]:
        return self._grown(table, name, [int(step * factor * self._busy * self._random.random()) for step in steps])

    def _grown(self, table: str, name: str, by: Sequence[int]) -> list[int]:
        counts = self._counts.setdefault((table, name), [1_000_000] * len(by))
        for place, more in enumerate(by):
            counts[place] += more
        return counts.copy()


def fleet(cluster: Cluster, nodes: int) -> list[Wandering]:
    """Return so many nodes of that cluster, each with two frames behind it."""
    found = [Wandering(cluster, f"node-{number:04}.example.internal", number) for number in range(nodes)]
    cluster.clock.move(5)
    for node in found:
        node.feed()
    return found
