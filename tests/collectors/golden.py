"""The whole collector set over a fixture machine as text: one line for each shown value, sorted."""

from __future__ import annotations

import json
import math
import shutil
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

from gobs_core import Cell, Collector, Kind, NoData, Proc, RowValues, Table
from gobs_core.plugins import load_plugins
from gobs_core.plugins.registry import Plugins
from tests.collectors.reading import MACHINES, Readings, collected, started
from tests.collectors.shown import derived_values, shown_value
from tests.machines.make import MACHINES as TREES
from tests.machines.render import TREE

SECONDS = 5.0
"""Between a machine and the same machine later."""
LATER = "-later"


def registered() -> Plugins:
    """Return every collector and inventory that collectors/pyproject.toml announces, through the real loader."""
    pyproject = MACHINES.parent.parent / "collectors" / "pyproject.toml"
    announced = tomllib.loads(pyproject.read_text())["project"]["entry-points"]["gobs"]
    return load_plugins([EntryPoint(name, value, "gobs") for name, value in announced.items()])


def golden_text(name: str, folder: Path) -> str:
    """Return what all collectors yield on a machine; on NAME-later, after they have seen NAME in the same place."""
    lay(TREES[name.removesuffix(LATER)], folder)
    with Proc(folder / "proc", folder / "sys") as proc:
        collectors = [started(cls, proc) for cls in registered().collectors.values()]
        before = {collector.name: _outcome(collector, proc) for collector in collectors}
        now = before
        if name.endswith(LATER):
            lay(TREES[name], folder)
            now = {collector.name: _outcome(collector, proc) for collector in collectors}
        blocks = [_block(collector, before[collector.name], now[collector.name]) for collector in collectors]
        for collector in collectors:
            collector.close()
    return "\n".join(blocks)


def lay(tree: TREE, folder: Path) -> None:
    """Make a folder hold exactly this machine, writing into the files there are, so that open ones show the change."""
    for file in [*folder.rglob("*")]:
        if (file.is_symlink() or file.is_file()) and not isinstance(tree.get(str(file.relative_to(folder))), bytes):
            file.unlink()
    for path, content in tree.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            file.write_bytes(content)
        else:
            file.symlink_to(content)
    proc = {path.split("/")[1] for path in tree if path.startswith("proc/")}
    for gone in {file.name for file in (folder / "proc").iterdir()} - proc:
        shutil.rmtree(folder / "proc" / gone)


def _outcome(collector: Collector, proc: Proc) -> Readings | NoData:
    try:
        return collected(collector, proc)
    except NoData as outcome:
        return outcome


def _block(collector: Collector, before: Readings | NoData, now: Readings | NoData) -> str:
    title = f"# {collector.name}\n"
    if isinstance(now, NoData):
        return f"{title}{type(now).__name__}: {now}\n"
    known = {} if isinstance(before, NoData) else {table.name: _by_key(table, rows) for table, rows in before}
    earlier = known if before is not now else {}
    lines = [f"why not known: {column}: {reason}" for column, reason in sorted(collector.unknown().items())]
    for table, rows in now:
        for key, row in sorted(_by_key(table, rows).items()):
            lines += _row(table, row, earlier.get(table.name, {}).get(key))
    return title + "\n".join(lines) + "\n"


def _by_key(table: Table, rows: tuple[RowValues, ...]) -> dict[tuple[str, ...], RowValues]:
    return {tuple(str(cell) for cell in row[: len(table.keys)]): row for row in rows}


def _row(table: Table, row: RowValues, before: RowValues | None) -> list[str]:
    keys = " ".join(f"{column.name}={_text(cell)}" for column, cell in zip(table.keys, row, strict=False))
    name = f"{table.name}{{{keys}}}" if keys else table.name
    shown: dict[str, str] = {}
    for column, cell in zip(table.stored, row, strict=True):
        if column.kind is Kind.INFO and cell is not None:
            shown[column.name] = _text(cell)
        elif column.numeric:
            shown[column.name] = _number(shown_value(table, column.name, cell))
    shown |= {column: _number(value) for column, value in derived_values(table, before, row, seconds=SECONDS).items()}
    known = [f"{name} {column} = {value}" for column, value in shown.items() if value]
    unknown = [column.name for column in table.columns if column.kind is not Kind.KEY and not shown.get(column.name)]
    return [*known, f"{name} not known: {' '.join(unknown)}"] if unknown else known


def _text(cell: Cell) -> str:
    return json.dumps(cell)


def _number(value: float) -> str:
    """Return the number in short; nothing when it is not known."""
    return "" if math.isnan(value) else f"{value:.12g}"
