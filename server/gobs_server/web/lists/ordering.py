"""The order of rows: by several fields, what is not known last whichever way, names as people count them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from gobs_server.web.lists.sheet import Numbers, Rows, Sheet, Texts

MOST = 4
"""Fields an order may be made of."""
_PARTS = re.compile(r"\d+|\D+")


def usable(sheet: Sheet, sort: Iterable[str]) -> tuple[str, ...]:
    """Return of an order what the sheet has: names of fields, each once, with `-` before those of the highest first."""
    found: dict[str, str] = {}
    for asked in sort:
        field = sheet.field(asked.removeprefix("-"))
        if field is not None and field.name not in found:
            found[field.name] = f"-{field.name}" if asked.startswith("-") else field.name
    return tuple(found.values())[:MOST]


def ordered(sheet: Sheet, rows: Rows, sort: Sequence[str]) -> Rows:
    """Return the rows in that order; rows that are equal in it stay as they are."""
    if not sort or len(rows) < 2:
        return rows
    keys = [_key(sheet, name.removeprefix("-"), rows, reverse=name.startswith("-")) for name in reversed(sort)]
    return rows[np.lexsort(keys)]


def _key(sheet: Sheet, name: str, rows: Rows, *, reverse: bool) -> Numbers:
    """Return numbers whose ascending order is wanted; NaN comes last."""
    if sheet.fields[name].numeric:
        values = sheet.numbers(name)[rows]
    else:
        texts = sheet.texts(name)
        values = ranks([texts[row] for row in rows.tolist()])
    return -values if reverse else values


def ranks(texts: Texts) -> Numbers:
    """Return for each text its place among them, as people count: `a2` before `a10`; NaN for what is not known."""
    places: dict[str | None, float] = {None: float("nan")}
    distinct = {text for text in texts if text is not None}
    places.update((text, float(place)) for place, text in enumerate(sorted(distinct, key=natural)))
    return np.fromiter(map(places.__getitem__, texts), dtype=np.float64, count=len(texts))


def natural(text: str) -> tuple[list[tuple[bool, int, str]], str]:
    """Return what to sort a text by."""
    if text.isascii() and text.isdigit() and len(text) <= 18:
        return [(False, int(text), "")], text
    parts = _PARTS.findall(text.casefold())
    return [
        (False, int(part), "") if part[0].isascii() and part.isdigit() and len(part) <= 18 else (True, 0, part)
        for part in parts
    ], text
