"""Figures: a metric's value for all rows of a table at once, or for the table as a whole."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, nan

import numpy as np

from gobs_core import Column, Table
from gobs_core.expression import Expression
from gobs_server.alerts.rules.metrics import NODE_MEMORY, Metric
from gobs_server.tables import View
from gobs_server.tables.values import Numbers

Total = Callable[[Column], float]
"""A column over the rows that its table counts in a total: `View.total` or `LiveTable.total`."""
Figure = Callable[[Total], float]
"""One value of a table as a whole."""


def of_rows(metric: Metric, view: View, node_memory: float) -> Numbers:
    """One value for each row; NaN: not known, infinities included."""
    rows = len(view.keys)

    def level(name: str) -> Numbers | np.float64:
        return np.float64(node_memory) if name == NODE_MEMORY else view.level(name)

    def compute(expression: Expression) -> Numbers:
        with np.errstate(all="ignore"):
            found = np.asarray(expression.evaluate(level, view.rates.__getitem__), dtype=np.float64)
        return np.broadcast_to(np.where(np.isfinite(found), found, np.nan), (rows,))

    values = compute(metric.first)
    if metric.otherwise is not None:
        lacking = np.isnan(values)
        if lacking.any():
            values = np.where(lacking, compute(metric.otherwise), values)
    return values


def of_table(metric: Metric, table: Table, total: Total) -> float:
    """The one value of a total; NaN: not known."""
    return figure(metric, table)(total)


def column_of(metric: Metric, table: Table) -> Column | None:
    """The column whose total a metric is; None: it is computed."""
    named = metric.first.text
    return table.column(named) if named in metric.columns else None


def figure(metric: Metric, table: Table) -> Figure:
    """How the one value is had of that table whenever it is read; NaN: not known."""
    columns = {name: table.column(name) for name in metric.columns}
    evaluate = metric.first.evaluate

    def computed(total: Total) -> float:
        def of(name: str) -> float:
            return total(columns[name])

        try:
            value = float(evaluate(of, of))
        except ArithmeticError:
            return nan
        return value if isfinite(value) else nan

    return computed
