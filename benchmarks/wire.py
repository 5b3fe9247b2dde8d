"""Bytes and encoding time on the wire: a process table that moves, beside nested protobuf messages and OTLP."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from itertools import islice
from statistics import mean, median
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_CUMULATIVE

from benchmarks.report import Report
from gobs_core import Frame, Kind, Reading, RowValues
from gobs_sinks.grpc.encoder import Encoder
from gobs_sinks.grpc.recorder import Recorder
from tests.sinks.realistic import COLUMNS, PROCESS, moving, processes

ROWS = 300
SAMPLES = ROWS * COLUMNS
KEYS = len(PROCESS.keys)
SHARES = ((0.03, 0.5), (0.11, 1.5), (0.4, 2.0), (1.0, 2.0))
"""Share of the cells that change, and bytes for each sample at most."""

Rows = list[RowValues]


def frame(sequence: int, rows: Rows) -> Frame:
    """One tick of 5 s."""
    now = sequence * 5 * 10**9
    return Frame(sequence, 1_700_000_000 * 10**9 + now, now, (Reading(PROCESS, rows, now),))


def timed(work: Callable[[], bytes | list[bytes]]) -> tuple[float, float]:
    """CPU milliseconds and bytes of one piece of work."""
    began = time.process_time()
    made = work()
    spent = time.process_time() - began
    return spent * 1000, len(made) if isinstance(made, bytes) else sum(map(len, made))


def sparse(share: float, ticks: int) -> tuple[float, float]:
    """Our frames between keyframes: CPU milliseconds of one (median), bytes for each sample (mean)."""
    rows, encoder = processes(ROWS), Encoder([PROCESS])
    encoder.encode(frame(1, rows))
    found = []
    for sequence, moved in enumerate(islice(moving(rows, share), ticks), 2):
        now = frame(sequence, moved)
        found.append(timed(lambda now=now: encoder.encode(now).parts))  # type: ignore[misc]  # a default binds it
    return median(spent for spent, _ in found), mean(size for _, size in found) / SAMPLES


def keyframes(ticks: int) -> tuple[float, float, float]:
    """Our keyframes: CPU milliseconds, bytes for each sample in a running session, and with all texts."""
    rows, encoder = processes(ROWS), Encoder([PROCESS])
    mark = encoder.encode(frame(1, rows)).mark
    spent, live, whole = [], 0, 0
    for sequence in range(2, 2 + ticks):
        began = time.process_time()
        encoded = encoder.encode(frame(sequence, rows), keyframe=True, mark=mark)
        spent.append((time.process_time() - began) * 1000)
        live, whole = sum(map(len, encoded.live)), sum(map(len, encoded.parts))
    return median(spent), live / SAMPLES, whole / SAMPLES


def nested_message() -> Any:
    """The class of a message that holds one message for each process, with a field for each column."""
    fields = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="nested.proto", package="nested", syntax="proto3")
    process, whole = file.message_type.add(name="Process"), file.message_type.add(name="Processes")
    for number, column in enumerate(PROCESS.stored, 1):
        kind = fields.TYPE_INT64 if column.numeric else fields.TYPE_STRING
        process.field.add(name=column.name, number=number, type=kind, label=fields.LABEL_OPTIONAL)
    whole.field.add(
        name="processes", number=1, type=fields.TYPE_MESSAGE, type_name=".nested.Process", label=fields.LABEL_REPEATED
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("nested.Processes"))


def nested(whole: Any, rows: Rows) -> bytes:
    """Every process as a message of its own."""
    message = whole()
    names = [column.name for column in PROCESS.stored]
    for row in rows:
        message.processes.add(**dict(zip(names, row, strict=True)))
    raw: bytes = message.SerializeToString()
    return raw


def otlp(rows: Rows) -> bytes:
    """Every numeric column as an OTLP metric with a point for each process; texts are left out."""
    request = ExportMetricsServiceRequest()
    resource = request.resource_metrics.add()
    resource.resource.attributes.append(_text("host.name", "node-1"))
    metrics = resource.scope_metrics.add().metrics
    attributes = [[_text(key.name, str(part)) for key, part in zip(PROCESS.keys, row, strict=False)] for row in rows]
    for place, column in enumerate(PROCESS.stored):
        if not column.numeric:
            continue
        metric = metrics.add(name=f"process.{column.name}", unit="1")
        counts = column.kind is Kind.COUNTER
        points = metric.sum.data_points if counts else metric.gauge.data_points
        if counts:
            metric.sum.is_monotonic = True
            metric.sum.aggregation_temporality = AGGREGATION_TEMPORALITY_CUMULATIVE
        for row, names in zip(rows, attributes, strict=True):
            points.add(attributes=names, time_unix_nano=1_700_000_000 * 10**9, as_int=int(row[place] or 0))
    raw: bytes = request.SerializeToString()
    return raw


def _text(name: str, value: str) -> KeyValue:
    return KeyValue(key=name, value=AnyValue(string_value=value))


async def hour(share: float, ticks: int) -> int:
    """Bytes that an hour at 5 s takes in the agent's ring."""
    recorder = Recorder([PROCESS], 1 << 30, 60)
    for sequence, rows in enumerate(islice(moving(processes(ROWS), share), ticks), 1):
        await recorder.keep(recorder.encode(frame(sequence, rows)))
    return round(recorder.ring.size * 720 / ticks)


def peer(make: Callable[[], bytes], times: int) -> tuple[float, float]:
    """CPU milliseconds and bytes for each sample of another format."""
    found = [timed(make) for _ in range(times)]
    return median(spent for spent, _ in found), found[0][1] / SAMPLES


def run(quick: bool = False) -> Report:
    """Measure all of it."""
    ticks = 10 if quick else 100
    report = Report(f"Wire: {ROWS} processes x {COLUMNS} columns, {SAMPLES} samples a frame")
    rows = processes(ROWS)
    whole = nested_message()
    nested_ms, nested_bytes = peer(lambda: nested(whole, rows), max(3, ticks // 10))
    otlp_ms, otlp_bytes = peer(lambda: otlp(rows), 3)
    first = 0.0
    for share, most in SHARES:
        spent, size = sparse(share, ticks)
        first = first or size
        report.figure(f"encode, {share:.0%} of the cells changed", spent, "ms")
        report.bar(f"frame, {share:.0%} of the cells changed", size, at_most=most, unit="B/sample")
    spent, live, full = keyframes(ticks)
    report.figure("encode a keyframe", spent, "ms", "once in one to five minutes")
    report.bar("keyframe in a running session", live, at_most=2, unit="B/sample")
    report.figure("keyframe with every text", full, "B/sample", "first of a session, and of each segment")
    report.figure("one nested message per process", nested_bytes, "B/sample", f"{nested_ms:.2f} ms to encode")
    report.figure("OTLP metrics, without texts", otlp_bytes, "B/sample", f"{otlp_ms:.1f} ms to encode")
    report.bar("nested messages are larger, times", nested_bytes / first, at_least=12)
    report.bar("OTLP is larger, times", otlp_bytes / first, at_least=100)
    kept = asyncio.run(hour(0.03, 144 if quick else 720))
    report.bar("an hour of 5 s in the ring, 3 % changing", kept / 1e6, at_most=0.7, unit="MB")
    return report


def main(arguments: Sequence[str]) -> int:
    """Print the tables; 1 when a bar is not held."""
    report = run("--quick" in arguments)
    print(report.text())
    return 0 if report.held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
