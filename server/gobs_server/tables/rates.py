"""Rates: what changed between two readings of a table, kept small until somebody asks for the rate per second."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gobs_server.tables.change import Places
from gobs_server.tables.layout import Layout
from gobs_server.tables.values import NO_NUMBERS, UNKNOWN, Cells, Numbers


class Rates(NamedTuple):
    """The changes one reading brought. A cell is slot x width + place; one that is not named did not change."""

    seconds: float
    """Between the two readings by the agent's monotonic clock; NaN: there is no earlier one to compare with."""
    where: Places = ()
    """Ascending."""
    deltas: Places = ()
    real_where: Places = ()
    real_deltas: Numbers = NO_NUMBERS
    blank: Places = ()
    """Cells that were not known at the earlier reading."""
    fresh: Places = ()
    """Slots whose rows are new."""

    def per_second(self, layout: Layout, capacity: int, slots: Cells, cells: Cells) -> Numbers:
        """A matrix like `cells`, the live rows: shown value per second, NaN where not known or fallen."""
        if not self.seconds > 0:
            return np.full(cells.shape, np.nan)
        rates = np.zeros((capacity, layout.width))
        flat = rates.reshape(-1)
        for where, deltas in ((self.where, self.deltas), (self.real_where, self.real_deltas)):
            if len(where):
                flat[where] = np.asarray(deltas) / self.seconds
        if len(self.blank):
            flat[self.blank] = np.nan
        if len(self.fresh):
            rates[self.fresh] = np.nan
        rates = rates[slots] * layout.scales
        rates[unknown(layout, cells)] = np.nan
        rates[~(rates >= 0) | np.isinf(rates)] = np.nan
        return rates

    def bytes(self) -> int:
        """What it takes in memory, about."""
        return sum(part.nbytes if isinstance(part, np.ndarray) else 40 * len(part) for part in self[1:])


NO_RATES = Rates(float("nan"))


def unknown(layout: Layout, cells: Cells) -> NDArray[np.bool_]:
    """Which cells hold "not known"; never a text's."""
    integers: NDArray[np.bool_] = cells == UNKNOWN
    if not layout.has_real:
        return integers
    return np.where(layout.real, np.isnan(cells.view(np.float64)), integers)
