"""Runs a collector over a folder as the agent does: every row checked against its declaration, shown by column name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from gobs_core import Cell, Collector, Context, Proc, RowValues, Table
from gobs_core.rowcheck import RowCheck

MACHINES = Path(__file__).parent.parent / "machines"
Readings = list[tuple[Table, tuple[RowValues, ...]]]


def tree(root: Path, files: Mapping[str, bytes | str]) -> Proc:
    """Write files (bytes) and links (str) below proc/ and sys/, and return the machine they make."""
    (root / "proc").mkdir(exist_ok=True)
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            file.write_bytes(content)
        else:
            file.symlink_to(content)
    return Proc(root / "proc", root / "sys")


def machine(name: str) -> Proc:
    """Return a fixture machine."""
    return Proc(MACHINES / name / "proc", MACHINES / name / "sys")


def started(cls: type[Collector], proc: Proc) -> Collector:
    """Return the collector, opened with its default settings."""
    collector = cls(cls.Config(), Context())
    collector.open(proc)
    return collector


def collected(collector: Collector, proc: Proc) -> Readings:
    """Return what it yields, after the agent's own check."""
    return RowCheck(collector.tables).check(collector.collect(proc))


def read(cls: type[Collector], proc: Proc) -> dict[str, list[dict[str, Cell]]]:
    """Return the rows of every table of a collector that is started, read once and closed."""
    collector = started(cls, proc)
    try:
        return {table.name: named(table, rows) for table, rows in collected(collector, proc)}
    finally:
        collector.close()
        proc.close()


def named(table: Table, rows: Iterable[RowValues]) -> list[dict[str, Cell]]:
    """Return rows as cells by column name."""
    return [{column.name: cell for column, cell in zip(table.stored, row, strict=True)} for row in rows]


def column(rows: list[dict[str, Cell]], key: str, name: str) -> dict[Cell, Cell]:
    """Return one column by key."""
    return {row[key]: row[name] for row in rows}
