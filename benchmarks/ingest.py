"""What the server costs: frames of 300 rows x 35 columns from many streams over real gRPC, each side on its own core.

The server is `gobs server`, a process pinned to one core; the load is another, on the other core. Frames per second and
core are 1 / CPU per frame, by the operating system's accounting, while the frames come paced as agents send them.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.accounting import Account, account, pin
from benchmarks.ingest_load import COLUMNS, ROWS, Plan
from benchmarks.report import Report

# Without pydantic, which Tortoise imports where it is installed: here it is, but only for the tests.
_GOBS = "import sys; sys.modules['pydantic'] = None; from gobs_core.cli import main; sys.exit(main())"
SAMPLES = ROWS * COLUMNS
# The promises, 7,000 sparse frames/s, 20 M dense samples/s and 25 % of a core for 1,000 agents, were made on a machine
# on which gRPC alone takes 12,200 frames/s: here they are ratios to gRPC alone in the same run.
NULL = 12_200
SPARSE = 7_000 / NULL
DENSE = 20e6 / SAMPLES / NULL
SHARE = 0.25 / 1000 * NULL


class Measured(NamedTuple):
    """What one load did to a server."""

    frames: float
    """Taken while counting."""
    cpu: float
    """Seconds of the server's CPU while counting."""
    seconds: float
    message_bytes: float
    """Of one frame, in the mean."""
    rss_before: float
    """MiB, before the load."""
    rss_most: float
    """MiB, the most while it was counted."""
    rss_peak: float
    """MiB, the most since the server began."""
    acks: list[float]
    history: float
    """Bytes of history in the end."""

    @property
    def per_core(self) -> float:
        """Frames a second one core would take."""
        return self.frames / self.cpu


class Subject:
    """A server under test."""

    def __init__(self, child: subprocess.Popen[str], account: Account, grpc: str, http: str = "") -> None:
        self.child = child
        self.account = account
        self.grpc = grpc
        self.http = http

    def taken(self) -> float:
        """Frames taken so far."""
        if self.http:
            return self.metric("gobs_server_frames_total")
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self.child.stdin.write("\n")
        self.child.stdin.flush()
        return float(self.child.stdout.readline())

    def metric(self, name: str) -> float:
        """One of the server's own metrics; 0 where it has none."""
        with urllib.request.urlopen(f"http://{self.http}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.split()[1]) for line in lines if line.split(" ")[0] == name)


@contextlib.contextmanager
def gobs_server(history: str = "0") -> Iterator[Subject]:
    """Run `gobs server` with that much history, pinned to the first core."""
    with tempfile.TemporaryDirectory(prefix="gobs-bench-") as folder:
        command = [sys.executable, "-c", _GOBS, "server", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"]
        command += ["--data", folder, "--log-level", "error", "--set", f"server.history={history}"]
        with _child(command) as child, account(child.pid) as accounted:
            assert child.stdout is not None
            line = child.stdout.readline().split()
            http = next(word for word in line if word.startswith("http://")).removeprefix("http://")
            grpc = line[line.index("port") + 1].rstrip(";")
            yield Subject(child, accounted, f"127.0.0.1:{grpc}", http)


@contextlib.contextmanager
def rival_server(columns: int = COLUMNS) -> Iterator[Subject]:
    """Run the rival, pinned to the first core; with no columns it reads messages and does nothing with them."""
    command = [sys.executable, "-m", "benchmarks.ingest_rival", str(columns)]
    with _child(command) as child, account(child.pid) as accounted:
        assert child.stdout is not None
        yield Subject(child, accounted, f"127.0.0.1:{child.stdout.readline().strip()}")


def measure(subject: Subject, plan: Plan) -> Measured:
    """Let a load of that plan loose on a server."""
    before = subject.account.rss_mib()
    with _child([sys.executable, "-m", "benchmarks.ingest_load", json.dumps(asdict(plan))], cpu=1) as load:
        assert load.stdin is not None
        assert load.stdout is not None
        assert load.stdout.readline().strip() == "ready"
        load.stdin.write("\n")
        load.stdin.flush()
        assert load.stdout.readline().strip() == "counting"
        frames, cpu, began = subject.taken(), subject.account.cpu_seconds(), time.monotonic()
        most = before
        until = began + plan.seconds * 0.9
        while (now := time.monotonic()) < until:
            most = max(most, subject.account.rss_mib())
            time.sleep(min(0.25, until - now))
        cpu, seconds = subject.account.cpu_seconds() - cpu, time.monotonic() - began
        frames = subject.taken() - frames
        outcome: dict[str, Any] = json.loads(load.stdout.readline())
        if outcome["errors"]:
            raise RuntimeError(f"the load failed: {outcome['errors'][0]}")
    history = subject.metric("gobs_server_history_bytes") if subject.http else 0.0
    return Measured(
        frames, cpu, seconds, outcome["message_bytes"] / max(outcome["sent"], 1), before, most,
        subject.account.rss_peak_mib(), outcome["acks"], history,
    )  # fmt: skip


def run(quick: bool = False) -> list[Report]:
    """Measure all of it."""
    seconds = 2.0 if quick else 15.0
    streams = 20 if quick else 200
    with rival_server(0) as idle:
        null = measure(idle, Plan(idle.grpc, streams, streams * 7.5, seconds))
    return [_frames(seconds, streams, null), _agents(seconds, 100 if quick else 1000, null)]


def _frames(seconds: float, streams: int, null: Measured) -> Report:
    report = Report(f"Server ingest: frames of {ROWS} x {COLUMNS} from {streams} streams, one core")
    with rival_server() as rival:
        nested = measure(rival, Plan(rival.grpc, streams, min(250, streams * 2), seconds, "nested"))
    with gobs_server() as server:
        sparse = measure(server, Plan(server.grpc, streams, streams * 7.5, seconds))
    with gobs_server() as server:
        dense = measure(server, Plan(server.grpc, streams, streams * 4, seconds, "dense"))
    with gobs_server() as server:
        flood = measure(server, Plan(server.grpc, streams, 0, seconds))
    report.figure("gRPC alone, nothing done: frames per second and core", null.per_core, "1/s")
    for name, found in (("nested protobuf, same gRPC", nested), ("sparse, 3 % changed", sparse), ("dense", dense)):
        report.figure(f"{name}: CPU per frame", found.cpu / found.frames * 1e6, "us", f"{found.frames:.0f} frames")
        report.figure(f"{name}: frames per second and core", found.per_core, "1/s")
        report.figure(f"{name}: bytes per sample", found.message_bytes / SAMPLES, "B")
    report.figure("saturated: frames per second", flood.frames / flood.seconds, "1/s")
    report.figure("saturated: memory before, at most", flood.rss_before, "MiB", f"{flood.rss_most:.0f} MiB at most")
    report.figure("dense: samples per second and core", dense.per_core * SAMPLES, "1/s")
    report.bar("sparse frames per core, beside gRPC alone", sparse.per_core / null.per_core, at_least=SPARSE, unit="x")
    report.bar("dense frames per core, beside gRPC alone", dense.per_core / null.per_core, at_least=DENSE, unit="x")
    report.bar(
        "sparse frames per core, beside nested protobuf", sparse.per_core / nested.per_core, at_least=6, unit="x"
    )
    report.bar("memory saturated / paced", flood.rss_most / sparse.rss_most, at_most=2, unit="x")
    return report


def _agents(seconds: float, agents: int, null: Measured) -> Report:
    report = Report(f"Server ingest: {agents} agents at 1 s, one core")
    with gobs_server() as server:
        alone = measure(server, Plan(server.grpc, agents, agents, seconds, warm_up=5))
    with gobs_server("1h") as server:
        kept = measure(server, Plan(server.grpc, agents, agents, seconds, warm_up=5))
    for name, found in (("history off", alone), ("history of an hour", kept)):
        report.figure(f"{name}: share of a core", 100 * found.cpu / found.seconds, "%")
        report.figure(f"{name}: memory", found.rss_most, "MiB", f"{found.rss_before:.0f} MiB with no agent")
        report.figure(f"{name}: memory, at most since the start", found.rss_peak, "MiB")
        report.figure(f"{name}: ack p99", _quantile(found.acks, 0.99) * 1e3, "ms")
    report.bar("CPU per frame, beside gRPC alone", null.per_core / alone.per_core, at_most=SHARE, unit="x")
    report.bar("memory, history off", alone.rss_most * 2**20 / 1e6, at_most=260, unit="MB")
    return report


def _quantile(values: list[float], part: float) -> float:
    return values[min(len(values) - 1, int(len(values) * part))] if values else float("nan")


@contextlib.contextmanager
def _child(command: list[str], cpu: int = 0) -> Iterator[subprocess.Popen[str]]:
    root = Path(__file__).parent.parent
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root)
    try:
        pin(child.pid, cpu)
        yield child
    finally:
        child.terminate()
        child.wait(30)
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


if __name__ == "__main__":
    for one in run("--quick" in sys.argv[1:]):
        print(one.text(), flush=True)
