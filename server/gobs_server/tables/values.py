"""From raw cells to shown values: scales, "not known", derived columns, with infinities ending as "not known"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gobs_core import Column

UNKNOWN = np.iinfo(np.int64).min
"""An integral cell that is not known. Cells of columns without a scale hold the bits of a float64."""

Numbers = NDArray[np.float64]
Cells = NDArray[np.int64]


def shown(raw: Cells, column: Column) -> Numbers:
    """The shown values of raw cells of one column; NaN is "not known"."""
    if column.scale is None:
        return np.ascontiguousarray(raw).view(np.float64)
    values: Numbers = raw * np.float64(column.scale)
    values[raw == UNKNOWN] = np.nan
    return values


def evaluate(column: Column, level: Callable[[str], Any], rate: Callable[[str], Any]) -> Any:
    """The value of a derived column from numpy floats or arrays of them; division by zero and infinities end as NaN."""
    assert column.expression is not None
    with np.errstate(all="ignore"):
        value = np.asarray(column.expression.evaluate(level, rate), dtype=np.float64)
    return np.where(np.isfinite(value), value, np.nan)


def total(values: Numbers) -> np.float64:
    """The sum of what is known; NaN where nothing is."""
    known = values[~np.isnan(values)]
    return np.float64(known.sum()) if len(known) else np.float64(np.nan)
