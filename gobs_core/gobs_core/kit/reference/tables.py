"""What is measured: a table with every column, its unit, its kind, what it needs and what is suggested of it."""

from __future__ import annotations

from gobs_core.chart import Chart
from gobs_core.kit.reference.markdown import code, table
from gobs_core.table import Column, Kind, Table


def rows_of(what: Table) -> str:
    """What one row is for."""
    return "each " + ", ".join(code(column.name) for column in what.keys) if what.keys else "the node"


def section(what: Table, who: str) -> str:
    """A section of its own: what it is, what a row is for, who fills it, what is drawn, and every column."""
    total = ""
    if what.total is not None:
        chosen = " or ".join(code(value) for value in sorted(what.total.values))
        total = f" A total counts the rows whose `{what.total.column}` is {chosen}."
    heads = ("column", "kind", "unit", "stored as", "from", "what it is")
    charts = "; ".join(_chart(chart) for chart in what.charts)
    drawn = f" Drawn: {charts}." if charts else ""
    return (
        f"## {what.name}\n\n{what.help.rstrip('.')}. One row for {rows_of(what)}. Filled by {who}.{total}{drawn}\n\n"
        + table(heads, (_row(column) for column in what.columns))
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
