"""What one part of a frame changes in one table: judged, and not yet applied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gobs_server.tables.values import NO_NUMBERS, Numbers

Index: TypeAlias = NDArray[np.integer]
Places: TypeAlias = Index | Sequence[int]
"""Cells, slot x width + place, or slots: an array where there are many, a list where there are few."""


class RowChange(NamedTuple):
    """Rows that went and came."""

    gone: Index
    new: Index
    keys: Index
    """Text ids, one line per new row."""
    live: NDArray[np.bool_]
    """Which slots are live afterwards."""


class CellChange(NamedTuple):
    """Cells that changed: where, and what they hold afterwards."""

    where: Places
    values: Places
    deltas: Places
    blank: Places
    """Those of `where` that were not known before."""
    real_where: Places
    reals: Numbers
    unknown: Places


NO_CELLS = CellChange((), (), (), (), (), NO_NUMBERS, ())
