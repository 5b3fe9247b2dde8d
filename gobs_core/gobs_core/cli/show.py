"""What was read as tables for people, or as JSON lines for programs."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping

import msgspec

from gobs_core.cli.figures import figure, number
from gobs_core.cli.grid import grid
from gobs_core.cli.readings import Result
from gobs_core.frame import Reading
from gobs_core.plugins.places import place_told, written
from gobs_core.shown import Shown, derived, key_of, levels, rates
from gobs_core.table import Cell, Column, Kind, Table
from gobs_core.text import escape, one_line
from gobs_core.units import UNIT_NAMES, Unit

UNKNOWN = "-"
_WRITTEN_WITH = (Unit.BYTES, Unit.SECONDS)
"""Units that stand beside each value, not in the header."""


def show(results: list[Result], *, as_json: bool) -> None:
    """Write everything to standard output."""
    for result in results:
        twice = bool(result.before)
        for after in result.after:
            before = next((reading for reading in result.before if reading.table is after.table), None)
            rows = list(_rows(before, after))
            if as_json:
                sys.stdout.writelines(_json(after.table, level, rate, worked) for level, rate, worked in rows)
            else:
                sys.stdout.write("\n".join(_table(after.table, rows, rated=twice)) + "\n\n")
        if result.state.state != "ok":
            sys.stdout.flush()
            where = escape(written(place_told(result.state.trace)))
            sys.stderr.write(f"{result.state.name}: {result.state.state}: {result.state.error}{where}\n")
        elif not as_json:
            for reason, columns in _by_reason(result.state.unknown).items():
                verb = "is" if len(columns) == 1 else "are"
                sys.stdout.write(f"{', '.join(map(one_line, columns))} {verb} not known: {reason}\n")


def _by_reason(unknown: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for column, reason in unknown.items():
        found.setdefault(reason, []).append(column)
    return found


def _rows(before: Reading | None, after: Reading) -> Iterator[tuple[Shown, Shown, Shown]]:
    table = after.table
    old = {} if before is None else {key_of(table, row): row for row in before.rows}
    seconds = 0.0 if before is None else (after.read_ns - before.read_ns) / 1e9
    for row in after.rows:
        level = levels(table, row)
        rate = rates(table, old.get(key_of(table, row)), row, seconds)
        yield level, rate, derived(table, level, rate)


def _json(table: Table, level: Shown, rate: Shown, worked: Shown) -> str:
    keys = {column.name: level[column.name] for column in table.keys}
    values = {column.name: level[column.name] for column in table.cells}
    known = {name: value for name, value in rate.items() if value is not None}
    row = {"table": table.name, "key": keys, "values": values | worked, "rates": known}
    return msgspec.json.encode(row).decode() + "\n"


def _table(table: Table, rows: list[tuple[Shown, Shown, Shown]], *, rated: bool) -> list[str]:
    title = f"{table.name}: {table.help}"
    if not rows:
        return [title, "  no rows"]
    texts = [[_text(column, found, rated=rated) for column in table.columns] for found in rows]
    header = [_header(column, rated=rated) for column in table.columns]
    width = shutil.get_terminal_size().columns - 2 if sys.stdout.isatty() else None
    if len(rows) == 1:
        lines = grid(("", ""), list(zip(header, texts[0], strict=True)))[1:]
    else:
        lines = grid(header, texts, keys=len(table.keys), width=width)
    return [title, *(f"  {line}" for line in lines)]


def _header(column: Column, *, rated: bool) -> str:
    if column.unit in _WRITTEN_WITH and not (rated and column.kind is Kind.COUNTER and column.unit is Unit.SECONDS):
        return column.name
    names = UNIT_NAMES[column.unit]
    unit = names.rate_symbol if rated and column.kind is Kind.COUNTER else names.symbol
    return f"{column.name} {unit}".strip()


def _text(column: Column, found: tuple[Shown, Shown, Shown], *, rated: bool) -> str:
    level, rate, worked = found
    if column.kind is Kind.DERIVED:
        return _cell(worked[column.name], column.unit)
    if rated and column.kind is Kind.COUNTER:
        value = rate[column.name]
        if column.unit is Unit.SECONDS and isinstance(value, int | float):
            return number(value * 100)
        return _cell(value, column.unit, "/s" if column.unit is Unit.BYTES else "")
    return _cell(level[column.name], column.unit)


def _cell(value: Cell, unit: Unit, per: str = "") -> str:
    if value is None:
        return UNKNOWN
    return value if isinstance(value, str) else figure(value, unit) + per
