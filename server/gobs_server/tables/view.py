"""A view: one table at one moment, its numbers as people see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gobs_core import Column, Kind, Table
from gobs_server.tables.layout import Layout
from gobs_server.tables.values import Cells, Numbers, evaluate, shown, total


class View:
    """One table at one moment. A value: it keeps what it needs, and later frames do not change it.

    Every array has one float64 per row, in the order of `keys`; NaN is "not known". Values are shown values, that is
    raw x scale; rates are per second by the agent's monotonic clock and never negative.
    """

    def __init__(
        self,
        layout: Layout,
        time: float,
        keys: list[tuple[str, ...]],
        cells: Cells,
        texts: Mapping[int, str],
        rates: Callable[[], Numbers],
    ) -> None:
        self.table: Table = layout.table
        self.time = time
        """When the table was read, in seconds since 1970 by the server's clock."""
        self.keys = keys
        """The values of the key columns, row by row."""
        self._place = layout.place
        self._cells = cells
        self._texts = texts
        self._make_rates = rates

    @cached_property
    def values(self) -> dict[str, Numbers]:
        """Counters, gauges and derived columns by name, in the order declared."""
        stored = {c.name: shown(self._raw(c), c) for c in self.table.cells if c.numeric}
        return {
            c.name: stored[c.name] if c.stored else self._derived(c, stored) for c in self.table.columns if c.numeric
        }

    @cached_property
    def rates(self) -> dict[str, Numbers]:
        """Every counter's rate per second; NaN for a new row, a reset, another run, and for what is not known."""
        rates = self._make_rates()
        return {c.name: rates[:, self._place[c.name]] for c in self.table.cells if c.kind is Kind.COUNTER}

    @cached_property
    def infos(self) -> dict[str, list[str | None]]:
        """The texts of every info column; None is "not known"."""
        get = self._texts.get
        return {c.name: [get(i) for i in self._raw(c).tolist()] for c in self.table.cells if c.kind is Kind.INFO}

    def find(self, key: tuple[str, ...]) -> int | None:
        """The row with that key."""
        return self._rows.get(tuple(key))

    def totals(self) -> dict[str, float]:
        """Every numeric column over the rows the table counts in a total.

        The sum of a counter's rates and of a gauge's levels; a derived column is computed from the sums. NaN where no
        counted row is known.
        """
        counted = self._counted()
        levels = {name: total(values[counted]) for name, values in self.values.items()}
        rates = {name: total(values[counted]) for name, values in self.rates.items()}
        totals: dict[str, float] = {}
        for column in self.table.columns:
            if column.kind is Kind.DERIVED:
                totals[column.name] = float(evaluate(column, levels.__getitem__, rates.__getitem__))
            elif column.numeric:
                totals[column.name] = float((rates if column.kind is Kind.COUNTER else levels)[column.name])
        return totals

    @cached_property
    def _rows(self) -> dict[tuple[str, ...], int]:
        return {key: row for row, key in enumerate(self.keys)}

    def _raw(self, column: Column) -> Cells:
        return self._cells[:, self._place[column.name]]

    def _derived(self, column: Column, stored: Mapping[str, Numbers]) -> Numbers:
        value = evaluate(column, stored.__getitem__, self.rates.__getitem__)
        return np.broadcast_to(value, (len(self.keys),))

    def _counted(self) -> NDArray[np.bool_]:
        over = self.table.total
        if over is None:
            return np.ones(len(self.keys), dtype=bool)
        if over.column in self.infos:
            return np.array([text in over.values for text in self.infos[over.column]], dtype=bool)
        place = [c.name for c in self.table.keys].index(over.column)
        return np.array([key[place] in over.values for key in self.keys], dtype=bool)
