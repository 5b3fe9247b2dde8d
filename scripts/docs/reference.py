"""Writes what is measured: the short list of tables, and every column of each."""

from __future__ import annotations

from collections import Counter

from gobs_core import Chart, Column, Kind, Table
from scripts.docs.builtin import Declared, tables
from scripts.docs.markdown import code, table

_AGENT = "the agent itself"


def short_list() -> str:
    """Return the table of tables."""
    heads = ("table", "what", "one row for", "from")
    return table(
        heads, ((_link(item), item.table.help.rstrip("."), _rows_of(item.table), _sources(item)) for item in tables())
    )


def every_column() -> str:
    """Return a section for each table."""
    return "\n\n".join(_section(item) for item in tables())


def _link(item: Declared) -> str:
    return f"[`{item.table.name}`](docs/reference.md#{item.table.name})"


def _rows_of(what: Table) -> str:
    return "each " + ", ".join(code(column.name) for column in what.keys) if what.keys else "the node"


def _sources(item: Declared) -> str:
    """Return where it is read; several files of one folder as the folder."""
    found = list(dict.fromkeys(column.source for column in item.table.columns if column.source))
    folders = Counter(_folder(source) for source in found)
    told = (f"{_folder(source)}/…" if folders[_folder(source)] > 1 else source for source in found)
    return ", ".join(code(source) for source in dict.fromkeys(told)) or _AGENT


def _folder(source: str) -> str:
    return "/".join(source.split("/")[:3])


def _section(item: Declared) -> str:
    what = item.table
    total = ""
    if what.total is not None:
        chosen = " or ".join(code(value) for value in sorted(what.total.values))
        total = f" A total counts the rows whose `{what.total.column}` is {chosen}."
    who = f"Filled by the collector `{item.collector}`." if item.collector else f"Filled by {_AGENT}."
    heads = ("column", "kind", "unit", "stored as", "from", "what it is")
    charts = "; ".join(_chart(chart) for chart in what.charts)
    drawn = f" Drawn: {charts}." if charts else ""
    return f"## {what.name}\n\n{what.help.rstrip('.')}. One row for {_rows_of(what)}. {who}{total}{drawn}\n\n" + table(
        heads, (_row(column) for column in what.columns)
    )


def _chart(chart: Chart) -> str:
    how = [word for word, said in (("stacked", chart.stacked), ("a line for each row", chart.each)) if said]
    return ", ".join(map(code, chart.columns)) + (f" ({', '.join(how)})" if how else "")


def _row(column: Column) -> tuple[str, ...]:
    unit = column.unit.value if column.numeric and column.unit.value != "none" else ""
    return code(column.name), column.kind.value, unit, _stored(column), code(column.source), _what(column)


def _stored(column: Column) -> str:
    if column.kind is Kind.DERIVED:
        return "not stored"
    if not column.numeric:
        return "text"
    if column.scale is None:
        return "any number"
    return "whole number" if column.scale == 1 else f"whole number x {column.scale:g}"


def _what(column: Column) -> str:
    parts = [column.help.rstrip(".")]
    if column.expression is not None:
        parts.append(f"= {code(column.expression.text)}")
    if column.needs:
        parts.append(f"*Needs {column.needs}.*")
    if column.suggested:
        parts.append(f"*Suggested: {column.suggested}.*")
    if column.private:
        parts.append("*Private: for those alone who have logged in.*")
    return "<br>".join(parts)
