"""Which line of a collector's own file yielded what: for the error that tells of bad rows."""

from __future__ import annotations

from collections.abc import Iterator
from types import GeneratorType
from typing import TypeAlias, TypeVar

from gobs_core.table import RowValues

Line: TypeAlias = tuple[str, int, str]
"""File, line, function."""
Error = TypeVar("Error", bound=Exception)


class Yields:
    """Follows one reading; of what is no generator it knows nothing."""

    def __init__(self, yielded: object) -> None:
        self._yielded = yielded if isinstance(yielded, GeneratorType) else None
        self._since: dict[str, list[tuple[int, Line]]] = {}
        self._last: Line | None = None
        self._at = -1

    def note(self) -> None:
        """Note where it stands now, right after it has yielded."""
        outer = self._yielded
        if outer is None:
            return
        frame = outer.gi_frame if outer.gi_yieldfrom is None else None
        at = -1 if frame is None else frame.f_lasti
        if at < 0 or at != self._at:  # most yield again and again at the same place
            self._at, self._last = at, _line(outer)

    def begin(self, table: str, place: int) -> None:
        """Note that the rows of a table from this one on were yielded there."""
        since = self._since.setdefault(table, [])
        if self._last is not None and (not since or since[-1][1] is not self._last):
            since.append((place, self._last))

    def parts(self, table: str, rows: tuple[RowValues, ...]) -> Iterator[tuple[tuple[RowValues, ...], Line]]:
        """Yield the rows of a table by the line that yielded them."""
        since = self._since.get(table, [])
        ends = [*(place for place, _ in since[1:]), len(rows)]
        for (place, line), end in zip(since, ends, strict=False):  # nothing is known of what was no generator
            yield rows[place:end], line

    def placed(self, error: Error, line: Line | None = None) -> Error:
        """The error with that line, or the last, as a note."""
        if (line := line or self._last) is not None:
            file, number, function = line
            error.add_note(f'  File "{file}", line {number}, in {function}')
        return error


def _line(outer: GeneratorType[object, object, object]) -> Line:
    """Where a generator stands, or within the same file what it yields from."""
    found = outer
    inner = outer.gi_yieldfrom
    while isinstance(inner, GeneratorType):
        if inner.gi_code.co_filename == outer.gi_code.co_filename:
            found = inner
        inner = inner.gi_yieldfrom
    code, frame = found.gi_code, found.gi_frame
    return code.co_filename, code.co_firstlineno if frame is None else frame.f_lineno, code.co_name
