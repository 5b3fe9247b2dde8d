"""Whether the rows a collector yields are what it declared; what was checked once is not checked again."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, islice
from operator import is_, itemgetter
from types import NoneType
from typing import Any

from gobs_core.errors import DeclarationError
from gobs_core.table import MAX_ROWS, Cell, Column, Kind, Rows, RowValues, Table
from gobs_core.yields import Yields

MAX_TEXT = 1024
"""Bytes a text may have in UTF-8."""

_TEXT, _INTEGER, _REAL = "a text", "a whole number", "a number"
_ALLOWED: dict[str, set[type]] = {_TEXT: {str, NoneType}, _INTEGER: {int, NoneType}, _REAL: {int, float, NoneType}}


class TableCheck:
    """Checks the rows of one table.

    Keeps the rows of the last tick: those that come again, as the very same objects, are known to be good.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self._good: tuple[RowValues, ...] = ()
        self._key = itemgetter(*range(len(table.keys))) if table.keys else None
        stored = list(enumerate(table.stored))
        self._keys = _picker([place for place, column in stored if column.kind is Kind.KEY])
        self._texts = _picker([place for place, column in stored if column.kind is Kind.INFO])
        self._integers = _picker([place for place, column in stored if column.numeric and column.integral])
        self._reals = _picker([place for place, column in stored if column.numeric and not column.integral])

    def check(self, rows: tuple[RowValues, ...]) -> tuple[RowValues, ...]:
        """Return the rows; raises DeclarationError naming table and column of the first that is bad."""
        good = self._good
        if len(rows) == len(good) and all(map(is_, rows, good)):
            return good
        known = set(map(id, good))
        fresh = [row for row in rows if id(row) not in known]
        if fresh and not self._sound(fresh):
            self._find_fault(fresh)
        self._check_keys(rows)
        self._good = rows
        return rows

    def _sound(self, rows: Sequence[Any]) -> bool:
        """Whether all cells are as declared: all of one type at once, since most rows are and there are many."""
        if set(map(type, rows)) != {tuple} or set(map(len, rows)) != {len(self.table.stored)}:
            return False
        keys, texts, integers, reals = (
            list(chain.from_iterable(map(pick, rows)))
            for pick in (self._keys, self._texts, self._integers, self._reals)
        )
        return not (
            (keys and set(map(type, keys)) != {str})
            or _fault_of(_TEXT, keys)
            or _fault_of(_TEXT, texts)
            or _fault_of(_INTEGER, integers)
            or _fault_of(_REAL, reals)
        )

    def _find_fault(self, rows: Sequence[Any]) -> None:
        """Go through the columns one by one, and raise for the first that is not as declared."""
        columns = self.table.stored
        for row in rows:
            if not isinstance(row, tuple) or len(row) != len(columns):
                raise self._bad(f"expected rows of {len(columns)} cells, got {_size(row)}: {row!r:.200}")
        for column, cells in zip(columns, zip(*rows, strict=True), strict=True):
            fault = _fault(column, cells)
            if fault:
                raise self._bad(fault, column)

    def _check_keys(self, rows: tuple[RowValues, ...]) -> None:
        if self._key is None:
            if len(rows) > 1:
                raise self._bad(f"expected one row, since it has no key columns, got {len(rows)}")
            return
        if len(set(map(self._key, rows))) == len(rows):
            return
        seen: set[object] = set()
        for key in map(self._key, rows):
            if key in seen:
                raise self._bad(f"key {key!r:.200} comes twice", self.table.keys[0])
            seen.add(key)

    def _bad(self, fault: str, column: Column | None = None) -> DeclarationError:
        where = f"table {self.table.name!r}" + (f", column {column.name!r}" if column else "")
        return DeclarationError(f"{where}: {fault}")


class RowCheck:
    """Checks everything one collector yields at a tick."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self._checks = {table.name: TableCheck(table) for table in tables}

    def check(self, yielded: Iterable[Rows]) -> list[tuple[Table, tuple[RowValues, ...]]]:
        """The rows of every table declared, none for one that was not yielded; raises DeclarationError.

        Which line of a generator yielded what is bad is noted with the error, as a traceback has it.
        """
        found: dict[str, list[RowValues]] = {name: [] for name in self._checks}
        yields = Yields(yielded)
        for batches, item in enumerate(yielded):
            yields.note()
            if fault := self._fault(item):
                raise yields.placed(DeclarationError(fault))
            table, rows = item
            yields.begin(table.name, len(found[table.name]))
            found[table.name] += islice(rows, MAX_ROWS + 1)
            if batches >= MAX_ROWS * len(found) or len(found[table.name]) > MAX_ROWS:
                raise yields.placed(DeclarationError(f"table {table.name!r}: more than {MAX_ROWS} rows at one tick"))
        return [(check.table, _rows(check, tuple(found[name]), yields)) for name, check in self._checks.items()]

    def _fault(self, item: object) -> str:
        """What is wrong with something that was yielded, before its rows are looked at."""
        if not isinstance(item, Rows):
            return f"expected rows made by a table, got {item!r:.200}"
        table, rows = item
        known = self._checks.get(getattr(table, "name", ""))
        if known is None or (known.table is not table and known.table != table):
            return f"table {getattr(table, 'name', table)!r} is not declared in `tables`"
        return _iterable_fault(table, rows)


def _iterable_fault(table: Table, rows: object) -> str:
    return "" if isinstance(rows, Iterable) else f"table {table.name!r}: expected rows, got {rows!r:.200}"


def _rows(check: TableCheck, rows: tuple[RowValues, ...], yields: Yields) -> tuple[RowValues, ...]:
    try:
        return check.check(rows)
    except DeclarationError as error:
        for part, line in yields.parts(check.table.name, rows):
            try:
                TableCheck(check.table).check(part)
            except DeclarationError:
                raise yields.placed(error, line) from None
        raise yields.placed(error) from None


def _size(row: object) -> str:
    return f"{len(row)} cells" if isinstance(row, tuple) else f"a {type(row).__name__}"


def _picker(places: list[int]) -> Callable[[Any], tuple[Cell, ...]]:
    """Make what takes these cells of a row."""
    if len(places) == 1:
        place = places[0]
        return lambda row: (row[place],)
    return itemgetter(*places) if places else lambda _: ()


def _fault(column: Column, cells: tuple[Cell, ...]) -> str:
    """Say what is wrong with the cells of a column, or nothing."""
    if column.kind is Kind.KEY:
        bad = [cell for cell in cells if type(cell) is not str]
        return f"expected {_TEXT}, got {bad[0]!r:.200}" if bad else _fault_of(_TEXT, cells)
    return _fault_of(_TEXT if not column.numeric else _INTEGER if column.integral else _REAL, cells)


def _fault_of(wanted: str, cells: Sequence[Cell]) -> str:
    kinds = set(map(type, cells))
    if not kinds <= _ALLOWED[wanted]:
        bad = next(cell for cell in cells if type(cell) not in _ALLOWED[wanted])
        return f"expected {wanted} or None, got {bad!r:.200}"
    known: Any = [cell for cell in cells if cell is not None] if NoneType in kinds else cells
    return _text_fault(known) if wanted is _TEXT else _number_fault(known, wanted)


def _text_fault(texts: Sequence[str]) -> str:
    if all(map(str.isascii, texts)):
        longest = max(map(len, texts), default=0)
    else:
        try:
            longest = max(len(text.encode()) for text in texts)
        except UnicodeEncodeError as error:
            return f"expected text that can be written as UTF-8, got {error.object!r:.200}"
    return f"expected at most {MAX_TEXT} bytes of text, got {longest}" if longest > MAX_TEXT else ""


def _number_fault(numbers: Any, wanted: str) -> str:
    try:
        packed: array[int] | array[float] = array("q" if wanted is _INTEGER else "d", numbers)
    except OverflowError:
        return "expected a number that fits in 64 bits, got a larger one"
    if wanted is _REAL and (math.inf in packed or -math.inf in packed):
        return "expected a finite number, got an infinity"
    return ""
