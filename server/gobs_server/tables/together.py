"""Totals of one table over many nodes at once: what `View.total` tells of each, in a few passes over all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gobs_core import Column, Kind
from gobs_server.tables.counted import Chosen
from gobs_server.tables.layout import Layout
from gobs_server.tables.rates import unknown
from gobs_server.tables.stack import Stack
from gobs_server.tables.state import TableState
from gobs_server.tables.values import Cells, Numbers, evaluate


def totals_together(layout: Layout, some: Sequence[tuple[TableState, Chosen]], columns: Sequence[Column]) -> Numbers:
    """A line for each group of each state, a column for each of `columns`; NaN where no row of it is known.

    All states are of `layout`; with each go the rows that are counted, in as many groups as of any other.
    """
    counts = np.array([chosen.sizes for _, chosen in some]).reshape(-1)
    cells = np.concatenate([state.matrix[chosen.cut] for state, chosen in some])
    blank = unknown(layout, cells)
    nothing = np.empty((len(counts), 0))
    levels = _sums(_shown(layout, cells, blank), counts) if any(map(_has_level, columns)) else nothing
    rates = _sums(_rates(layout, some, blank), counts) if any(map(_has_rate, columns)) else nothing
    place = layout.place
    found = np.empty((len(counts), len(columns)))
    for at, column in enumerate(columns):
        if column.kind is Kind.DERIVED:
            found[:, at] = evaluate(column, lambda name: levels[:, place[name]], lambda name: rates[:, place[name]])
        else:
            found[:, at] = (rates if column.kind is Kind.COUNTER else levels)[:, place[column.name]]
    return found


def _has_level(column: Column) -> bool:
    return bool(column.expression.levels) if column.expression else column.kind is not Kind.COUNTER


def _has_rate(column: Column) -> bool:
    return bool(column.expression.rates) if column.expression else column.kind is Kind.COUNTER


def _shown(layout: Layout, cells: Cells, blank: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Numbers:
    values: Numbers = cells * layout.scales
    if layout.has_real:
        values = np.where(layout.real, cells.view(np.float64), values)
    values[blank] = np.nan
    return values


def _rates(
    layout: Layout,
    some: Sequence[tuple[TableState, Chosen]],
    blank: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
) -> Numbers:
    """What `Rates.per_second` tells of the counted rows, one below the other."""
    stack, rates = Stack(layout.width, some), [state.rates for state, _ in some]
    made = np.zeros((stack.height, layout.width))
    stack.put(made, [one.where for one in rates], [one.deltas for one in rates])
    stack.put(made, [one.real_where for one in rates], [one.real_deltas for one in rates])
    seconds = np.array([one.seconds for one in rates])
    made /= stack.spread(np.where(seconds > 0, seconds, np.nan))[:, None]
    stack.blank(made, [one.blank for one in rates])
    made[stack.rows([one.fresh for one in rates])] = np.nan
    made *= layout.scales
    made[blank] = np.nan
    made[~(made >= 0) | np.isinf(made)] = np.nan
    return made


def _sums(values: Numbers, counts: Cells) -> Numbers:
    """The sum of what is known of each column, node by node; NaN where nothing is, or it is too large a number."""
    if (counts == 1).all():
        return values
    known = ~np.isnan(values)
    nodes = np.repeat(np.arange(len(counts)), counts)
    found = np.zeros((len(counts), values.shape[1]))
    there = np.zeros(found.shape, dtype=np.int64)
    with np.errstate(over="ignore", invalid="ignore"):
        np.add.at(found, nodes, np.where(known, values, 0))
    np.add.at(there, nodes, known)
    found[(there == 0) | np.isinf(found)] = np.nan
    return found
