"""What people call a row: one of its texts, chosen by what its columns are called, never by which table it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gobs_core import Kind, Table

_CALLED = ("name", "comm")
"""Info columns that hold what a row is called, the best first."""
_TELLING = ("namespace", "kind", "workload", "cmdline")
"""Info columns worth showing beside a name, in this order."""


class Named(NamedTuple):
    """A row as people speak of it."""

    name: str
    more: tuple[str, ...]
    """What tells it from others of the same name."""


def named(table: Table, key: Sequence[str], infos: Sequence[str | None]) -> Named:
    """Return what a row is called; `infos` are its info columns as the table declares them."""
    texts = dict(zip((column.name for column in table.columns if column.kind is Kind.INFO), infos, strict=True))
    name = next((text for column in _CALLED if (text := texts.get(column))), "")
    keys = [f"{column.name} {text}" for column, text in zip(table.keys, key, strict=True)]
    more = tuple(text for column in _TELLING if (text := texts.get(column)))
    return Named(name, (keys[0], *more)) if name else Named(" ".join(key), more)
