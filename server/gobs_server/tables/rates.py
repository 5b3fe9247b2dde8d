"""Rates: what changed between two readings of a table, kept small until somebody asks for the rate per second."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gobs_server.tables.layout import Layout
from gobs_server.tables.values import UNKNOWN, Cells, Numbers

Index = NDArray[np.int64]
NOTHING: Index = np.empty(0, dtype=np.int64)
_NO_NUMBERS: Numbers = np.empty(0, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Rates:
    """The changes one reading brought. Cells are addressed slot x width + place; one not named did not change."""

    seconds: float
    """Between the two readings by the agent's monotonic clock; NaN: there is no earlier one to compare with."""
    index: NDArray[np.integer] = field(default_factory=lambda: NOTHING)
    deltas: Index = field(default_factory=lambda: NOTHING)
    real_index: NDArray[np.integer] = field(default_factory=lambda: NOTHING)
    real_deltas: Numbers = field(default_factory=lambda: _NO_NUMBERS)
    blank: NDArray[np.integer] = field(default_factory=lambda: NOTHING)
    """Cells that were not known at the earlier reading."""
    fresh: NDArray[np.integer] = field(default_factory=lambda: NOTHING)
    """Slots whose rows are new."""

    def per_second(self, layout: Layout, capacity: int, slots: Index, cells: Cells) -> Numbers:
        """A matrix like `cells`, the live rows: shown value per second, NaN where not known or fallen."""
        if not self.seconds > 0:
            return np.full(cells.shape, np.nan)
        rates = np.zeros((capacity, layout.width))
        flat = rates.reshape(-1)
        flat[self.index] = self.deltas / self.seconds
        flat[self.real_index] = self.real_deltas / self.seconds
        flat[self.blank] = np.nan
        rates[self.fresh] = np.nan
        rates = rates[slots] * layout.scales
        rates[unknown(layout, cells)] = np.nan
        rates[~(rates >= 0) | np.isinf(rates)] = np.nan
        return rates


NO_RATES = Rates(float("nan"))


def unknown(layout: Layout, cells: Cells) -> NDArray[np.bool_]:
    """Which cells hold "not known"; never a text's."""
    integers: NDArray[np.bool_] = cells == UNKNOWN
    if not layout.has_real:
        return integers
    return np.where(layout.real, np.isnan(cells.view(np.float64)), integers)
