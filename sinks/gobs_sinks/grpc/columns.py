"""Whole columns: what a keyframe states, and what is sent when much of a table changed at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from operator import sub
from typing import TypeVar

from gobs_core import Cell, RowValues
from gobs_proto.limits import MAX_INTEGER
from gobs_sinks.grpc.cells import Cells, Coder, Form, Span

_INT = {int}
_Number = TypeVar("_Number", int, float)


class Columns:
    """The cells of one table column by column. Lives as long as the run."""

    def __init__(self, coder: Coder, keys: int) -> None:
        self._coder = coder
        self._keys = keys

    def whole(self, live: Sequence[tuple[int, RowValues]]) -> Cells:
        """Every live row from nothing, in the order of slots."""
        cells = Cells()
        for place, values in self._columns([row for _, row in live]):
            if self._coder.forms[place] is Form.REAL:
                self._reals(cells, place, live, values)
            else:
                numbers, unknown = self._numbers(place, values)
                _dense(cells.dense, place, numbers)
                cells.unknown += [live[at][0] * self._coder.width + place for at in unknown]
        cells.unknown.sort()
        return _ascending(cells)

    def changed(self, live: Sequence[tuple[int, RowValues]], old: Sequence[RowValues]) -> Cells:
        """What became of `old`, the same rows in the same order: a column in which little changed cell by cell."""
        cells, width = Cells(), self._coder.width
        before = dict(self._columns(old))
        for place, values in self._columns([row for _, row in live]):
            if values == before[place] or self._coder.forms[place] is Form.REAL:
                continue
            numbers, unknown = self._numbers(place, values)
            was, absent = self._numbers(place, before[place], count=False)
            steps = list(map(sub, numbers, was))
            known = set(absent).difference(unknown)
            if (len(steps) - steps.count(0) + len(known)) * 4 > len(live):
                _dense(cells.dense, place, steps, every=bool(known))
                cells.unknown += [live[at][0] * width + place for at in unknown]
            else:
                gone = set(unknown)
                cells.unknown += [live[at][0] * width + place for at in gone.difference(absent)]
                for at in (at for at, step in enumerate(steps) if (step or at in known) and at not in gone):
                    cells.places.append(live[at][0] * width + place)
                    cells.deltas.append(steps[at])
        cells.unknown.sort()
        return _ascending(cells)

    def _columns(self, rows: Sequence[RowValues]) -> enumerate[tuple[Cell, ...]]:
        return enumerate(islice(zip(*rows, strict=True), self._keys, None))

    def _numbers(self, place: int, values: tuple[Cell, ...], *, count: bool = True) -> tuple[list[int], list[int]]:
        """The integers that stand for a column, and at which rows none is known."""
        if self._coder.forms[place] is Form.TEXT:
            numbers = self._coder.known_texts(values)
            return (list(map(self._coder.text, values)) if None in numbers else numbers), []  # type: ignore[return-value]  # no None
        if set(map(type, values)) == _INT and max(values) <= MAX_INTEGER and min(values) >= -MAX_INTEGER:  # type: ignore[type-var,operator]  # all int
            return list(values), []  # type: ignore[arg-type]  # all int
        integer = self._coder.integer
        found = [integer(value, count=count) for value in values]
        return [number or 0 for number in found], [at for at, number in enumerate(found) if number is None]

    def _reals(self, cells: Cells, place: int, live: Sequence[tuple[int, RowValues]], values: tuple[Cell, ...]) -> None:
        for (slot, _), value in zip(live, values, strict=True):
            number = self._coder.real(value)
            if number != 0:
                cells.real_places.append(slot * self._coder.width + place)
                cells.reals.append(number)


def _dense(spans: list[Span], place: int, steps: list[int], *, every: bool = False) -> None:
    """Add a column in its smallest form; one in which nothing changes only if `every` cell must be named."""
    even = steps.count(steps[0]) == len(steps)
    if even and not steps[0] and not every:
        return
    column, along = (steps[:1], False) if even else _shorter(steps)
    last = spans[-1] if spans else None
    if last and last.first + len(last.columns) == place and (last.even, last.along) == (even, along):
        last.columns.append(column)
    else:
        spans.append(Span(place, [column], even, along))


def _shorter(steps: list[int]) -> tuple[list[int], bool]:
    along = list(map(sub, steps, [0, *steps[:-1]]))
    if _size(along) * 10 < _size(steps) * 9 and -(1 << 63) <= min(along) <= max(along) < 1 << 63:
        return along, True
    return steps, False


def _size(numbers: list[int]) -> int:
    """About how many bits the numbers take, at least a byte's worth each."""
    return sum(map(int.bit_length, numbers)) + 8 * len(numbers)


def _ascending(cells: Cells) -> Cells:
    if cells.places:
        cells.places, cells.deltas = _sorted(cells.places, cells.deltas)
    if cells.real_places:
        cells.real_places, cells.reals = _sorted(cells.real_places, cells.reals)
    return cells


def _sorted(places: list[int], values: list[_Number]) -> tuple[list[int], list[_Number]]:
    pairs = sorted(zip(places, values, strict=True))
    return [place for place, _ in pairs], [value for _, value in pairs]
