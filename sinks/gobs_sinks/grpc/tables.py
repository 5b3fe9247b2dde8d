"""One table as it was last sent: takes a reading and tells, as TableFrames, what the peer has to change."""

from __future__ import annotations

from collections.abc import Iterable

from gobs_core import Reading, RowValues, Table
from gobs_proto.gobs_pb2 import TableFrame
from gobs_sinks.grpc.cells import Cells, Coder, Form
from gobs_sinks.grpc.columns import Columns
from gobs_sinks.grpc.pieces import table_frames
from gobs_sinks.grpc.rows import Budget, Change, Moves, Slots
from gobs_sinks.grpc.tally import Tally
from gobs_sinks.grpc.texts import Texts


class TableState:
    """What both ends know of one table. Lives as long as the run."""

    def __init__(self, place: int, table: Table, texts: Texts, tally: Tally, budget: Budget) -> None:
        self.place = place
        self.table = table
        self.read = False
        """Whether there has been a reading."""
        self.read_ns = 0
        self._texts = texts
        self._slots = Slots(table, tally, budget)
        self._coder = Coder(table, texts, tally)
        self._columns = Columns(self._coder, len(table.keys))
        self._infos = [len(table.keys) + at for at, kind in enumerate(self._coder.forms) if kind is Form.TEXT]

    def take(self, reading: Reading) -> Moves:
        """Take a reading."""
        self.read, self.read_ns = True, reading.read_ns
        return self._slots.move(reading.rows)

    def changes(self, moves: Moves, frame_ns: int, limit: int) -> list[TableFrame]:
        """What changed with the reading just taken."""
        coder = self._coder
        gone, new, changed = moves
        live = len(self._slots)
        cells = coder.sparse(changed, live * coder.packed // 4)
        if cells is None:
            cells = self._changed_columns(changed)
        return self._frames(gone, new, cells, frame_ns, limit)

    def whole(self, frame_ns: int, limit: int) -> list[TableFrame]:
        """Every row from nothing."""
        live = self._slots.live()
        return self._frames([], [slot for slot, _ in live], self._columns.whole(live), frame_ns, limit)

    def texts(self) -> Iterable[str]:
        """Every text an info cell of a live row has."""
        rows = [row for _, row in self._slots.live()]
        return {cell for place in self._infos for row in rows if isinstance(cell := row[place], str)}

    def keys(self) -> Iterable[str]:
        """Every text a key of a live row has."""
        return {str(part) for _, row in self._slots.live() for part in self._key(row)}

    def _changed_columns(self, changed: list[Change]) -> Cells:
        olds = {change.slot: change.old for change in changed}
        live = self._slots.live()
        cells = self._columns.changed(live, [olds.get(slot, row) for slot, row in live])
        self._coder.reals(changed, cells)
        return cells

    def _frames(self, gone: list[int], new: list[int], cells: Cells, frame_ns: int, limit: int) -> list[TableFrame]:
        key = self._texts.key
        rows = self._slots.rows
        keys = [[key(str(part)) for part in self._key(row)] for slot in new if (row := rows[slot]) is not None]
        return table_frames(self.place, self.read_ns - frame_ns, gone, new, keys, cells, limit)

    def _key(self, row: RowValues) -> RowValues:
        return row[: len(self.table.keys)]
