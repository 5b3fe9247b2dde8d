"""Schemas: turning the declarations of a Hello, from an agent of any version, into tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite

from gobs_core import Chart, Column, DeclarationError, GobsError, Kind, Table, Thresholds, Total, Unit
from gobs_core.chart import MAX_CHARTS
from gobs_core.expression import parse_expression
from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import MAX_TABLES
from gobs_server.tables.layout import Layout

_KINDS = {
    pb.ColumnSchema.KEY: Kind.KEY,
    pb.ColumnSchema.COUNTER: Kind.COUNTER,
    pb.ColumnSchema.GAUGE: Kind.GAUGE,
    pb.ColumnSchema.DERIVED: Kind.DERIVED,
    pb.ColumnSchema.INFO: Kind.INFO,
}
_SHARED_BYTES = 64 << 10
_LONGEST_TITLE = 200
_UNITS = {unit.value: unit for unit in Unit}


@dataclass(frozen=True)
class Schemas:
    """The tables of one run, by their place in Hello. Immutable."""

    layouts: tuple[Layout | None, ...]
    """None: a table that cannot be shown here; its cells are skipped."""
    intervals: tuple[float, ...]
    """Seconds between two readings."""
    faults: tuple[str, ...] = ()
    """Why tables cannot be shown, for people."""

    @property
    def tables(self) -> tuple[Table | None, ...]:
        """The tables, by their place."""
        return tuple(None if layout is None else layout.table for layout in self.layouts)

    def place(self, table: str) -> int | None:
        """Where the table of that name is."""
        for place, layout in enumerate(self.layouts):
            if layout is not None and layout.table.name == table:
                return place
        return None


def schemas_from(hello: pb.Hello) -> Schemas:
    """Read all schemas; a table that is not understood is left out and said so."""
    layouts: list[Layout | None] = []
    faults: list[str] = []
    seen: set[str] = set()
    interval = hello.interval_ms / 1000
    if len(hello.tables) > MAX_TABLES:
        faults.append(f"{len(hello.tables)} tables, only the first {MAX_TABLES} are shown")
    for schema in hello.tables[:MAX_TABLES]:
        try:
            if schema.name in seen:
                raise GobsError(f"table {schema.name!r} is declared twice")
            layouts.append(_layout(schema))
            seen.add(schema.name)
        except GobsError as error:
            layouts.append(None)
            faults.append(str(error))
    intervals = tuple((s.interval_ms / 1000) or interval for s in hello.tables[:MAX_TABLES])
    return Schemas(tuple(layouts), intervals, tuple(faults))


def _layout(schema: pb.TableSchema) -> Layout:
    """The layout of a table. Agents of one version declare the same tables, and share what is made of them."""
    if schema.ByteSize() > _SHARED_BYTES:
        return Layout(table_from(schema))
    return _shared_layout(schema.SerializeToString(deterministic=True))


@lru_cache(maxsize=256)
def _shared_layout(schema: bytes) -> Layout:
    return Layout(table_from(pb.TableSchema.FromString(schema)))


def table_from(schema: pb.TableSchema) -> Table:
    """One table; raises GobsError naming table and column. A unit not known here is shown as a bare number."""
    columns = [_column(schema.name, column) for column in schema.columns]
    total = Total(schema.total_column, frozenset(schema.total_values)) if schema.total_column else None
    return Table(schema.name, schema.help, columns, total=total, charts=_charts(schema, columns))


def _charts(schema: pb.TableSchema, columns: Sequence[Column]) -> Iterator[Chart]:
    """The charts a table asks for; one that cannot be drawn is left out, for the table is worth more than its chart."""
    by_name = {column.name: column for column in columns}
    for asked in schema.charts[:MAX_CHARTS]:
        title = asked.title[:_LONGEST_TITLE]
        chart = Chart(*asked.columns, title=title, stacked=asked.stacked, each=asked.each, top=asked.top or None)
        with suppress(DeclarationError):
            chart.check(schema.name, by_name)
            yield chart


def _column(table: str, schema: pb.ColumnSchema) -> Column:
    kind = _KINDS.get(schema.kind)
    if kind is None:
        raise GobsError(f"table {table!r}, column {schema.name!r} is of a kind this server does not know")
    return Column(
        schema.name,
        kind,
        schema.help,
        _UNITS.get(schema.unit, Unit.NONE),
        schema.scale or None,
        parse_expression(schema.expression) if kind is Kind.DERIVED else None,
        schema.needs,
        schema.source,
        schema.private and kind is Kind.INFO,
        _thresholds(schema) if kind not in (Kind.KEY, Kind.INFO) and schema.HasField("thresholds") else None,
    )


def _thresholds(schema: pb.ColumnSchema) -> Thresholds | None:
    """What is suggested; nothing where it cannot be, for it is only that."""
    found = schema.thresholds
    warning, critical = (limit if isfinite(limit) else None for limit in (found.warning, found.critical))
    made = Thresholds(warning, critical, found.below)
    with suppress(DeclarationError):
        made.check(schema.name)
        return made
    return None
