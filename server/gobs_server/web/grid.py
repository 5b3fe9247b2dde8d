"""Any table as a page shows it, made from its declaration alone: columns, order, filter, and how much at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gobs_core import Column, Kind, Unit
from gobs_server.live import View
from gobs_server.web.format import UNKNOWN, cell, unit_symbol
from gobs_server.web.text import ident, visible

FIRST_SCREEN = 100
MOST = 2_000
_TITLED = 28


class Query(NamedTuple):
    """What was asked of a table. Values as they came: a column that is not there sorts nothing."""

    sort: str = ""
    """A column's name, with `-` before it for the highest first; empty: the table's own order."""
    filter: str = ""
    all: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """One column's header."""

    name: str
    label: str
    kind: str
    """key, info, number."""
    unit: str
    suffix: str
    """The unit to write after a cell that does not carry its own."""
    help: str
    sorted: str
    """ascending, descending, or none."""
    next: str
    """The sort that a click asks for."""


class Cell(NamedTuple):
    """One cell, ready to be shown."""

    text: str
    title: str
    """More about it; empty: nothing."""
    unknown: bool


class Line(NamedTuple):
    """One row, ready to be shown."""

    id: str
    keys: list[Cell]
    infos: list[Cell]
    numbers: list[Cell]


@dataclass(frozen=True, slots=True)
class Grid:
    """One table, ready to be shown."""

    headings: list[Heading]
    lines: list[Line]
    matching: int
    """Rows that pass the filter; `lines` may be fewer."""
    count: int
    sort: str
    """The order it is in, as in a query."""

    def pairs(self) -> list[tuple[Heading, Cell]]:
        """Return heading and cell of the first row, for a table that has one."""
        line = self.lines[0]
        return list(zip(self.headings, [*line.keys, *line.infos, *line.numbers], strict=True))


def grid(view: View, query: Query, unknown: dict[str, str]) -> Grid:
    """Return what a page shows of a table; `unknown` is why columns are not known."""
    columns = _arranged(view)
    rows = _matching(view, query.filter)
    sort = _sort(view, query, len(rows))
    ordered = _order(view, rows, sort)[: MOST if query.all else FIRST_SCREEN]
    return Grid(
        headings=[_heading(column, sort) for column in columns],
        lines=_lines(view, columns, ordered, unknown),
        matching=len(rows),
        count=len(view.keys),
        sort=sort,
    )


def _arranged(view: View) -> list[Column]:
    """Return the columns as shown: keys, then texts that name the row, then numbers, each in the order declared."""
    return sorted(view.table.columns, key=lambda column: (_kind(column) == "number", _kind(column) == "info"))


def _kind(column: Column) -> str:
    return {Kind.KEY: "key", Kind.INFO: "info"}.get(column.kind, "number")


def _heading(column: Column, sort: str) -> Heading:
    kind = _kind(column)
    name = sort.removeprefix("-")
    order = "none" if name != column.name else "descending" if sort.startswith("-") else "ascending"
    first, second = (f"-{column.name}", column.name) if kind == "number" else (column.name, f"-{column.name}")
    rate = column.kind is Kind.COUNTER
    notes = [
        column.help,
        f"rate of {column.name} per second" if rate else "",
        column.source,
        column.needs and f"needs {column.needs}",
    ]
    unit = unit_symbol(column.unit, rate) if kind == "number" else ""
    return Heading(
        name=column.name,
        label=column.name.replace("_", " "),
        kind=kind,
        unit=unit,
        suffix="" if column.unit is Unit.BYTES or (column.unit is Unit.SECONDS and not rate) else unit,
        help=" · ".join(filter(None, notes)),
        sorted=order,
        next=second if sort == first else first,
    )


def _matching(view: View, wanted: str) -> list[int]:
    if not wanted:
        return list(range(len(view.keys)))
    wanted = wanted.casefold()
    texts = zip(view.keys, zip(*view.infos.values(), strict=True) if view.infos else [()] * len(view.keys), strict=True)
    return [
        row
        for row, (key, infos) in enumerate(texts)
        if any(wanted in text.casefold() for text in (*key, *infos) if text)
    ]


def _sort(view: View, query: Query, rows: int) -> str:
    """Return the order asked for; without one, the busiest rows first where not all of them are shown."""
    names = {column.name for column in view.table.columns}
    if query.sort.removeprefix("-") in names:
        return query.sort
    if rows > FIRST_SCREEN:
        for column in view.table.columns:
            if column.kind is Kind.DERIVED and column.unit is Unit.PERCENT:
                return f"-{column.name}"
    return view.table.keys[0].name if view.table.keys else ""


def _order(view: View, rows: list[int], sort: str) -> list[int]:
    if not sort:
        return rows
    name, reverse = sort.removeprefix("-"), sort.startswith("-")
    column = view.table.column(name)
    if column.numeric:
        values = numbers(view, column)[rows]
        known = ~np.isnan(values)
        chosen = np.asarray(rows)
        order = np.argsort(-values[known] if reverse else values[known], kind="stable")
        return [*chosen[known][order].tolist(), *chosen[~known].tolist()]
    if column.kind is Kind.KEY:
        place = view.table.keys.index(column)
        return sorted(
            rows, key=lambda row: [_natural(text) for text in (view.keys[row][place], *view.keys[row])], reverse=reverse
        )
    texts = view.infos[name]
    known_rows = [row for row in rows if texts[row] is not None]
    known_rows.sort(key=lambda row: (texts[row] or "").casefold(), reverse=reverse)
    return [*known_rows, *(row for row in rows if texts[row] is None)]


def _natural(text: str) -> tuple[int, int, str]:
    return (0, int(text), "") if text.isascii() and text.isdigit() and len(text) < 20 else (1, 0, text.casefold())


def numbers(view: View, column: Column) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return what is shown of a column that has numbers: a counter's rates, else its values."""
    values: np.ndarray[tuple[int], np.dtype[np.float64]]
    values = (view.rates if column.kind is Kind.COUNTER else view.values)[column.name]
    return values


def _lines(view: View, columns: list[Column], rows: list[int], unknown: dict[str, str]) -> list[Line]:
    numeric = [_number_cells(view, column, rows, unknown) for column in columns if column.numeric]
    infos = [
        _info_cells(view.infos[column.name], column, rows, unknown) for column in columns if column.kind is Kind.INFO
    ]
    name = view.table.name
    return [
        Line(
            ident(name, *view.keys[row]),
            [_text_cell(text) for text in view.keys[row]],
            [cells[place] for cells in infos],
            [cells[place] for cells in numeric],
        )
        for place, row in enumerate(rows)
    ]


def _number_cells(view: View, column: Column, rows: list[int], unknown: dict[str, str]) -> list[Cell]:
    rate, unit = column.kind is Kind.COUNTER, column.unit
    missing = Cell(UNKNOWN, _why(column, unknown), unknown=True)
    values = numbers(view, column)[rows].tolist()
    return [missing if value != value else Cell(cell(value, unit, rate), "", unknown=False) for value in values]  # noqa: PLR0124  NaN


def _info_cells(texts: list[str | None], column: Column, rows: list[int], unknown: dict[str, str]) -> list[Cell]:
    missing = Cell(UNKNOWN, _why(column, unknown), unknown=True)
    return [missing if (text := texts[row]) is None else _text_cell(text) for row in rows]


def _text_cell(text: str) -> Cell:
    shown = visible(text)
    return Cell(shown, shown if len(shown) > _TITLED else "", unknown=False)


def _why(column: Column, unknown: dict[str, str]) -> str:
    if reason := unknown.get(column.name):
        return f"not known: {visible(reason)}"
    if column.kind is Kind.COUNTER:
        return "not known yet: a rate needs two readings of the same row"
    return f"not known: needs {column.needs}" if column.needs else "not known now"
