"""Which rows of a table are shown, and in which order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gobs_core import Column, Kind, Unit
from gobs_server.live import View

FIRST_SCREEN = 100
"""Rows shown at once before more are asked for."""
MOST = 2_000
"""Rows a page shows at all."""


class Query(NamedTuple):
    """What was asked of a table. Values as they came: a column that is not there sorts nothing."""

    sort: str = ""
    """A column's name, with `-` before it for the highest first; empty: the table's own order."""
    filter: str = ""
    all: bool = False


def matching(view: View, wanted: str) -> list[int]:
    """Return the rows with the text in a key or an info column, in whatever case."""
    if not wanted:
        return list(range(len(view.keys)))
    wanted = wanted.casefold()
    texts = zip(view.keys, zip(*view.infos.values(), strict=True) if view.infos else [()] * len(view.keys), strict=True)
    return [
        row
        for row, (key, infos) in enumerate(texts)
        if any(wanted in text.casefold() for text in (*key, *infos) if text)
    ]


def chosen_order(view: View, asked: str, rows: int) -> str:
    """Return the order asked for; without one, the busiest rows first where not all of them are shown."""
    if asked.removeprefix("-") in {column.name for column in view.table.columns}:
        return asked
    if rows > FIRST_SCREEN:
        for column in view.table.columns:
            if column.kind is Kind.DERIVED and column.unit is Unit.PERCENT:
                return f"-{column.name}"
    return view.table.keys[0].name if view.table.keys else ""


def ordered(view: View, rows: list[int], sort: str) -> list[int]:
    """Return the rows in that order; what is not known comes last in either direction."""
    if not sort:
        return rows
    name, reverse = sort.removeprefix("-"), sort.startswith("-")
    column = view.table.column(name)
    if column.numeric:
        values = numbers(view, column)[rows]
        known = ~np.isnan(values)
        chosen = np.asarray(rows)
        order = np.argsort(-values[known] if reverse else values[known], kind="stable")
        return [*chosen[known][order].tolist(), *chosen[~known].tolist()]
    if column.kind is Kind.KEY:
        place = view.table.keys.index(column)
        return sorted(
            rows, key=lambda row: [_natural(text) for text in (view.keys[row][place], *view.keys[row])], reverse=reverse
        )
    texts = view.infos[name]
    known_rows = [row for row in rows if texts[row] is not None]
    known_rows.sort(key=lambda row: (texts[row] or "").casefold(), reverse=reverse)
    return [*known_rows, *(row for row in rows if texts[row] is None)]


def _natural(text: str) -> tuple[int, int, str]:
    return (0, int(text), "") if text.isascii() and text.isdigit() and len(text) < 20 else (1, 0, text.casefold())


def numbers(view: View, column: Column) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return what is shown of a column that has numbers: a counter's rates, else its values."""
    values: np.ndarray[tuple[int], np.dtype[np.float64]]
    values = (view.rates if column.kind is Kind.COUNTER else view.values)[column.name]
    return values
