"""From a view's columns to rows as the REST interface writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from gobs_server.api.shapes import Row
from gobs_server.tables import View

T = TypeVar("T")


def rows_of(view: View, places: Sequence[int]) -> list[Row]:
    """Return the rows at these places of a view, in that order."""
    names = [column.name for column in view.table.keys]
    parts = zip(
        [dict(zip(names, view.keys[place], strict=True)) for place in places],
        _by_row({name: [texts[place] for place in places] for name, texts in view.infos.items()}, len(places)),
        _by_row({name: values[places].tolist() for name, values in view.values.items()}, len(places)),
        _by_row({name: rates[places].tolist() for name, rates in view.rates.items()}, len(places)),
        strict=True,
    )
    return [Row(key, infos, values, rates) for key, infos, values, rates in parts]


def _by_row(columns: Mapping[str, list[T]], rows: int) -> list[dict[str, T]]:
    if not columns:
        return [{} for _ in range(rows)]
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
