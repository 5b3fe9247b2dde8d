"""Charts a table asks for: which of its columns are drawn together, and over what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gobs_core.errors import DeclarationError
from gobs_core.units import UNIT_NAMES

if TYPE_CHECKING:
    from gobs_core.table import Column

MAX_CHARTS = 16
"""Charts a table may ask for."""


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart of a table: a line for each of some numeric columns, a counter's being its rate per second.

    All columns share one axis, so what is shown of them has one unit. `top` is the value that axis reaches at least, in
    the unit shown: 100 for percent, so that small shares look small; larger values are drawn all the same.
    """

    columns: tuple[str, ...]
    title: str = ""
    """Empty: made from the names of the columns."""
    stacked: bool = False
    """Whether the columns are parts of a whole, each drawn on top of the one before."""
    each: bool = False
    """Whether every row has a chart line of its own; else a line is the table's total of a column."""
    top: float | None = None
    """The value the axis reaches at least, in the unit shown, e.g. 100 for a share of a whole."""

    def __init__(
        self, *columns: str, title: str = "", stacked: bool = False, each: bool = False, top: float | None = None
    ) -> None:
        put = object.__setattr__
        put(self, "columns", columns)
        put(self, "title", title)
        put(self, "stacked", stacked)
        put(self, "each", each)
        put(self, "top", top)

    def check(self, table: str, columns: Mapping[str, Column]) -> None:
        """Raise DeclarationError, naming table and column, where a table of these columns cannot be drawn so."""
        where = f"table {table!r}, chart {self.title or ', '.join(self.columns)!r}"
        if not self.columns or len(set(self.columns)) < len(self.columns):
            raise DeclarationError(f"{where}: a chart is of one or more columns, each named once")
        if self.top is not None and not 0 < self.top < float("inf"):
            raise DeclarationError(f"{where}: top {self.top!r} is not a positive number")
        for name in self.columns:
            if name not in columns or not columns[name].numeric:
                raise DeclarationError(f"{where}: {name!r} is no numeric column of the table")
        units = {name: _unit(columns[name]) for name in self.columns}
        for name, unit in units.items():
            if unit != units[self.columns[0]]:
                raise DeclarationError(
                    f"{where}: {name!r} is shown in {unit or 'bare numbers'} and {self.columns[0]!r} in "
                    f"{units[self.columns[0]] or 'bare numbers'}; a chart has one axis"
                )


def _unit(column: Column) -> str:
    """Return the unit a chart draws a column in."""
    names = UNIT_NAMES[column.unit]
    return names.rate_symbol if column.kind == "counter" else names.symbol
