"""Readings: one table of one node at one moment, as sources look at it, whether it is live or of the past."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from gobs_core import Table
from gobs_server.alerts.judging.figures import Total, of_rows, of_table
from gobs_server.alerts.judging.matching import Texts
from gobs_server.alerts.judging.source import WHOLE, Keys
from gobs_server.alerts.rules.metrics import Metric
from gobs_server.tables import View
from gobs_server.tables.values import Numbers

_WHOLE: Keys = [WHOLE]
MOST_TEXT = 500
"""Characters kept of a text that an alert is described with."""


class Reading(Protocol):
    """What a watch is given."""

    @property
    def keys(self) -> Keys:
        """The rows. The very same list while they do not change, as far as that is cheap."""
        ...

    def version(self, columns: Sequence[str]) -> object:
        """Something that is equal while the texts of these columns are the same."""
        ...

    def texts(self, columns: Sequence[str]) -> tuple[Texts, ...]:
        """The texts of these columns, row by row."""
        ...

    def values(self, metric: Metric) -> Numbers:
        """One value for each row."""
        ...

    def describe(self, row: int) -> dict[str, str]:
        """The key and info columns of a row, as far as they are known and anybody may see them."""
        ...


class Rows:
    """A table, row by row."""

    def __init__(self, view: View, memory: Callable[[], float]) -> None:
        self._view = view
        self._memory = memory
        self.keys: Keys = view.keys
        self._places = {column.name: place for place, column in enumerate(view.table.keys)}

    def version(self, columns: Sequence[str]) -> object:
        """Return the ids of the texts of info columns; those of keys are the keys'."""
        return [self._view.text_ids(name).tolist() for name in columns if name not in self._places]

    def texts(self, columns: Sequence[str]) -> tuple[Texts, ...]:
        """Return the texts of these columns, row by row."""
        found: list[Sequence[str | None]] = [
            [key[self._places[name]] for key in self.keys] if name in self._places else self._view.info(name)
            for name in columns
        ]
        return tuple(zip(*found, strict=True)) if found else ((),) * len(self.keys)

    def values(self, metric: Metric) -> Numbers:
        """Return one value for each row."""
        return of_rows(metric, self._view, self._memory())

    def describe(self, row: int) -> dict[str, str]:
        """Return the texts of a row, long ones cut."""
        keys = {name: self.keys[row][place] for name, place in self._places.items()}
        infos = {name: text for name, texts in self._view.infos.items() if (text := texts[row]) is not None}
        private = {column.name for column in self._view.table.columns if column.private}
        return {name: text[:MOST_TEXT] for name, text in {**keys, **infos}.items() if name not in private}


class Whole:
    """A table as a whole: the one row of its totals."""

    def __init__(self, table: Table, total: Total) -> None:
        self._table = table
        self._total = total
        self.keys = _WHOLE

    def version(self, columns: Sequence[str]) -> object:
        """Return the same always."""
        return None

    def texts(self, columns: Sequence[str]) -> tuple[Texts, ...]:
        """Return nothing, once."""
        return ((),)

    def values(self, metric: Metric) -> Numbers:
        """Return the one value."""
        return np.array([of_table(metric, self._table, self._total)])

    def describe(self, row: int) -> dict[str, str]:
        """Return nothing: it is about no row."""
        return {}
