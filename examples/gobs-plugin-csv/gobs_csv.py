"""CSV: a file for each table, with a header and a line for every row, for a spreadsheet or a notebook."""

import asyncio
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from gobs_core import Cell, Frame, Sink, SinkConfig, Table, hookimpl


class CsvConfig(SinkConfig, frozen=True, kw_only=True):
    """Settings under `[sinks.csv]`."""

    folder: str
    """Where the files are, one for each table."""
    tables: tuple[str, ...] = ()
    """The tables that are kept; empty: all."""


class CsvSink(Sink):
    """Writes in a thread, so that a slow disk delays nobody."""

    name = "csv"
    Config: ClassVar[type[CsvConfig]] = CsvConfig
    config: CsvConfig

    async def send(self, frame: Frame) -> None:
        """Add one frame; what this raises loses the frame, counted and shown."""
        await asyncio.to_thread(self._write, frame)

    def _write(self, frame: Frame) -> None:
        folder = Path(self.config.folder)
        folder.mkdir(parents=True, exist_ok=True)
        for table, rows, _ in frame.readings:
            if self.config.tables and table.name not in self.config.tables:
                continue
            # A table's name is letters, digits and _, so that it is a file's name as it is.
            with (folder / f"{table.name}.csv").open("a", encoding="utf-8", errors="replace", newline="") as file:
                writer = csv.writer(file)
                if file.tell() == 0:
                    writer.writerow(["time", "node", *(column.name for column in table.stored)])
                for row in rows:
                    writer.writerow([frame.wall_ns / 1e9, self.source.node, *shown(table, row)])


def shown(table: Table, row: tuple[Cell, ...]) -> Iterator[Cell]:
    """The row as people read it: numbers times their scale, counters as they stand, nothing for what is not known.

    A text that a spreadsheet would take for a formula is kept from being one.
    """
    for column, cell in zip(table.stored, row, strict=True):
        if isinstance(cell, str):
            yield f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
        else:
            yield cell * column.scale if cell is not None and column.scale not in (None, 1) else cell


@hookimpl
def gobs_register_sinks() -> list[type[Sink]]:
    """Announce the sink."""
    return [CsvSink]
