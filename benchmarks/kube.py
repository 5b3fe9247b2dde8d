"""What names, owners and control groups of pods cost an agent: CPU, memory, requests to the API, a new process.

The load of `load.py` stands for the node, and a fake API server that speaks the real protocol over TLS for the cluster;
at every tick one of its pods changes.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.accounting import Account, account, pin
from benchmarks.load import load
from benchmarks.null_server import NullServer, null_server
from benchmarks.report import Report
from gobs_collectors.kubernetes.pace import Pace
from gobs_core.workloads import Workloads
from tests.support.kube import pods
from tests.support.kube.server import KubeServer, kube_server
from tests.support.kube.store import Store

NODE = "worker-1"
GOBS = (sys.executable, "-c", "import sys; from gobs_core.cli import main; sys.exit(main())")
MOST = 76.0
"""MiB of memory that the agent of a large node may have, with the client of Kubernetes loaded."""
_HOUR = 3600.0


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    pods: int
    processes: int
    ticks: int
    warm: int = 3
    interval: float = 5.0
    lines: int = 20_000
    """Control groups that are told apart."""


@dataclass
class Costs:
    """What was seen."""

    plain: float = 0.0
    """CPU milliseconds per tick without names and control groups."""
    still: float = 0.0
    """With both, while nothing changes in the cluster."""
    churn: float = 0.0
    """With both, and a change at every tick."""
    rss: float = 0.0
    peak: float = 0.0
    own: float = 0.0
    """MiB that are of no file."""
    lists: int = 0
    """Lists asked for after the first."""
    per_hour: float = 0.0
    """Requests in an hour in which nothing happens."""
    new: list[float] = field(default_factory=list)
    """Microseconds to tell to whom a process of a new control group belongs."""
    again: list[float] = field(default_factory=list)
    """The same for a control group that is known."""


def run(quick: bool) -> Report:
    """Measure 110 pods of three processes."""
    return measure(Size(4, 2, 2, 1, 1.0, 500) if quick else Size(110, 3, 12))


def measure(size: Size) -> Report:
    """Run the agent with and without what Kubernetes tells, over one load."""
    costs = Costs()
    with (
        tempfile.TemporaryDirectory() as folder,
        load(size.pods, size.processes) as containers,
        kube_server(Path(folder) / "kube") as kube,
        null_server() as server,
    ):
        pin(0, 1)
        fill(kube.store, list(containers))
        with agent(server, size.interval, without("cgroup", "kubernetes")) as accounted:
            costs.plain = per_tick(server, accounted, size, lambda: None)
        with agent(server, size.interval, asking(kube)) as accounted:
            costs.still = per_tick(server, accounted, size, lambda: None)
            change = Changes(kube.store)
            costs.churn = per_tick(server, accounted, size, change.one, warm=0)
            costs.rss, costs.peak, costs.own = accounted.rss_mib(), accounted.rss_peak_mib(), accounted.own_mib()
        costs.lists = kube.api.asked["list"] - 1
        costs.per_hour = _HOUR / Pace().watch
    costs.new, costs.again = attribution(size.lines)
    return report(size, costs)


def fill(store: Store, containers: Sequence[str]) -> None:
    """Let the cluster know the pods of the load, by the ids their control groups have."""
    for container in containers:
        number, mine = int(container[32:], 16), int(container[:32], 16)
        uid = f"{number:08x}-1111-4222-a333-{mine:012x}"
        name = f"app-{number % 12}"
        owner = ("ReplicaSet", f"{name}-5d4f8c7b9")
        labels = {"app": name, "pod-template-hash": "5d4f8c7b9"}
        made = pods.running(
            pods.pod(f"{owner[1]}-{number:05d}", uid=uid, node=NODE, owner=owner, labels=labels), random.Random(number)
        )
        made["status"]["containerStatuses"][0]["containerID"] = f"containerd://{container}"
        store.put(made)


def without(*names: str) -> list[str]:
    """Return the arguments of an agent without these plugins."""
    denied = ", ".join(f'"{name}"' for name in names)
    return ["--set", f"plugins.deny=[{denied}]"]


def asking(kube: KubeServer) -> list[str]:
    """Return the arguments of an agent that asks this server."""
    settings = {"server": kube.url, "service_account": str(kube.account)}
    return [word for name, value in settings.items() for word in ("--set", f"inventories.kubernetes.{name}={value}")]


class Changes:
    """Restarts of containers, one at a time, pod after pod."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._uids = list(store.pods)
        self._count = 0

    def one(self) -> None:
        """Let the next pod report a restart."""
        uid = self._uids[self._count % len(self._uids)]
        self._count += 1
        pod = self._store.pods[uid]
        pod["status"]["containerStatuses"][0]["restartCount"] += 1
        self._store.put(pod)


@contextmanager
def agent(server: NullServer, interval: float, more: Sequence[str]) -> Iterator[Account]:
    """Run the real agent against the null server."""
    command = [*GOBS, "agent", "--server", server.address, "--interval", str(interval), "--node", NODE, *more]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as child:
        pin(child.pid, 0)
        with account(child.pid) as accounted:
            try:
                yield accounted
            finally:
                child.kill()
                child.wait()
    while not server.frames.empty():
        server.frames.get()


def per_tick(
    server: NullServer, accounted: Account, size: Size, change: Callable[[], None], warm: int | None = None
) -> float:
    """Return CPU milliseconds per tick; `change` is called before each."""
    for _ in range(size.warm if warm is None else warm):
        server.frames.get(timeout=60)
    before = accounted.cpu_seconds()
    for _ in range(size.ticks):
        change()
        server.frames.get(timeout=60)
    return 1000 * (accounted.cpu_seconds() - before) / size.ticks


def attribution(lines: int) -> tuple[list[float], list[float]]:
    """Return microseconds per process, of control groups that are new and of the same again, in five rounds."""
    new: list[float] = []
    again: list[float] = []
    for number in range(5):
        dice = random.Random(number)
        paths = [_path(dice) for _ in range(lines)]
        workloads = Workloads(capacity=2 * lines)
        for times in (new, again):
            begun = time.perf_counter()
            for path in paths:
                workloads.of(path, "0")
            times.append(1e6 * (time.perf_counter() - begun) / lines)
    return new, again


def _path(dice: random.Random) -> bytes:
    uid = re.sub(r"(.{8})(.{4})(.{4})(.{4})(.{12})", r"\1_\2_\3_\4_\5", f"{dice.getrandbits(128):032x}")
    scope = f"cri-containerd-{dice.getrandbits(256):064x}.scope"
    return f"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{uid}.slice/{scope}\n".encode()


def report(size: Size, costs: Costs) -> Report:
    """Return figures and bars."""
    python = ".".join(map(str, sys.version_info[:2]))
    processes = size.pods * size.processes
    made = Report(f"Kubernetes: {processes} processes in {size.pods} pods, every {size.interval:g} s, Python {python}")
    made.figure("agent, names and control groups left out", costs.plain, "ms CPU per tick")
    made.figure("agent", costs.still, "ms CPU per tick", "names by list and watch, control groups of every container")
    made.figure("agent, one pod changes at every tick", costs.churn, "ms CPU per tick")
    made.figure("memory", costs.rss, "MiB RSS", f"{costs.peak:.1f} at most")
    made.figure(
        "of which of no file", costs.own, "MiB RSS", "the rest are libraries and programs, shared where they can be"
    )
    lasts = f"{Pace().watch:g} to {2 * Pace().watch:g} s"
    note = f"at most, worked out and not waited for: a watch lasts {lasts}"
    made.figure("requests to the API", costs.per_hour, "an hour", note)
    made.figure("whose a process of a new control group is", median(costs.new), "µs")
    made.figure("whose a process of a known one is", median(costs.again), "µs")
    made.bar("memory", costs.peak, at_most=MOST, unit="MiB")
    made.bar("lists after the first", costs.lists, at_most=0)
    return made
