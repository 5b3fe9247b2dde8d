"""What a query makes of a table's rows: which of them are shown, in which order, and what of it cannot be meant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gobs_core import Unit
from gobs_server.web.lists import Asked, Field, Rows, Sheet, matching, ordered, usable
from gobs_server.web.table.grouping import ROWS, grouped
from gobs_server.web.table.listing import Listing
from gobs_server.web.text import visible

FEW = 100
"""Rows up to which a table is in the order of its keys; above, the busiest come first."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows of one reading that are meant."""

    listing: Listing
    fields: list[Field]
    """Those that are shown, in order."""
    rows: list[int]
    """In order: those that are pinned first."""
    pinned: int
    matching: int
    """Rows of the table that meet the filter, idle ones left out where that is asked for."""
    idle: int
    """Rows that are left out because they do nothing."""
    sort: tuple[str, ...]
    said: list[str]
    """What of the query cannot be meant."""
    all: list[Field]
    """Those the table has, grouped or not."""
    count: int
    """Rows the table has, grouped or not."""


def choose(listing: Listing, query: Asked) -> Chosen:
    """Return what a query makes of a listing."""
    whole = listing.sheet
    rows, said = matching(whole, query.filter)
    left_out = 0
    if query.idle and not listing.compared:
        busy = rows[~idle(whole)[rows]]
        left_out, rows = len(rows) - len(busy), busy
    found = len(rows)
    if query.group and listing.compared:
        said.append("rows are not taken together where two moments are compared")
    elif query.group:
        field = whole.field(query.group)
        if field is None or field.numeric:
            said.append(f"rows cannot be grouped by {visible(query.group)!r}: there is no such column of texts")
        else:
            listing = grouped(listing, rows, field.name)
            rows = listing.sheet.all()
    sheet = listing.sheet
    sort, by = _order(listing, rows, usable(sheet, query.sort))
    chosen = ordered(sheet, rows, by).tolist()
    pins = _pinned(listing, query)
    standing = set(pins)
    others = [row for row in chosen if row not in standing] if pins else chosen
    return Chosen(
        listing,
        _columns(sheet, query),
        [*pins, *others],
        len(pins),
        found,
        left_out,
        sort,
        said,
        list(whole.fields.values()),
        whole.count,
    )


def idle(sheet: Sheet) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Return which rows do nothing: no rate that is known is above zero, and there is one that is."""
    rates = [sheet.numbers(field.name) for field in sheet.fields.values() if field.numeric and field.rate]
    known, busy = np.zeros(sheet.count, dtype=bool), np.zeros(sheet.count, dtype=bool)
    for values in rates:
        known |= ~np.isnan(values)
        busy |= np.nan_to_num(values) > 0
    return known & ~busy


def _order(listing: Listing, rows: Rows, asked: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the order to say, and the one to use."""
    if asked:
        return asked, asked
    fields = listing.sheet.fields.values()
    if len(rows) > FEW or listing.grouped:
        busiest = next((one for one in fields if one.unit is Unit.PERCENT and one.numeric and not one.rate), None)
        if busiest is not None:
            return (f"-{busiest.name}",), (f"-{busiest.name}",)
    keys = tuple(field.name for field in fields if field.kind == "key")
    return keys[:1], keys


def _columns(sheet: Sheet, query: Asked) -> list[Field]:
    """Return the fields that are shown: those asked for, the keys always, all where none is meant."""
    fields = list(sheet.fields.values())
    wanted = set(query.columns)
    shown = [field for field in fields if field.kind == "key" or field.name in wanted or field.name == ROWS]
    return shown if any(field.name in wanted for field in fields) else fields


def _pinned(listing: Listing, query: Asked) -> list[int]:
    """Return the rows that are pinned, in the order of the pins; whatever a filter says of them."""
    if not query.pins:
        return []
    places = {listing.id(row): row for row in range(listing.sheet.count)}
    return [places[pin] for pin in dict.fromkeys(query.pins) if pin in places]
