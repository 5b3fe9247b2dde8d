"""A small encoder, written from the comments in gobs.proto alone, for tests that need frames without an agent."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from gobs_core import Cell, Kind, Table
from gobs_proto import gobs_pb2 as pb

Row = tuple[Cell, ...]
Key = tuple[str, ...]
Rows = Mapping[Any, Row]
"""Key -> cells."""

_KINDS = {
    Kind.KEY: pb.ColumnSchema.KEY,
    Kind.COUNTER: pb.ColumnSchema.COUNTER,
    Kind.GAUGE: pb.ColumnSchema.GAUGE,
    Kind.DERIVED: pb.ColumnSchema.DERIVED,
    Kind.INFO: pb.ColumnSchema.INFO,
}


def schema_of(table: Table) -> pb.TableSchema:
    """Return a table's declaration as it travels."""
    made = pb.TableSchema(name=table.name, help=table.help)
    for column in table.columns:
        made.columns.add(
            name=column.name,
            kind=_KINDS[column.kind],
            help=column.help,
            unit=column.unit,
            scale=column.scale or 0,
            expression=column.expression.text if column.expression else "",
        )
    if table.total is not None:
        made.total_column = table.total.column
        made.total_values.extend(sorted(table.total.values))
    return made


def hello_of(*tables: Table, node: str = "n1", run: str = "run-1", **more: object) -> pb.Hello:
    """Return a Hello with those tables."""
    said = pb.Hello(protocol=1, node=node, run=run, boot_id="boot-1", agent_version="0.1.0", interval_ms=1000)
    said.tables.extend(schema_of(table) for table in tables)
    for name, value in more.items():
        setattr(said, name, value)
    return said


class Sender:
    """One run of an agent: turns what its tables hold into frames."""

    def __init__(self, *tables: Table) -> None:
        self.tables = tables
        self.sequence = 0
        self.monotonic_ns = 10**12
        self.wall_ns = 1_700_000_000 * 10**9
        self._ids: dict[str, int] = {}
        self._known: set[int] = set()
        self._slots: list[dict[tuple[str, ...], int]] = [{} for _ in tables]
        self._cells: list[dict[tuple[str, ...], Row]] = [{} for _ in tables]

    def frame(self, *rows: Rows | None, keyframe: bool = False, seconds: float = 1.0, gap: int = 1) -> pb.Frame:
        """Return the next frame, `seconds` after the one before; None for a table that was not read."""
        keyframe = keyframe or self.sequence == 0
        self.sequence += gap
        self.monotonic_ns += round(seconds * 1e9)
        self.wall_ns += round(seconds * 1e9)
        frame = pb.Frame(
            sequence=self.sequence, wall_ns=self.wall_ns, monotonic_ns=self.monotonic_ns, keyframe=keyframe
        )
        if keyframe:
            self._known.clear()
        news: dict[int, str] = {}
        for place, found in enumerate(rows):
            held: Rows | None = self._cells[place] if found is None and keyframe else found
            if held is not None:
                frame.tables.append(self._table(place, dict(held), keyframe, news))
        before = 0
        for number in sorted(news):
            frame.texts.id_gaps.append(number - before)
            frame.texts.texts.append(news[number])
            before = number
        return frame

    def _table(
        self, place: int, rows: dict[tuple[str, ...], Row], keyframe: bool, news: dict[int, str]
    ) -> pb.TableFrame:
        table, slots, old = self.tables[place], self._slots[place], self._cells[place]
        made = pb.TableFrame(table=place)
        if not keyframe:
            for key in [key for key in old if key not in rows]:
                made.gone.append(slots.pop(key))
        before = {} if keyframe else {key: row for key, row in old.items() if key in rows}
        for key in rows:
            if key not in slots:
                slots[key] = next(n for n in range(len(slots) + 1) if n not in slots.values())
            if key not in before:
                made.new.append(slots[key])
                made.keys.extend(self._text(part, news) for part in key)
                before[key] = tuple(None if c.kind is Kind.INFO else 0 for c in table.cells)
        if keyframe:
            for key in [key for key in slots if key not in rows]:
                del slots[key]
        self._changes(made, table, before, rows, slots, news)
        self._cells[place] = rows
        return made

    def _changes(
        self,
        made: pb.TableFrame,
        table: Table,
        before: Rows,
        rows: Rows,
        slots: Mapping[tuple[str, ...], int],
        news: dict[int, str],
    ) -> None:
        width = len(table.cells)
        deltas: dict[int, int] = {}
        reals: dict[int, float] = {}
        unknown: list[int] = []
        for key, row in rows.items():
            for at, (column, was, now) in enumerate(zip(table.cells, before[key], row, strict=True)):
                cell = slots[key] * width + at
                if column.kind is Kind.INFO:
                    delta = self._text(now, news) - self._text(was, news)
                    if delta:
                        deltas[cell] = delta
                elif not column.integral:
                    if not _same(was, now):
                        reals[cell] = math.nan if now is None else float(now)
                elif now is None:
                    if was is not None:
                        unknown.append(cell)
                elif was is None or now != was:
                    deltas[cell] = int(now) - int(was or 0)
        made.gaps.extend(_gaps(sorted(deltas)))
        made.deltas.extend(deltas[cell] for cell in sorted(deltas))
        made.real_gaps.extend(_gaps(sorted(reals)))
        made.reals.extend(reals[cell] for cell in sorted(reals))
        made.unknown_gaps.extend(_gaps(sorted(unknown)))

    def _text(self, text: Cell, news: dict[int, str]) -> int:
        if text is None:
            return 0
        number = self._ids.setdefault(str(text), len(self._ids) + 1)
        if number not in self._known:
            self._known.add(number)
            news[number] = str(text)
        return number


def _same(was: Cell, now: Cell) -> bool:
    return was is now if was is None or now is None else float(was) == float(now)


def _gaps(cells: Sequence[int]) -> list[int]:
    return [cell - before for before, cell in zip([0, *cells], cells, strict=False)]
