"""Rows as they are sent: each cell as a text, with what it was rounded from or why it is not known."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np

from gobs_server.web.badges import Badge
from gobs_server.web.format import UNKNOWN, cell, exact, full, signed
from gobs_server.web.lists import Field
from gobs_server.web.table.chosen import Chosen
from gobs_server.web.table.listing import Listing
from gobs_server.web.text import visible

_TITLED = 28
"""Characters from which on a text may be cut off where it stands, and is told whole to whoever points at it."""


class Cell(NamedTuple):
    """One cell, ready to be shown."""

    text: str
    title: str
    """More about it; empty: nothing."""
    unknown: bool


class Line(NamedTuple):
    """One row, ready to be shown."""

    id: str
    pinned: bool
    keys: list[Cell]
    infos: list[Cell]
    numbers: list[Cell]
    path: str
    """Where the row leads; empty: nowhere."""
    alerts: Badge | None = None

    @property
    def cells(self) -> list[Cell]:
        """All of them, as the columns stand."""
        return [*self.keys, *self.infos, *self.numbers]


def made_from(chosen: Chosen, rows: Sequence[int]) -> list[Hashable]:
    """Return for each of the rows all that its line shows, as it is kept: while that is the same, so is the line."""
    sheet = chosen.listing.sheet
    numeric = [sheet.numbers(field.name)[list(rows)] for field in chosen.fields if field.numeric]
    texts = [sheet.texts(field.name) for field in chosen.fields if not field.numeric]
    cells = np.column_stack(numeric) if numeric else np.empty((len(rows), 0))
    badges = [chosen.listing.badge(row) for row in rows] if chosen.listing.badge else [None] * len(rows)
    each = zip(rows, cells, badges, strict=True)
    return [(line.tobytes(), badge, *[some[row] for some in texts]) for row, line, badge in each]


def lines(chosen: Chosen, rows: Sequence[int]) -> list[Line]:
    """Return some rows, ready to be shown."""
    listing, pinned = chosen.listing, set(chosen.rows[: chosen.pinned])

    def cells(kind: str) -> list[list[Cell]]:
        """Return the cells of the columns of one kind, row by row."""
        columns = [_cells(chosen, field, rows) for field in chosen.fields if field.kind == kind]
        return [[column[place] for column in columns] for place in range(len(rows))]

    parts = zip(rows, cells("key"), cells("info"), cells("number"), strict=True)
    return [
        Line(
            listing.id(row),
            row in pinned,
            keys,
            infos,
            numbers,
            listing.path(row),
            listing.badge(row) if listing.badge else None,
        )
        for row, keys, infos, numbers in parts
    ]


def _cells(chosen: Chosen, field: Field, rows: Sequence[int]) -> list[Cell]:
    listing = chosen.listing
    missing = Cell(UNKNOWN, listing.reasons.get(field.name, ""), unknown=True)
    if field.numeric:
        values = listing.sheet.numbers(field.name)[list(rows)].tolist()
        cells = [missing if value != value else number(value, field) for value in values]  # noqa: PLR0124  NaN
        return _differences(listing, field, rows, values, cells) if listing.compared else cells
    texts = listing.sheet.texts(field.name)
    return [missing if (text := texts[row]) is None else _text(text) for row in rows]


def number(value: float, field: Field) -> Cell:
    """Return a number in a column whose header names the unit."""
    text, title = cell(value, field.unit, field.rate), exact(value, field.unit, field.rate)
    return Cell(text, "" if title in {text, full(value, field.unit, field.rate)} else title, unknown=False)


def _differences(
    listing: Listing, field: Field, rows: Sequence[int], values: Sequence[float], cells: Sequence[Cell]
) -> list[Cell]:
    """Return cells that say which way a number has gone, and from where to where."""
    return [
        Cell(signed(value, cell.text), listing.notes(row, field.name), cell.unknown)
        if listing.notes is not None
        else cell
        for row, value, cell in zip(rows, values, cells, strict=True)
    ]


def _text(text: str) -> Cell:
    shown = visible(text)
    return Cell(shown, shown if len(shown) > _TITLED else "", unknown=False)
