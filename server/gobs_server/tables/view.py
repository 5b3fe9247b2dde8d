"""A view: one table at one moment, its numbers as people see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np

from gobs_core import Column, Kind, Table
from gobs_server.tables.layout import Layout
from gobs_server.tables.rates import unknown
from gobs_server.tables.values import Cells, Numbers, evaluate, evaluate_one, shown, sums


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
        self._layout = layout
        self._cells = cells
        self._texts = texts
        self._make_rates = rates
        self._hidden: frozenset[str] = frozenset()

    @cached_property
    def public(self) -> View:
        """The same without the texts of private columns, which are "not known" in it."""
        hidden = frozenset(column.name for column in self.table.columns if column.private)
        if not hidden:
            return self
        seen = View(self._layout, self.time, self.keys, self._cells, self._texts, self._make_rates)
        seen._hidden = hidden
        return seen

    @cached_property
    def values(self) -> dict[str, Numbers]:
        """Counters, gauges and derived columns by name, in the order declared."""
        stored = {c.name: shown(self._raw(c), c) for c in self.table.cells if c.numeric}
        return {
            c.name: stored[c.name] if c.stored else self._derived(c, stored.__getitem__)
            for c in self.table.columns
            if c.numeric
        }

    def level(self, name: str) -> Numbers:
        """One column of `values`, without computing the others; raises KeyError."""
        column = self.table.column(name)
        return shown(self._raw(column), column) if column.stored else self._derived(column, self.level)

    def text_ids(self, name: str) -> Cells:
        """For every row the id of an info column's text; within a run equal ids are equal texts."""
        return self._raw(self.table.column(name))

    def info(self, name: str) -> list[str | None]:
        """One column of `infos`, without the others; raises KeyError."""
        if name in self._hidden:
            return [None] * len(self.keys)
        ids = self.text_ids(name).tolist()
        texts = {i: self._texts.get(i) for i in set(ids)}
        return [texts[i] for i in ids]

    @cached_property
    def rates(self) -> dict[str, Numbers]:
        """Every counter's rate per second; NaN for a new row, a reset, another run, and for what is not known."""
        rates, place = self._rates, self._layout.place
        return {c.name: rates[:, place[c.name]] for c in self.table.cells if c.kind is Kind.COUNTER}

    @cached_property
    def infos(self) -> dict[str, list[str | None]]:
        """The texts of every info column; None is "not known"."""
        columns = {c.name: self._raw(c).tolist() for c in self.table.cells if c.kind is Kind.INFO}
        texts = {i: self._texts.get(i) for i in {i for ids in columns.values() for i in ids}}
        nothing: list[str | None] = [None] * len(self.keys)
        return {name: nothing if name in self._hidden else [texts[i] for i in ids] for name, ids in columns.items()}

    def numbers(self, column: Column) -> Numbers:
        """What is shown of a column that has numbers: a counter's rates, else its values."""
        return self.rates[column.name] if column.kind is Kind.COUNTER else self.level(column.name)

    def find(self, key: tuple[str, ...]) -> int | None:
        """The row with that key."""
        return self._rows.get(tuple(key))

    def totals(self) -> dict[str, float]:
        """Every numeric column over the rows the table counts in a total.

        The sum of a counter's rates and of a gauge's levels; a derived column is computed from the sums. NaN where no
        counted row is known.
        """
        return {column.name: self.total(column) for column in self.table.columns if column.numeric}

    def total(self, column: Column) -> float:
        """One column of `totals`, without computing the others."""
        if column.kind is Kind.DERIVED:
            levels, rates, place = self._level_sums, self._rate_sums, self._layout.place
            return evaluate_one(column, lambda name: levels[place[name]], lambda name: rates[place[name]])
        sums = self._rate_sums if column.kind is Kind.COUNTER else self._level_sums
        return sums[self._layout.place[column.name]]

    @cached_property
    def counted(self) -> list[int] | None:
        """The rows a total counts; None: all of them."""
        over = self.table.total
        if over is None:
            return None
        names = [column.name for column in self.table.keys]
        if over.column in names:
            place = names.index(over.column)
            return [row for row, key in enumerate(self.keys) if key[place] in over.values]
        texts = self._raw(self.table.column(over.column)).tolist()
        return [row for row, text in enumerate(texts) if self._texts.get(text) in over.values]

    @cached_property
    def _rates(self) -> Numbers:
        return self._make_rates()

    @cached_property
    def _rows(self) -> dict[tuple[str, ...], int]:
        return {key: row for row, key in enumerate(self.keys)}

    def _raw(self, column: Column) -> Cells:
        return self._cells[:, self._layout.place[column.name]]

    def _derived(self, column: Column, level: Callable[[str], Numbers]) -> Numbers:
        value = evaluate(column, level, self.rates.__getitem__)
        return np.broadcast_to(value, (len(self.keys),))

    @cached_property
    def _level_sums(self) -> list[float]:
        cells = self._cells if self.counted is None else self._cells[self.counted]
        layout = self._layout
        values = cells * layout.scales
        if layout.has_real:
            values = np.where(layout.real, cells.view(np.float64), values)
        values[unknown(layout, cells)] = np.nan
        return sums(values)

    @cached_property
    def _rate_sums(self) -> list[float]:
        return sums(self._rates if self.counted is None else self._rates[self.counted])
