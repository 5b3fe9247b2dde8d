"""What people call a row: one of its texts, chosen by what its columns are called, never by which table it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gobs_core import Kind, Table

_CALLED = ("name", "comm")
"""Info columns that hold what a row is called, the best first."""
_TELLING = (("namespace",), ("pod",), ("cmdline",), ("pod", "workload"), ("kind",))
"""Info columns worth showing beside a name, in this order; of those in one group the first that is known."""
_SHORT = 12
"""Characters up to which a key stands before what else tells of a row."""


class Named(NamedTuple):
    """A row as people speak of it."""

    name: str
    more: tuple[str, ...]
    """What tells it from others of the same name."""


def named(table: Table, key: Sequence[str], infos: Sequence[str | None]) -> Named:
    """Return what a row is called; `infos` are its info columns as the table declares them."""
    texts = dict(zip((column.name for column in table.columns if column.kind is Kind.INFO), infos, strict=True))
    name = next((text for column in _CALLED if (text := texts.get(column))), "")
    more = [text for columns in _TELLING if (text := next(filter(None, map(texts.get, columns)), ""))]
    if not name:
        return Named(" ".join(key), tuple(dict.fromkeys(more)))
    told = f"{table.keys[0].name} {key[0]}"
    return Named(name, tuple(dict.fromkeys([told, *more] if len(key[0]) <= _SHORT else [*more, told])))
