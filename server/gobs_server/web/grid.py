"""Any table as a page shows it, made from its declaration alone: columns, order, filter, and how much at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from gobs_core import Column, Kind, Unit
from gobs_server.live import View
from gobs_server.web.format import UNKNOWN, cell, unit_symbol
from gobs_server.web.links import link
from gobs_server.web.order import FIRST_SCREEN, MOST, Query, chosen_order, matching, numbers, ordered
from gobs_server.web.text import ident, visible

_TITLED = 28


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
    path: str
    """The page of the row; empty: it has none."""


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


def grid(view: View, query: Query, unknown: dict[str, str], node: str = "") -> Grid:
    """Return what a page shows of a table; `unknown` is why columns are not known, `node` whose rows they are."""
    columns = _arranged(view)
    rows = matching(view, query.filter)
    sort = chosen_order(view, query.sort, len(rows))
    shown = ordered(view, rows, sort)[: MOST if query.all else FIRST_SCREEN]
    return Grid(
        headings=[_heading(column, sort) for column in columns],
        lines=_lines(view, columns, shown, unknown, node),
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


def _lines(view: View, columns: list[Column], rows: list[int], unknown: dict[str, str], node: str) -> list[Line]:
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
            link(node, view.table, view.keys[row]) if node else "",
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
