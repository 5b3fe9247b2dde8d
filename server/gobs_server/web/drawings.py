"""Which charts are drawn of a table or a row: those it asks for, else what kind and unit of its columns suggest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias
from urllib.parse import quote

import msgspec
import numpy as np

from gobs_core import Chart, Column, Kind, Table, Unit
from gobs_server.live import View
from gobs_server.web.format import unit_symbol
from gobs_server.web.naming import named
from gobs_server.web.text import ident, visible

Key: TypeAlias = tuple[str, ...]
Reasons: TypeAlias = Mapping[str, str]
"""Column -> why it is not known on the node."""

MOST_LINES = 8
"""Lines of one chart: as many as there are colours that can be told apart."""
_FEW_CHARTS = 4


class Line(NamedTuple):
    """One line of a chart."""

    label: str
    series: str
    """As the REST operation on charts names it."""
    help: str
    """What the column means, and why it is not known where that is so."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """One chart, ready to be drawn by the page's script."""

    id: str
    table: str
    title: str
    unit: str
    rate: bool
    symbol: str
    lines: list[Line]
    stacked: bool = False
    top: float | None = None
    left_out: int = 0
    """Rows, or columns, that have no line for want of colours."""
    limits: tuple[tuple[str, float], ...] = ()
    """Word and value of each threshold that the columns declare, in the unit shown."""
    said: str = ""
    """The same in words."""

    @property
    def plan(self) -> str:
        """What the script is told; the labels stand in the legend already."""
        plan = {
            "table": self.table,
            "unit": self.unit,
            "rate": self.rate,
            "symbol": self.symbol,
            "stacked": self.stacked,
            "top": self.top,
            "series": [line.series for line in self.lines],
            "limits": self.limits,
        }
        return msgspec.json.encode(plan).decode()


def of_table(view: View, unknown: Reasons) -> list[Drawing]:
    """Return the charts of a table: totals, and for some of them a line for each row, those with most of it now."""
    table = view.table
    if table.charts:
        charts: Sequence[Chart] = table.charts
    elif table.total is not None or not table.keys:
        charts = suggested(table, table.columns)
    else:
        charts = [Chart(chart.columns[0], each=True) for chart in suggested(table, table.columns)[:_FEW_CHARTS]]
    total = None if table.keys else ()
    return [
        _of_rows(view, chart, unknown) if chart.each and table.keys else _of_columns(table, chart, total, unknown)
        for chart in charts
    ]


def of_row(table: Table, key: Key, unknown: Reasons) -> tuple[list[Drawing], list[Drawing]]:
    """Return the charts of one row: those the table asks for, and those of what they leave out."""
    whole = {name for chart in table.charts if not chart.each for name in chart.columns}
    declared = [chart for chart in table.charts if not (chart.each and whole.issuperset(chart.columns))]
    drawn = {name for chart in declared for name in chart.columns}
    rest = suggested(table, [column for column in table.columns if column.name not in drawn])
    first, more = ([_of_columns(table, chart, key, unknown) for chart in some] for some in (declared, rest))
    return (first, more) if first else (more, [])


def suggested(table: Table, columns: Iterable[Column]) -> list[Chart]:
    """Return charts of what can share an axis, shares of a whole first and bare numbers last."""
    groups: dict[tuple[Unit, bool], list[str]] = {}
    for column in columns:
        if column.numeric:
            groups.setdefault((column.unit, column.kind is Kind.COUNTER), []).append(column.name)
    order = sorted(groups, key=lambda group: (group == (Unit.NONE, False), group[0] is not Unit.PERCENT))
    return [
        Chart(*groups[group][first : first + MOST_LINES])
        for group in order
        for first in range(0, len(groups[group]), MOST_LINES)
    ]


def called(view: View, row: int) -> str:
    """Return what people call a row, and the key that tells it from others of that name."""
    key = view.keys[row]
    name = named(view.table, key, [texts[row] for texts in view.infos.values()]).name
    return name if name in {key[0], " ".join(key)} else f"{name} {key[0]}"


def series(table: str, column: str, key: Key | None) -> str:
    """Return the name that REST knows a line by."""
    return "/".join(quote(part, safe="", errors="replace") for part in (table, column, *(key or ())))


def _of_columns(table: Table, chart: Chart, key: Key | None, unknown: Reasons) -> Drawing:
    """A line for each column, of one row or of the total."""
    columns = [table.column(name) for name in chart.columns]
    labels = _told_apart(columns)
    lines = [
        _line(table, column, key, label, unknown)
        for column, label in zip(columns[:MOST_LINES], labels[:MOST_LINES], strict=True)
    ]
    title = "" if chart.each and key else chart.title
    summed = key is None and bool(table.keys)
    return _made(table, chart, title or _listed(columns), lines, len(columns) - len(lines), summed=summed)


def _of_rows(view: View, chart: Chart, unknown: Reasons) -> Drawing:
    """A line for each row and column, of the rows that have most of it now."""
    table = view.table
    columns = [table.column(name) for name in chart.columns[:MOST_LINES]]
    rows = _highest(view, columns[0], max(MOST_LINES // len(columns), 1))
    rows.sort(key=lambda row: [(len(text), text) for text in view.keys[row]])
    names = [f" {_words(column.name)}" if len(columns) > 1 else "" for column in columns]
    lines = [
        _line(table, column, view.keys[row], f"{called(view, row)}{name}", unknown)
        for row in rows
        for column, name in zip(columns, names, strict=True)
    ]
    title = chart.title or f"{_listed(columns)}, by {_words(table.keys[0].name)}"
    return _made(table, chart, title, lines, len(view.keys) - len(rows))


def _highest(view: View, column: Column, count: int) -> list[int]:
    values = view.numbers(column)
    order: list[int] = np.argsort(np.where(np.isnan(values), np.inf, -values), kind="stable").tolist()
    return order[:count]


def _line(table: Table, column: Column, key: Key | None, label: str, unknown: Reasons) -> Line:
    why = unknown.get(column.name, "")
    help_ = f"{column.help} · not known: {why}" if why else column.help
    return Line(visible(label), series(table.name, column.name, key), visible(help_))


def _made(table: Table, chart: Chart, title: str, lines: list[Line], left_out: int, *, summed: bool = False) -> Drawing:
    column = table.column(chart.columns[0])
    rate = column.kind is Kind.COUNTER
    return Drawing(
        id=ident("chart", title, *(line.series for line in lines)),
        table=table.name,
        title=visible(title),
        unit=column.unit.value,
        rate=rate,
        symbol=unit_symbol(column.unit, rate),
        lines=lines,
        stacked=chart.stacked,
        top=chart.top,
        left_out=left_out,
        limits=tuple(_limits(_limited(table, chart, summed=summed))),
        said=_limits_said(_limited(table, chart, summed=summed)),
    )


def _limited(table: Table, chart: Chart, *, summed: bool) -> list[Column]:
    """Return the columns whose thresholds hold for the lines drawn: not for parts of a stack, nor for sums of rows."""
    columns = [table.column(name) for name in chart.columns]
    if chart.stacked and len(columns) > 1:
        return []
    return [one for one in columns if one.thresholds is not None and (one.unit is Unit.PERCENT or not summed)]


def _limits(columns: Iterable[Column]) -> Iterable[tuple[str, float]]:
    """Return word and value of each threshold, each once."""
    some = [one.thresholds for one in columns if one.thresholds is not None]
    pairs = [(word, limit) for one in some for word, limit in (("warning", one.warning), ("critical", one.critical))]
    return dict.fromkeys((word, limit) for word, limit in pairs if limit is not None)


def _limits_said(columns: Sequence[Column]) -> str:
    told = [f"{_words(one.name)}: {one.suggested}" if len(columns) > 1 else one.suggested for one in columns]
    return "; ".join(told)


def _listed(columns: Sequence[Column]) -> str:
    names = [_words(column.name) for column in columns]
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")


def _told_apart(columns: Sequence[Column]) -> list[str]:
    """The names of columns without what all of them end in and the unit says already: `user`, `system`."""
    names = [column.name for column in columns]
    ends = {name.rpartition("_")[2] for name in names}
    shared = len(names) > 1 and ends in ({"percent"}, {"bytes"})
    return [_words(name.rpartition("_")[0] if shared else name) for name in names]


def _words(name: str) -> str:
    return name.replace("_", " ")
