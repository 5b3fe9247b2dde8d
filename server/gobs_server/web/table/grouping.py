"""Rows with an equal text taken together: their sums, and what is worked out from those."""

from __future__ import annotations

from urllib.parse import urlencode

import numpy as np

from gobs_core import Column, Kind, Unit
from gobs_server.tables.values import evaluate
from gobs_server.web.lists import Field, Numbers, Rows, Sheet, Texts
from gobs_server.web.table.fields import NOT_THE_SAME, fields_of
from gobs_server.web.table.listing import Listing

ROWS = "rows"
"""The field that counts the rows of a group; a column of that name makes way."""
_ADDS_UP = frozenset({
    Unit.BYTES, Unit.ITEMS, Unit.EVENTS, Unit.OPERATIONS, Unit.PACKETS, Unit.JOULES, Unit.WATTS, Unit.AMPERES,
})  # fmt: skip
"""Units of levels that may be summed; of others a group has one only where all its rows have the same."""


def grouped(listing: Listing, rows: Rows, name: str) -> Listing:
    """Return a listing with one row for each text of a field, of those rows; the field must hold texts."""
    return _Groups(listing, rows, name).listing()


class _Groups:
    """The sums of one grouping."""

    def __init__(self, listing: Listing, rows: Rows, name: str) -> None:
        texts = listing.sheet.texts(name)
        places: dict[str | None, int] = {}
        group = [places.setdefault(texts[row], len(places)) for row in rows.tolist()]
        self._listing, self._rows, self._name = listing, rows, name
        self._group = np.array(group, dtype=np.intp)
        self._texts = list(places)
        self._added = self._summed()

    def listing(self) -> Listing:
        view, fields = self._listing.view, fields_of(self._listing.view.table)
        head = [field for field in fields if field.name == self._name]
        numeric = [field for field in fields if field.numeric and field.name != ROWS]
        counts = Field(ROWS, ROWS, "number", Unit.ITEMS, help="Rows that are taken together")
        shown = [Field(one.name, one.label, "key", help=one.help) for one in head]
        reasons = dict.fromkeys((field.name for field in numeric), NOT_THE_SAME)
        return Listing(
            view,
            Sheet([*shown, counts, *numeric], len(self._texts), self._of_texts, self._numbers),
            [() if text is None else (text,) for text in self._texts],
            {**reasons, self._name: self._listing.reasons.get(self._name, "")},
            self._path,
            self._name,
            self._listing.home,
            self._listing.looking,
        )

    def _of_texts(self, _name: str) -> Texts:
        return self._texts

    def _numbers(self, name: str) -> Numbers:
        if name == ROWS:
            return np.bincount(self._group, minlength=len(self._texts)).astype(np.float64)
        column = self._listing.view.table.column(name)
        if column.kind is Kind.DERIVED:
            value = evaluate(column, self._level, self._rate)
            return np.broadcast_to(value, (len(self._texts),)).astype(np.float64)
        return self._rate(name) if column.kind is Kind.COUNTER else self._level(name)

    def _rate(self, name: str) -> Numbers:
        return self._sum(self._listing.view.rates[name])

    def _level(self, name: str) -> Numbers:
        view = self._listing.view
        return self._sum(view.level(name)) if _adds_up(view.table.column(name)) else self._common(view.level(name))

    def _sum(self, values: Numbers) -> Numbers:
        """Return the sum of what is known in each group; where nothing is, that is not known either."""
        picked = values[self._rows]
        known = self._added & ~np.isnan(picked)
        count = len(self._texts)
        with np.errstate(over="ignore", invalid="ignore"):
            found = np.bincount(self._group[known], picked[known], count).astype(np.float64)
        found[(np.bincount(self._group[known], minlength=count) == 0) | ~np.isfinite(found)] = np.nan
        return found

    def _common(self, values: Numbers) -> Numbers:
        """Return the value that all rows of a group have that know it."""
        picked = values[self._rows]
        known = ~np.isnan(picked)
        least, most = (np.full(len(self._texts), limit) for limit in (np.inf, -np.inf))
        np.minimum.at(least, self._group[known], picked[known])
        np.maximum.at(most, self._group[known], picked[known])
        return np.where(least == most, least, np.nan)

    def _summed(self) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Return which of the rows are added up: where a group has rows a total counts, its others are in those."""
        counted = np.zeros(self._listing.sheet.count, dtype=bool)
        over = self._listing.view.counted
        counted[slice(None) if over is None else over] = True
        here = counted[self._rows]
        has = np.bincount(self._group, here, len(self._texts)) > 0
        return here | ~has[self._group]

    def _path(self, row: int) -> str:
        """Return the address of the rows of a group; empty where a filter cannot say which they are."""
        text = self._texts[row]
        if text is None:
            wanted = f"{self._name}:unknown"
        elif '"' in text or "|" in text or not text or len(text) + len(self._name) > _LONGEST:
            return ""
        else:
            wanted = f'{self._name}="{text}"'
        path = f"{self._listing.home}?{urlencode({'filter': wanted}, errors='replace')}"
        return path if self._listing.looking is None else self._listing.looking.under(path)


_LONGEST = 180
"""Characters of a text that a filter has room for, the field's name included."""


def _adds_up(column: Column) -> bool:
    return column.kind is Kind.COUNTER or column.unit in _ADDS_UP
