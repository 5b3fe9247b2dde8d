"""What one tick of the agent costs on a machine full of pods, beside the floor, psutil and the naive scan."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median

from benchmarks.accounting import Account, account, pin
from benchmarks.load import load
from benchmarks.null_server import NullServer, null_server
from benchmarks.readers import WITHOUT
from benchmarks.report import Report

INTERVAL = 1.0
USUAL = 60
"""Pods of a node that is large and no rarity: what the bar on memory is for."""
GOBS = (sys.executable, "-c", "import sys; from gobs_core.cli import main; sys.exit(main())")


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    pods: int
    processes: int
    ticks: int
    rounds: int
    warm: int = 4
    naive_ticks: int = 3


@dataclass
class Costs:
    """CPU milliseconds per tick of each subject, one figure a round, and what else was seen."""

    each: dict[str, list[float]] = field(default_factory=dict)
    rss: float = 0.0
    own: float = 0.0
    frame_bytes: list[int] = field(default_factory=list)

    def of(self, name: str) -> float:
        """Return the median of the rounds."""
        return median(self.each[name])


def run(quick: bool) -> list[Report]:
    """Measure 300 and 1,000 processes."""
    sizes = [Size(6, 5, 3, 1, 2, 1)] if quick else [Size(60, 5, 20, 3), Size(200, 5, 15, 3, naive_ticks=1)]
    return [measure(size) for size in sizes]


def measure(size: Size) -> Report:
    """Run every subject in turn, several rounds, over one load."""
    costs = Costs()
    with load(size.pods, size.processes), null_server() as server:
        pin(0, 1)
        for _ in range(size.rounds):
            for name in ("agent", "floor", "collectors", "psutil", "naive"):
                ticks = size.naive_ticks if name == "naive" else size.ticks
                with agent(server) if name == "agent" else reader(name) as (account, ticked):
                    for _ in range(1 if name == "naive" else size.warm):
                        ticked()
                    before = account.cpu_seconds()
                    seen = [ticked() for _ in range(ticks)]
                    costs.each.setdefault(name, []).append(1000 * (account.cpu_seconds() - before) / ticks)
                    if name == "agent":
                        costs.rss = max(costs.rss, account.rss_mib())
                        costs.own = max(costs.own, account.own_mib())
                        costs.frame_bytes += seen
    return report(size, costs)


@contextmanager
def agent(server: NullServer) -> Iterator[tuple[Account, Callable[[], int]]]:
    """Run the real agent against the null server; gives its account and a call that waits for its next frame."""
    command = [*GOBS, "agent", "--server", server.address, "--interval", str(INTERVAL)]
    command += ["--set", f"plugins.deny={json.dumps(WITHOUT)}"]
    with _child(command, subprocess.DEVNULL) as (_, account):
        yield account, lambda: server.frames.get(timeout=30)
    while not server.frames.empty():
        server.frames.get()


@contextmanager
def reader(name: str) -> Iterator[tuple[Account, Callable[[], int]]]:
    """Run one of the readers; gives its account and a call that waits for its next tick."""
    command = [sys.executable, "-m", "benchmarks.readers", name, str(INTERVAL)]
    with _child(command, subprocess.PIPE) as (child, account):
        assert child.stdout is not None
        lines = child.stdout

        def ticked() -> int:
            if not lines.readline():
                raise RuntimeError(f"the reader {name!r} ended early")
            return 0

        yield account, ticked


@contextmanager
def _child(command: list[str], stdout: int) -> Iterator[tuple[subprocess.Popen[bytes], Account]]:
    with subprocess.Popen(command, stdout=stdout, stdin=subprocess.DEVNULL) as child:
        pin(child.pid, 0)
        with account(child.pid) as accounted:
            try:
                yield child, accounted
            finally:
                child.kill()
                child.wait()


def report(size: Size, costs: Costs) -> Report:
    """Return figures and bars."""
    processes = size.pods * size.processes
    made = Report(f"Agent: {processes} processes in {size.pods} pods, every second")
    notes = {
        "agent": "the whole process: reading, parsing, encoding, sending",
        "floor": "the same files through kept descriptors, parsing left out",
        "collectors": "reading and parsing alone",
        "psutil": "objects kept, oneshot; knows fewer fields",
        "naive": "all of /proc once per container, files opened anew",
    }
    for name, note in notes.items():
        spread = f"{min(costs.each[name]):.1f} to {max(costs.each[name]):.1f}"
        made.figure(name, costs.of(name), "ms CPU per tick", f"{note} [{spread}]")
    made.figure("agent, memory", costs.rss, "MiB RSS")
    made.figure("agent, memory of its own", costs.own, "MiB", "of no file, and so shared with nobody")
    made.figure("agent, frame", median(costs.frame_bytes), "bytes", "median")
    whole = costs.of("agent")
    made.bar("agent beside the floor", whole / costs.of("floor"), at_most=2)
    made.bar("reading and parsing beside the floor", costs.of("collectors") / costs.of("floor"), at_most=1.25)
    made.bar("agent beside psutil", whole / costs.of("psutil"), at_most=1 / 3)
    made.bar("agent beside the naive scan", whole / costs.of("naive"), at_most=1 / 30)
    if size.pods <= USUAL:
        made.bar("agent, memory", costs.rss, at_most=44, unit="MiB")
    return made
