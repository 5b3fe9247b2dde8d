"""Declarations of tables as they travel to a worker, and the same tables made of them there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from gobs_core.chart import Chart
from gobs_core.expression import parse_expression
from gobs_core.table import Column, Kind, Table, Total
from gobs_core.thresholds import Thresholds
from gobs_core.units import Unit


class ColumnShape(msgspec.Struct, frozen=True, array_like=True):
    """A column."""

    name: str
    kind: Kind
    help: str
    unit: Unit
    scale: float | None
    expression: str
    needs: str
    source: str
    private: bool
    thresholds: tuple[float | None, float | None, bool] | None


class ChartShape(msgspec.Struct, frozen=True, array_like=True):
    """A chart."""

    columns: list[str]
    title: str
    stacked: bool
    each: bool
    top: float | None


class TableShape(msgspec.Struct, frozen=True, array_like=True):
    """A table."""

    name: str
    help: str
    columns: list[ColumnShape]
    charts: list[ChartShape]
    total: tuple[str, list[str]] | None


def shapes_of(tables: Iterable[Table]) -> list[Any]:
    """What travels of tables: plain values."""
    found: list[Any] = msgspec.to_builtins([_shape(table) for table in tables])
    return found


def tables_of(shapes: Any) -> tuple[Table, ...]:
    """The tables that such plain values declare."""
    return tuple(map(_table, msgspec.convert(shapes, list[TableShape])))


def _shape(table: Table) -> TableShape:
    charts = [ChartShape(list(one.columns), one.title, one.stacked, one.each, one.top) for one in table.charts]
    total = None if table.total is None else (table.total.column, sorted(table.total.values))
    return TableShape(table.name, table.help, [_column_shape(one) for one in table.columns], charts, total)


def _column_shape(one: Column) -> ColumnShape:
    limits = one.thresholds
    expression = one.expression.text if one.expression is not None else ""
    told = None if limits is None else (limits.warning, limits.critical, limits.below)
    return ColumnShape(
        one.name, one.kind, one.help, one.unit, one.scale, expression, one.needs, one.source, one.private, told
    )


def _table(shape: TableShape) -> Table:
    columns = [
        Column(
            one.name,
            one.kind,
            one.help,
            one.unit,
            one.scale,
            parse_expression(one.expression) if one.expression else None,
            one.needs,
            one.source,
            one.private,
            None if one.thresholds is None else Thresholds(*one.thresholds),
        )
        for one in shape.columns
    ]
    charts = [
        Chart(*one.columns, title=one.title, stacked=one.stacked, each=one.each, top=one.top) for one in shape.charts
    ]
    total = None if shape.total is None else Total(shape.total[0], frozenset(shape.total[1]))
    return Table(shape.name, shape.help, columns, total=total, charts=charts)
