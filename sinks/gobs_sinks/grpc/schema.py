"""Declarations and states of the SDK as messages of the wire."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from itertools import islice

from gobs_core import Chart, Column, Kind, PluginState, Source, Table, Thresholds
from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import MAX_MESSAGE_BYTES, MAX_TABLES, PROTOCOL
from gobs_sinks.grpc.parts import ENVELOPE
from gobs_sinks.grpc.texts import clean

_KINDS = {
    Kind.KEY: pb.ColumnSchema.KEY,
    Kind.COUNTER: pb.ColumnSchema.COUNTER,
    Kind.GAUGE: pb.ColumnSchema.GAUGE,
    Kind.DERIVED: pb.ColumnSchema.DERIVED,
    Kind.INFO: pb.ColumnSchema.INFO,
}
_MOST_ERROR = 4096
_MOST_UNKNOWN = 256
_MOST_TARGETS = 16
_MOST_NEEDS = 64


def hello(source: Source) -> pb.Hello:
    """How an agent introduces itself; what would make it too large is left out, texts for people first."""
    message = pb.Hello(
        protocol=PROTOCOL,
        node=clean(source.node),
        agent_version=clean(source.version),
        boot_id=clean(source.boot_id),
        run=source.run,
        wall_ns=time.time_ns(),
        interval_ms=round(source.interval * 1000),
        tables=[table_schema(table, source.intervals.get(table.name, 0)) for table in source.tables[:MAX_TABLES]],
        plugins=[plugin_state(state) for state in source.plugins()],
    )
    limit = MAX_MESSAGE_BYTES - ENVELOPE
    if message.ByteSize() > limit:
        del message.plugins[:]
    if message.ByteSize() > limit:
        for table in message.tables:
            table.help = ""
            for column in table.columns:
                column.help = column.needs = column.source = ""
    while message.ByteSize() > limit:
        del message.tables[-1]
    return message


def table_schema(table: Table, interval: float = 0) -> pb.TableSchema:
    """A table's declaration; `interval` in seconds, 0: the agent's."""
    return pb.TableSchema(
        name=table.name,
        help=clean(table.help),
        columns=[_column(column) for column in table.columns],
        total_column=table.total.column if table.total else "",
        total_values=sorted(map(clean, table.total.values)) if table.total else (),
        interval_ms=round(interval * 1000),
        charts=[_chart(chart) for chart in table.charts],
    )


def _chart(chart: Chart) -> pb.ChartSchema:
    return pb.ChartSchema(
        columns=chart.columns, title=clean(chart.title), stacked=chart.stacked, each=chart.each, top=chart.top or 0
    )


def _column(column: Column) -> pb.ColumnSchema:
    return pb.ColumnSchema(
        name=column.name,
        kind=_KINDS[column.kind],
        help=clean(column.help),
        unit=column.unit.value,
        scale=column.scale or 0,
        expression=column.expression.text if column.expression else "",
        needs=clean(column.needs),
        source=clean(column.source),
        private=column.private,
        thresholds=None if column.thresholds is None else _thresholds(column.thresholds),
    )


def _thresholds(found: Thresholds) -> pb.Thresholds:
    warning, critical = (math.nan if limit is None else limit for limit in (found.warning, found.critical))
    return pb.Thresholds(warning=warning, critical=critical, below=found.below)


def plugin_state(state: PluginState) -> pb.PluginState:
    """How a plugin fares."""
    unknown = sorted(state.unknown.items())[:_MOST_UNKNOWN]
    return pb.PluginState(
        kind=clean(state.kind),
        name=clean(state.name),
        distribution=clean(state.distribution),
        version=clean(state.version),
        state=clean(state.state),
        error=clean(state.error, _MOST_ERROR),
        runs=state.runs,
        failures=state.failures,
        drops=state.drops,
        duration=math.nan if state.duration is None else state.duration,
        rows=-1 if state.rows is None else state.rows,
        unknown={clean(column): clean(reason) for column, reason in unknown},
        title=clean(state.title),
        targets=[clean(target) for target in state.targets[:_MOST_TARGETS]],
        succeeded=state.succeeded or 0,
        runs_in=clean(state.runs_in),
        pid=state.pid or 0,
        cpu=math.nan if state.cpu is None else state.cpu,
        memory=state.memory or 0,
        restarts=state.restarts,
        trace=clean(state.trace, _MOST_ERROR),
        printed=clean(state.printed, _MOST_ERROR),
        api=state.api or 0,
        needs={clean(need): here for need, here in islice(state.needs.items(), _MOST_NEEDS)},
    )


def plugin_states(states: Sequence[PluginState]) -> pb.PluginStates:
    """How all plugins fare; without their errors where that would be too much for one message."""
    message = pb.PluginStates(plugins=[plugin_state(state) for state in states])
    if message.ByteSize() > MAX_MESSAGE_BYTES - ENVELOPE:
        for plugin in message.plugins:
            plugin.error = clean(plugin.error, 200)
            plugin.trace = plugin.printed = ""
            plugin.unknown.clear()
            plugin.needs.clear()
    while message.ByteSize() > MAX_MESSAGE_BYTES - ENVELOPE:
        del message.plugins[-1]
    return message


def news_of(states: Sequence[PluginState]) -> tuple[object, ...]:
    """What of the states is worth telling at once when it differs: not the figures that change with every run."""
    return tuple(
        (one.kind, one.name, one.version, one.state, one.error, one.pid, *one.unknown.items(), *one.needs.items())
        for one in states
    )
