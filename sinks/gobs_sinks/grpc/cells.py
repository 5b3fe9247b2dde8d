"""What the cells of a table are on the wire: integers, numbers of texts, or doubles; and which of them changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import compress
from math import isfinite, isnan, nan
from operator import ne

from gobs_core import Cell, Column, Table
from gobs_proto.limits import MAX_INTEGER
from gobs_sinks.grpc.rows import Change
from gobs_sinks.grpc.tally import Tally
from gobs_sinks.grpc.texts import Texts


class Form(Enum):
    """How a cell travels."""

    INTEGER = 1
    TEXT = 2
    REAL = 3


def form(column: Column) -> Form:
    """How the cells of a column travel."""
    if not column.numeric:
        return Form.TEXT
    return Form.INTEGER if column.integral else Form.REAL


@dataclass(slots=True)
class Span:
    """Whole columns at once, as Dense carries them."""

    first: int
    columns: list[list[int]]
    even: bool = False
    along: bool = False


@dataclass(slots=True)
class Cells:
    """Changed cells, as TableFrame carries them; every list of places ascends."""

    dense: list[Span] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    deltas: list[int] = field(default_factory=list)
    real_places: list[int] = field(default_factory=list)
    reals: list[float] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)


class Coder:
    """Turns the cells of one table into what travels. Lives as long as the run; the same cell always gives the same."""

    def __init__(self, table: Table, texts: Texts, tally: Tally) -> None:
        self.width = len(table.cells)
        self.forms = [form(column) for column in table.cells]
        self.packed = sum(kind is not Form.REAL for kind in self.forms)
        self._keys = len(table.keys)
        self._name = table.name
        self._texts = texts
        self._tally = tally
        self._by_place: list[Form | None] = [None] * self._keys + list(self.forms)

    def sparse(self, changes: Sequence[Change], most: int) -> Cells | None:
        """The changed cells one by one; None when more than `most` that are no reals changed."""
        cells = Cells()
        places, forms, number = range(len(self._by_place)), self._by_place, self._texts.id
        add, delta = cells.places.append, cells.deltas.append
        integer, text = Form.INTEGER, Form.TEXT
        for slot, row, old in changes:
            start = slot * self.width - self._keys
            for place in compress(places, map(ne, row, old)):
                kind, value, was = forms[place], row[place], old[place]
                if kind is integer:
                    if value.__class__ is not int or not -MAX_INTEGER <= value <= MAX_INTEGER:
                        self._odd(cells, start + place, value, was)
                        continue
                    if was.__class__ is not int or not -MAX_INTEGER <= was <= MAX_INTEGER:
                        was = self.integer(was, count=False) or 0
                    add(start + place)
                    delta(value - was)
                elif kind is text:
                    step = self.text(value) - (number(was) if was.__class__ is str else 0)
                    if step:
                        add(start + place)
                        delta(step)
                elif kind is not None:
                    self._real(cells, start + place, value, was)
            if len(cells.places) > most:
                return None
        return cells

    def reals(self, changes: Sequence[Change], cells: Cells) -> None:
        """Add the changed cells of columns without a scale."""
        reals = [place for place, kind in enumerate(self._by_place) if kind is Form.REAL]
        for slot, row, old in changes:
            start = slot * self.width - self._keys
            for place in reals:
                if row[place] != old[place]:
                    self._real(cells, start + place, row[place], old[place])

    def integer(self, value: Cell, *, count: bool = True) -> int | None:
        """An integral cell; None: not known."""
        if isinstance(value, int) and -MAX_INTEGER <= value <= MAX_INTEGER:
            return int(value)
        if value is not None and count:
            reason = "integer beyond 62 bits" if isinstance(value, int) else "cell that is no integer"
            self._tally.add(self._name, reason)
        return None

    def text(self, value: Cell) -> int:
        """The number of an info cell; 0: none."""
        if isinstance(value, str):
            return self._texts.id(value)
        if value is not None:
            self._tally.add(self._name, "info cell that is no text")
        return 0

    def known_texts(self, values: Sequence[Cell]) -> list[int | None]:
        """The numbers of many info cells; None for one that has to go through `text`."""
        try:
            return list(map(self._texts.ids.get, values))  # type: ignore[arg-type]  # what is no text is not found
        except TypeError:
            return [None]

    def real(self, value: Cell, *, count: bool = True) -> float:
        """A cell without a scale; NaN: not known."""
        try:
            number = nan if value is None or isinstance(value, str) else float(value)
        except (TypeError, ValueError, OverflowError):
            number = nan
        if isfinite(number):
            return number
        if count and value is not None and not (isinstance(value, float) and isnan(value)):
            self._tally.add(self._name, "cell that is no finite number")
        return nan

    def _odd(self, cells: Cells, cell: int, value: Cell, was: Cell) -> None:
        """An integral cell whose value is no plain integer within bounds."""
        number, before = self.integer(value), self.integer(was, count=False)
        if number is None:
            if before is not None:
                cells.unknown.append(cell)
        elif number != before:
            cells.places.append(cell)
            cells.deltas.append(number - (before or 0))

    def _real(self, cells: Cells, cell: int, value: Cell, was: Cell) -> None:
        number, before = self.real(value), self.real(was, count=False)
        if number != before and not (isnan(number) and isnan(before)):
            cells.real_places.append(cell)
            cells.reals.append(number)
