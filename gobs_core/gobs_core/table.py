"""Tables: the one data model. A collector declares its tables once, and everything else follows from that.

From the declaration come the wire schema, the rate calculation, page, chart and column header, the rule editor's
choices, the Prometheus and OTLP names, the reference documentation and the checks in the test kit.

A row is a plain tuple: the key columns first (`str`), then the stored columns in the order declared. A cell of an
`info` column is `str` or None, a cell of an integral column `int` or None, any other cell `int`, `float` or None.
None means "not known now" and is never the same as 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from gobs_core.chart import MAX_CHARTS, Chart
from gobs_core.errors import DeclarationError
from gobs_core.expression import Expression, parse_expression
from gobs_core.thresholds import Thresholds
from gobs_core.units import UNIT_NAMES, Unit

Cell: TypeAlias = str | int | float | None
RowValues: TypeAlias = tuple[Cell, ...]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")
MAX_COLUMNS = 200
MAX_ROWS = 20_000
"""Rows a table may have; the agent takes none of a table that has more."""


class Kind(StrEnum):
    """What a column's values mean over time."""

    KEY = "key"
    """Part of what identifies a row, permanently: an id, never a name that may come late or change."""
    COUNTER = "counter"
    """Only grows; shown and alerted on as its rate per second. A fall is a reset: "not known", never a spike."""
    GAUGE = "gauge"
    """A level."""
    DERIVED = "derived"
    """An expression over its own row, computed by the server; never sent or kept."""
    INFO = "info"
    """Text that rarely changes: names, states, labels."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table; make them with `key`, `counter`, `gauge`, `derived`, `info`."""

    name: str
    kind: Kind
    help: str
    unit: Unit = Unit.NONE
    scale: float | None = None
    """Shown value = stored integer x scale. None: the value is any number and travels as a float64."""
    expression: Expression | None = None
    needs: str = ""
    """What reading it takes where that may be lacking: a capability, a kernel version, a file."""
    source: str = ""
    """The kernel file it comes from, e.g. `/proc/PID/status`."""
    private: bool = False
    """Of an info column: shown to those alone who have logged in, for it may hold what was meant for few."""

    thresholds: Thresholds | None = None
    """What its author suggests to whoever makes a rule of it."""

    @property
    def stored(self) -> bool:
        """Whether rows carry a cell for it."""
        return self.kind is not Kind.DERIVED

    @property
    def numeric(self) -> bool:
        """Whether it has numbers: counters, gauges and derived columns."""
        return self.kind not in (Kind.KEY, Kind.INFO)

    @property
    def suggested(self) -> str:
        """What its author suggests, as people read it: `warning above 80 %, critical above 95 %`; or nothing."""
        if self.thresholds is None:
            return ""
        names = UNIT_NAMES[self.unit]
        return self.thresholds.said(names.rate_symbol if self.kind is Kind.COUNTER else names.symbol)

    @property
    def integral(self) -> bool:
        """Whether its stored cells are integers, to be multiplied by the scale."""
        return self.scale is not None


def key(name: str, help: str) -> Column:  # noqa: A002  `help` is the field's standard word
    """A column that identifies the row together with the other keys."""
    return Column(name, Kind.KEY, help)


def counter(
    name: str,
    help: str,  # noqa: A002  as above
    unit: Unit = Unit.EVENTS,
    *,
    scale: float | None = 1,
    needs: str = "",
    source: str = "",
    thresholds: Thresholds | None = None,
) -> Column:
    """A number that only grows; integers times `scale`, or any numbers with `scale=None`."""
    return Column(name, Kind.COUNTER, help, unit, scale, needs=needs, source=source, thresholds=thresholds)


def gauge(
    name: str,
    help: str,  # noqa: A002  as above
    unit: Unit = Unit.NONE,
    *,
    scale: float | None = None,
    needs: str = "",
    source: str = "",
    thresholds: Thresholds | None = None,
) -> Column:
    """A level: any number, or integers times `scale` where one is given (smaller on the wire and in history).

    `needs` says in a few words what a machine must have for it, e.g. `CAP_SYS_PTRACE`; it is shown with the column, and
    by `Collector.unknown` whether it is here. `source` is where the number comes from, e.g. `/proc/loadavg`.
    `thresholds` are in the unit shown.
    """
    return Column(name, Kind.GAUGE, help, unit, scale, needs=needs, source=source, thresholds=thresholds)


def derived(
    name: str,
    help: str,  # noqa: A002  as above
    expression: str,
    unit: Unit = Unit.NONE,
    *,
    needs: str = "",
    thresholds: Thresholds | None = None,
) -> Column:
    """A value computed on the server from other columns of the same row, e.g. `100 * rate(busy)`."""
    made = parse_expression(expression)
    return Column(name, Kind.DERIVED, help, unit, None, made, needs=needs, thresholds=thresholds)


def info(
    name: str,
    help: str,  # noqa: A002  as above
    *,
    needs: str = "",
    source: str = "",
    private: bool = False,
) -> Column:
    """Text that rarely changes; `private` where it may hold what not everybody who may look should read."""
    return Column(name, Kind.INFO, help, needs=needs, source=source, private=private)


class Rows(NamedTuple):
    """Some rows of one table, as a collector yields them."""

    table: Table
    rows: Sequence[RowValues]


@dataclass(frozen=True, slots=True)
class Total:
    """Which rows a total over the table counts: those whose info or key column `column` has one of `values`."""

    column: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Table:
    """A named set of rows with the same columns. Immutable; declared once per module, at its top.

    Raises DeclarationError, naming table and column, when the declaration is not allowed.
    """

    name: str
    help: str
    columns: tuple[Column, ...]
    total: Total | None = None
    """None: every row counts in a total."""
    charts: tuple[Chart, ...] = ()
    """What pages draw of it first; empty: they choose by kind and unit of the columns."""
    stored: tuple[Column, ...] = field(init=False, repr=False, compare=False)
    """The columns rows have cells for, in order: keys first."""
    keys: tuple[Column, ...] = field(init=False, repr=False, compare=False)
    cells: tuple[Column, ...] = field(init=False, repr=False, compare=False)
    """The stored columns that are not keys: what travels for every row."""

    def __init__(
        self,
        name: str,
        help: str,  # noqa: A002  as above
        columns: Iterable[Column],
        *,
        total: Total | None = None,
        charts: Iterable[Chart] = (),
    ) -> None:
        put = object.__setattr__
        put(self, "name", name)
        put(self, "help", help)
        put(self, "columns", tuple(columns))
        put(self, "total", total)
        put(self, "charts", tuple(charts))
        put(self, "stored", tuple(c for c in self.columns if c.stored))
        put(self, "keys", tuple(c for c in self.columns if c.kind is Kind.KEY))
        put(self, "cells", self.stored[len(self.keys) :])
        _check(self)

    def column(self, name: str) -> Column:
        """The column of that name; raises KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def row(self, **values: Cell) -> Rows:
        """One row from values by column name; a column left out is not known. Raises DeclarationError."""
        row = tuple(values.pop(column.name, None) for column in self.stored)
        if values:
            raise DeclarationError(f"table {self.name!r} has no stored column {min(values)!r}")
        return Rows(self, (row,))

    def batch(self, rows: Sequence[RowValues]) -> Rows:
        """Many rows at once, each a tuple in the order of `stored`."""
        return Rows(self, rows)


def _check(table: Table) -> None:
    if not _NAME.match(table.name):
        raise DeclarationError(f"table name {table.name!r}: lower-case letters, digits and _, at most 63")
    if not table.cells:
        raise DeclarationError(f"table {table.name!r} stores no column besides its keys")
    if len(table.columns) > MAX_COLUMNS:
        raise DeclarationError(
            f"table {table.name!r} has {len(table.columns)} columns, at most {MAX_COLUMNS} are allowed"
        )
    if table.columns[: len(table.keys)] != table.keys:
        raise DeclarationError(f"table {table.name!r}: key columns come first")
    seen = _check_columns(table)
    if table.total is not None:
        over = seen.get(table.total.column)
        if over is None or over.numeric:
            raise DeclarationError(
                f"table {table.name!r}: total over {table.total.column!r}, which is no key or info column"
            )
    if len(table.charts) > MAX_CHARTS:
        raise DeclarationError(f"table {table.name!r} asks for {len(table.charts)} charts, at most {MAX_CHARTS}")
    for chart in table.charts:
        chart.check(table.name, seen)


def _check_columns(table: Table) -> dict[str, Column]:
    seen: dict[str, Column] = {}
    for column in table.columns:
        where = f"table {table.name!r}, column {column.name!r}"
        if not _NAME.match(column.name):
            raise DeclarationError(f"{where}: names are lower-case letters, digits and _, at most 63")
        if column.name in seen:
            raise DeclarationError(f"{where}: declared twice")
        if column.scale is not None and not 0 < column.scale < float("inf"):
            raise DeclarationError(f"{where}: scale {column.scale!r} is not a positive number")
        if column.thresholds is not None:
            if not column.numeric:
                raise DeclarationError(f"{where}: only numeric columns have thresholds")
            column.thresholds.check(where)
        if column.private and column.kind is not Kind.INFO:
            raise DeclarationError(f"{where}: only info columns can be private")
        seen[column.name] = column
    for column in table.columns:
        if column.expression is not None:
            _check_expression(table, column, column.expression, seen)
    return seen


def _check_expression(table: Table, column: Column, expression: Expression, seen: dict[str, Column]) -> None:
    for name in expression.levels | expression.rates:
        used = seen.get(name)
        where = f"table {table.name!r}, column {column.name!r}"
        if used is None or not used.numeric:
            raise DeclarationError(f"{where}: expression uses {name!r}, which is no numeric column of the table")
        if used.kind is Kind.DERIVED:
            raise DeclarationError(f"{where}: expression uses {name!r}, which is itself derived")
        if name in expression.rates and used.kind is not Kind.COUNTER:
            raise DeclarationError(f"{where}: rate({name}) needs a counter, {name!r} is a {used.kind}")
