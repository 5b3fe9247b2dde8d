"""From raw cells to shown values: scales, "not known", derived columns, with infinities ending as "not known"."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, nan
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from gobs_core import Column

UNKNOWN = np.iinfo(np.int64).min
"""An integral cell that is not known. Cells of columns without a scale hold the bits of a float64."""

Numbers = NDArray[np.float64]
Cells = NDArray[np.int64]
Integer = TypeVar("Integer", bound=np.integer[Any])
NO_NUMBERS: Numbers = np.empty(0, dtype=np.float64)


def shown(raw: Cells, column: Column) -> Numbers:
    """The shown values of raw cells of one column; NaN is "not known"."""
    if column.scale is None:
        return np.ascontiguousarray(raw).view(np.float64)
    values: Numbers = raw * np.float64(column.scale)
    values[raw == UNKNOWN] = np.nan
    return values


def distinct(values: NDArray[Integer]) -> NDArray[Integer]:
    """What occurs in a list or a matrix of whole numbers, ascending; numpy's `unique` loads masked arrays."""
    ordered = np.sort(values, axis=None)
    return ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))] if len(ordered) else ordered


def evaluate(column: Column, level: Callable[[str], Any], rate: Callable[[str], Any]) -> Any:
    """The value of a derived column from numpy floats or arrays of them; division by zero and infinities end as NaN."""
    assert column.expression is not None
    try:
        with np.errstate(all="ignore"):
            value = np.asarray(column.expression.evaluate(level, rate), dtype=np.float64)
    except ArithmeticError:  # of a constant part
        return np.asarray(nan)
    return np.where(np.isfinite(value), value, np.nan)


def evaluate_one(column: Column, level: Callable[[str], float], rate: Callable[[str], float]) -> float:
    """The same from and to plain numbers, many times faster for a single one."""
    assert column.expression is not None
    try:
        value = float(column.expression.evaluate(level, rate))
    except ArithmeticError:
        return nan
    return value if isfinite(value) else nan


def sums(values: Numbers) -> list[float]:
    """The sum of what is known of each column of a matrix; NaN where nothing is, or where it is too large a number."""
    if len(values) == 1:
        return cast("list[float]", values[0].tolist())
    known = ~np.isnan(values)
    with np.errstate(over="ignore"):
        found = np.where(known, values, 0).sum(axis=0)
    found[~known.any(axis=0) | np.isinf(found)] = nan
    return cast("list[float]", found.tolist())
