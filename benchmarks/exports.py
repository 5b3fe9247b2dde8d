"""What one scrape of 10,000 series costs beside Prometheus' own client, and one export of 10,000 points by OTLP."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from benchmarks.report import Report
from gobs_core import Reading, Source, Table, Unit, counter, gauge, key
from gobs_core.exposition import Exposition, Families
from gobs_core.exposition.rows import expose
from gobs_sinks.otlp.convert import Converter

_COLUMNS = 10
TABLE = Table(
    "bench",
    "Rows with two keys, five counters and five levels",
    [
        key("pod", "Its id"),
        key("container", "Its id"),
        *(counter(f"count{n}", "A counter", Unit.SECONDS, scale=0.01) for n in range(_COLUMNS // 2)),
        *(gauge(f"level{n}", "A level", Unit.BYTES, scale=1024) for n in range(_COLUMNS // 2)),
    ],
)


class _Theirs(Collector):
    """The same rows as a collector of theirs yields them: made anew at each scrape, as their exporters do."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def collect(self) -> Iterator[Metric]:
        labels = ["node", "pod", "container"]
        for place, column in enumerate(TABLE.cells, start=2):
            scale = column.scale or 1
            family: CounterMetricFamily | GaugeMetricFamily
            if column.name.startswith("count"):
                family = CounterMetricFamily(f"gobs_bench_{column.name}_seconds", column.help, labels=labels)
            else:
                family = GaugeMetricFamily(f"gobs_bench_{column.name}_bytes", column.help, labels=labels)
            for row in self._reading.rows:
                cell = row[place]
                assert isinstance(cell, int)
                family.add_metric(["n1", str(row[0]), str(row[1])], cell * scale)
            yield family


def run(quick: bool = False) -> Report:
    """Measure both in turn, in this process; medians of CPU time."""
    rows = 100 if quick else 1000
    cells = range(_COLUMNS)
    reading = Reading(TABLE, tuple((f"uid-{n}", f"id-{n}", *(n * 10 + c for c in cells)) for n in range(rows)), 0)
    source = Source(node="n1", tables=(TABLE,))
    registry, families = CollectorRegistry(), Families([TABLE])
    registry.register(_Theirs(reading))
    converter = Converter(source, points=5000, rows=20_000)

    def ours() -> bytes:
        out = Exposition("prometheus", series=1_000_000, rows=20_000)
        expose(out, "n1", [reading], families)
        return out.text()

    def otlp() -> bytes:
        return b"".join(request.SerializeToString() for request in converter.requests([reading], 0))

    assert ours().count(b"\ngobs_bench") == generate_latest(registry).count(b"\ngobs_bench") == rows * _COLUMNS
    mine, theirs, sent = _in_turn([ours, lambda: generate_latest(registry), otlp], 3 if quick else 15)
    report = Report("Exports")
    report.figure("one scrape", mine * 1e3, "ms", f"{rows * _COLUMNS:,} series, {len(ours()):,} bytes")
    report.figure("prometheus-client, the same", theirs * 1e3, "ms")
    report.figure("one OTLP export", sent * 1e3, "ms", f"{rows * _COLUMNS:,} points, {len(otlp()):,} bytes")
    report.bar("a scrape beside prometheus-client", mine / theirs, at_most=0.5, unit="x")
    return report


def _in_turn(works: list[Callable[[], bytes]], rounds: int) -> list[float]:
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, times in zip(works, taken, strict=True):
            began = time.process_time()
            work()
            times.append(time.process_time() - began)
    return [statistics.median(times) for times in taken]
