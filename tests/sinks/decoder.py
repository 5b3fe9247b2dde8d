"""A slow reference decoder, written from the comments in gobs.proto alone."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gobs_core import Table
from gobs_proto import gobs_pb2

Shown = dict[tuple[str, ...], tuple[str | int | float | None, ...]]
"""Key -> cells."""


@dataclass
class _Row:
    key: tuple[int, ...]
    cells: list[int | float | None]


@dataclass
class Decoder:
    """What a peer knows after some frames."""

    tables: tuple[Table, ...]
    texts: dict[int, str] = field(default_factory=dict)
    rows: list[dict[int, _Row]] = field(default_factory=list)
    read_ns: dict[int, int] = field(default_factory=dict)
    sequences: list[int] = field(default_factory=list)
    resent: list[str] = field(default_factory=list)
    """Texts that came although they were known."""
    _open: bool = False

    def __post_init__(self) -> None:
        self.rows = [{} for _ in self.tables]

    def take(self, frame: gobs_pb2.Frame) -> None:
        """Apply one part."""
        if frame.keyframe and not self._open:
            self.rows = [{} for _ in self.tables]
            self.read_ns = {}
        self._open = frame.more
        assert frame.keyframe or self.sequences, "the first frame has to be a keyframe"
        self._take_texts(frame.texts)
        for table in frame.tables:
            self.read_ns[table.table] = frame.monotonic_ns + table.read_offset_ns
            self._take_table(table)
        if not frame.more:
            assert not self.sequences or frame.sequence > self.sequences[-1]
            self.sequences.append(frame.sequence)
            if frame.keyframe:
                self._forget()

    def _take_texts(self, texts: gobs_pb2.Texts) -> None:
        number = 0
        known = set(self.texts.values()) if texts.texts else set()
        for gap, text in zip(texts.id_gaps, texts.texts, strict=True):
            number += gap
            assert gap > 0
            assert number not in self.texts, f"{text!r} was sent before"
            if text in known:
                self.resent.append(text)
            self.texts[number] = text

    def _take_table(self, frame: gobs_pb2.TableFrame) -> None:
        table, rows = self.tables[frame.table], self.rows[frame.table]
        width, keys = len(table.cells), len(table.keys)
        for slot in frame.gone:
            del rows[slot]
        assert len(frame.keys) == keys * len(frame.new)
        for at, slot in enumerate(frame.new):
            assert slot not in rows
            rows[slot] = _Row(tuple(frame.keys[at * keys : (at + 1) * keys]), [0] * width)
        for dense in frame.dense:
            self._take_dense(table, rows, dense)
        for cell, delta in zip(_sums(frame.gaps), frame.deltas, strict=True):
            row = rows[cell // width]
            row.cells[cell % width] = (row.cells[cell % width] or 0) + delta
            assert _packed(table, cell % width)
        for cell, real in zip(_sums(frame.real_gaps), frame.reals, strict=True):
            rows[cell // width].cells[cell % width] = None if math.isnan(real) else real
            assert not _packed(table, cell % width)
        for cell in _sums(frame.unknown_gaps):
            assert table.cells[cell % width].integral
            rows[cell // width].cells[cell % width] = None

    def _take_dense(self, table: Table, rows: dict[int, _Row], dense: gobs_pb2.Dense) -> None:
        live = [rows[slot] for slot in sorted(rows)]
        columns = [place for place in range(dense.first, dense.first + dense.columns) if _packed(table, place)]
        deltas = iter(dense.deltas)
        for place in columns:
            before = 0
            for at, row in enumerate(live):
                delta = next(deltas) if at == 0 or not dense.even else before
                if dense.along:
                    delta += before
                before = delta
                row.cells[place] = (row.cells[place] or 0) + delta
        assert next(deltas, None) is None

    def _forget(self) -> None:
        used = {part for rows in self.rows for row in rows.values() for part in row.key}
        for table, rows in zip(self.tables, self.rows, strict=True):
            for place, column in enumerate(table.cells):
                if not column.numeric:
                    used.update(int(row.cells[place] or 0) for row in rows.values())
        self.texts = {number: text for number, text in self.texts.items() if number in used}

    def shown(self) -> dict[str, Shown]:
        """Every table that was ever read: key -> cells as the collector gave them."""
        return {self.tables[place].name: self._shown(place) for place in self.read_ns}

    def _shown(self, place: int) -> Shown:
        table = self.tables[place]
        shown: Shown = {}
        for row in self.rows[place].values():
            cells = [
                cell if column.numeric else self.texts[int(cell or 0)] if cell else None
                for column, cell in zip(table.cells, row.cells, strict=True)
            ]
            shown[tuple(self.texts[part] for part in row.key)] = tuple(cells)
        assert len(shown) == len(self.rows[place])
        return shown


def _packed(table: Table, place: int) -> bool:
    column = table.cells[place]
    return column.integral or not column.numeric


def _sums(gaps: Iterable[int]) -> Iterator[int]:
    total = 0
    for at, gap in enumerate(gaps):
        assert gap > 0 or at == 0, "cells ascend"
        total += gap
        yield total


def unpack(data: bytes) -> Iterator[gobs_pb2.Frame]:
    """The frames of a segment."""
    raw, at = zlib.decompress(data), 0
    while at < len(raw):
        length = shift = 0
        while True:
            byte = raw[at]
            at += 1
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        yield gobs_pb2.Frame.FromString(raw[at : at + length])
        at += length
