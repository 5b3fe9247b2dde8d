"""Figures: a metric's value for all rows of a table at once, or for the table as a whole."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gobs_core import Column, Table
from gobs_core.expression import Expression
from gobs_server.alerts.rules.metrics import NODE_MEMORY, Metric
from gobs_server.tables import View
from gobs_server.tables.values import Numbers

Total = Callable[[Column], float]
"""A column over the rows that its table counts in a total: `View.total` or `LiveTable.total`."""


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

    def of(name: str) -> float:
        return total(table.column(name))

    try:
        value = float(metric.first.evaluate(of, of))
    except ArithmeticError:
        return float("nan")
    return value if np.isfinite(value) else float("nan")
