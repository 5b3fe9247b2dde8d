"""From readings to requests of OTLP: a counter is a cumulative sum, a level a gauge, a pod a resource."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AGGREGATION_TEMPORALITY_CUMULATIVE,
    Metric,
    ResourceMetrics,
    ScopeMetrics,
)

from gobs_core import Column, Kind, Reading, RowValues, Source, Table
from gobs_core.exposition.naming import dotted, texts
from gobs_core.shown import derived, levels, shown
from gobs_core.units import UNIT_NAMES
from gobs_sinks.otlp.resources import Attributes, Resources


class Converter:
    """Makes requests for one agent. Remembers nothing but what a table's columns are."""

    def __init__(self, source: Source, *, points: int, rows: int) -> None:
        self._source = source
        self._points = points
        self._rows = rows
        self._resources = {table.name: Resources(table) for table in source.tables}
        self.left_out = 0
        """Rows that were not sent, for want of room."""

    def requests(self, readings: Iterable[Reading], wall_ns: int) -> Iterator[ExportMetricsServiceRequest]:
        """Everything in these readings, in requests of so many points each; what is not known is not there."""
        batch, held = _Batch(self._source), 0
        for table, rows, _ in readings:
            self.left_out += max(0, len(rows) - self._rows)
            resources = self._resources.get(table.name) or Resources(table)
            columns = _columns(table)
            for row in rows[: self._rows]:
                if held >= self._points:
                    yield batch.request()
                    batch, held = _Batch(self._source), 0
                held += batch.add(table, columns, row, resources, wall_ns)
        if held:
            yield batch.request()


class _Batch:
    """One request as it grows: a resource's metrics by name."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._found: dict[Attributes, dict[str, Metric]] = {}

    def add(self, table: Table, columns: list[Column], row: RowValues, of: Resources, wall_ns: int) -> int:
        """Add a row; return how many points it has."""
        resource = of.of(row, self._source.node)
        metrics = self._found.setdefault(resource, {})
        used = of.used if resource else frozenset[str]()
        keys = [_pair(column.name, str(cell)) for column, cell in zip(table.keys, row, strict=False)
                if column.name not in used and cell]  # fmt: skip
        named = dict(zip((column.name for column in table.stored), row, strict=True))
        count = 0
        for column in columns:
            value = _value(table, column, row, named)
            if value is None:
                continue
            point = _points(metrics, table, column).add(time_unix_nano=wall_ns, attributes=keys)
            if type(value) is int and -(2**63) <= value < 2**63:
                point.as_int = value
            else:
                point.as_double = value
            count += 1
        told = [
            _pair(one.name, str(named[one.name])) for one in texts(table) if named[one.name] and one.name not in used
        ]
        if told:
            _points(metrics, table, None).add(time_unix_nano=wall_ns, attributes=[*keys, *told], as_int=1)
        return count + bool(told)

    def request(self) -> ExportMetricsServiceRequest:
        """The whole of it."""
        own = [
            ("service.name", "gobservability-agent"),
            ("service.version", self._source.version),
            ("service.instance.id", self._source.run),
            ("host.name", self._source.node),
        ]
        made = ExportMetricsServiceRequest()
        scope = InstrumentationScope(name="gobservability", version=self._source.version)
        for resource, metrics in self._found.items():
            part = ResourceMetrics(scope_metrics=[ScopeMetrics(scope=scope, metrics=metrics.values())])
            part.resource.attributes.extend(_pair(*pair) for pair in (*own, *resource) if pair[1])
            made.resource_metrics.append(part)
        return made


def _columns(table: Table) -> list[Column]:
    return [
        column
        for column in table.columns
        if column.numeric and not (column.expression is not None and column.expression.rates)
    ]


def _value(table: Table, column: Column, row: RowValues, named: dict[str, Any]) -> int | float | None:
    if column.kind is Kind.DERIVED:
        value = derived(table, levels(table, row), {})[column.name]
    else:
        value = shown(column, named[column.name])
    return value if isinstance(value, int | float) and value == value else None  # noqa: PLR0124  only NaN differs


def _points(metrics: dict[str, Metric], table: Table, column: Column | None) -> Any:
    name = dotted(table, column)
    metric = metrics.get(name)
    if metric is None:
        text = column.help if column is not None else f"{table.help}: what is known of each row."
        unit = UNIT_NAMES[column.unit].ucum if column is not None else "1"
        metric = metrics[name] = Metric(name=name, description=text, unit=unit)
        if column is not None and column.kind is Kind.COUNTER:
            metric.sum.aggregation_temporality = AGGREGATION_TEMPORALITY_CUMULATIVE
            metric.sum.is_monotonic = True
    return metric.sum.data_points if column is not None and column.kind is Kind.COUNTER else metric.gauge.data_points


def _pair(name: str, value: str) -> KeyValue:
    made = KeyValue(key=name)
    made.value.string_value = value.encode("utf-8", "backslashreplace").decode()
    return made
