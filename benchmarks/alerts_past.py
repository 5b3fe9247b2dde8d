"""Trying a rule out on an hour of many nodes, while frames go on coming."""

from __future__ import annotations

import asyncio
import gc
import time
from math import nan

from benchmarks.fleet import Wandering
from benchmarks.report import Report
from gobs_core import Frame, Reading
from gobs_proto import gobs_pb2 as pb
from gobs_server.alerts.rules.check import checks_of
from gobs_server.alerts.rules.rule import Rule
from gobs_server.alerts.trying.preview import Kept, Preview, preview
from gobs_server.history.segment import delimited
from gobs_server.tables import RunState, Schemas
from gobs_sinks.grpc.encoder import Encoder
from tests.server.alerts.rig import conditions
from tests.server.feeding import Cluster, shared_layout
from tests.sinks.realistic import PROCESS, moving, processes

_INTERVAL = 5
_ROWS = 300
_SHARE = 0.03
_KEYFRAME = 60


async def past(nodes: int, minutes: int) -> Report:
    """Replay two rules over all of it: one of nodes, one of processes."""
    report = Report(f"Alerts: a rule tried on {minutes} minutes of {nodes} nodes, {_ROWS} processes each")
    cluster = Cluster()
    names = _filled(cluster, nodes, minutes * 60 // _INTERVAL)
    kept = [Kept(name, cluster.history.past(name), nan) for name in names]
    span = (cluster.clock.wall() - minutes * 60, cluster.clock.wall())
    asked = {
        "of nodes": Rule(id="a", name="a", metric="cpu", threshold=90.0, for_seconds=60.0),
        "of processes": Rule(id="b", name="b", target="row", metric="process.vm_rss", threshold=1e6, for_seconds=60.0),
    }
    machine, pause = Wandering(Cluster(), "meanwhile", 1), _INTERVAL / max(nodes, 100)
    gc.collect()
    gc.freeze()  # what stands for the agents is no part of a server
    alone = await _meanwhile(machine, pause, asyncio.sleep(10 * pause + 1))
    report.figure("a frame that comes waits, p99", alone[1], "ms", "without a preview")
    judging = conditions()
    for name, rule in asked.items():
        checks = tuple(checks_of(rule, judging.conditions))
        work = asyncio.to_thread(preview, checks, judging, kept, *span)
        began = time.monotonic()
        found, waited = await _meanwhile(machine, pause, work)
        taken = time.monotonic() - began
        assert isinstance(found, Preview)
        report.figure(name, taken, "s", found.summary)
        report.figure(f"{name}: a frame that comes waits, p99", waited, "ms")
        report.bar(f"{name}: nodes that were not looked at", nodes - found.nodes, at_most=0)
    return report


async def _meanwhile(machine: Wandering, pause: float, work: object) -> tuple[object, float]:
    """Take frames until the work is done; returns what it found, and how late a frame was taken, p99, in ms."""
    task = asyncio.ensure_future(work)  # type: ignore[call-overload]  # a coroutine of anything
    late: list[float] = []
    while not task.done():
        due = time.perf_counter() + pause
        await asyncio.sleep(pause)
        machine.machine.cluster.clock.move(_INTERVAL)
        machine.feed()
        late.append(1e3 * (time.perf_counter() - due))
    late.sort()
    return await task, late[min(len(late) - 1, int(0.99 * len(late)))]


def _filled(cluster: Cluster, nodes: int, ticks: int) -> list[str]:
    """Keep an hour of nodes that are all alike: frames are made once, and every node keeps them for itself."""
    model = Wandering(Cluster(), "model", 7)
    rows = model.rows()
    tables = (*rows, PROCESS)
    encoder, schemas = Encoder(tables), Schemas(tuple(map(shared_layout, tables)), (5.0,) * len(tables))
    names = [f"node-{number:04}" for number in range(nodes)]
    state = RunState(schemas)
    for name in names:
        cluster.history.begin(name, f"run of {name}", schemas)
    each = moving(processes(_ROWS), _SHARE)
    for number in range(1, ticks + 1):
        cluster.clock.move(_INTERVAL)
        now = int(cluster.clock.monotonic() * 1e9)
        readings = [Reading(table, some, now) for table, some in {**model.next(), PROCESS: next(each)}.items()]
        frame = Frame(number, int(cluster.clock.wall() * 1e9), now, tuple(readings))
        encoded = encoder.encode(frame, keyframe=(number - 1) * _INTERVAL % _KEYFRAME == 0)
        parts = [pb.Frame.FromString(part) for part in encoded.parts]
        state.apply(parts)
        raw = list(map(delimited, encoded.parts))
        for name in names:
            cluster.history.append(name, f"run of {name}", parts, raw, cluster.clock.wall() - now / 1e9, state)
    return names
