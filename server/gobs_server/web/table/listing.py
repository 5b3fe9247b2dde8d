"""Rows that can be listed: a sheet of them, what tells one from another, and where each of them leads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from gobs_core import Kind
from gobs_server.live import View
from gobs_server.paths import segment
from gobs_server.web.badges import Badge, Fires
from gobs_server.web.links import link
from gobs_server.web.lists import Numbers, Sheet, Texts
from gobs_server.web.looking import Looking
from gobs_server.web.table.fields import fields_of, reasons_for
from gobs_server.web.text import ident

Key: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows of one reading of one table, or what was made of them. A value."""

    view: View
    """The reading its rows are of."""
    sheet: Sheet
    keys: Sequence[Key]
    """What tells each row from the others."""
    reasons: Mapping[str, str]
    """Field -> what to say where it is not known."""
    path: Callable[[int], str]
    """Where a row leads; empty: nowhere."""
    grouped: str
    """The field whose equal texts are one row; empty: each row is one."""
    home: str
    """The address of the page of the table."""
    looking: Looking | None = None
    """The moment of the past they are of; None: now."""
    compared: bool = False
    """Whether its numbers are what has changed between two readings."""
    same: int = 0
    """Rows that are left out because nothing of them has changed."""
    badge: Callable[[int], Badge | None] | None = None
    """What fires of a row now; None: nothing is to be said of that."""
    notes: Callable[[int, str], str] | None = None
    """What is to be said of a number of a row besides; None: nothing."""

    def id(self, row: int) -> str:
        """The id of a row's element: the same for as long as its key is."""
        return ident(self.view.table.name, self.grouped, *self.keys[row])


def listing_of(
    node: str,
    view: View,
    unknown: Mapping[str, str],
    looking: Looking | None = None,
    fires: Fires | None = None,
) -> Listing:
    """Return the rows of a table of a node, as who may see `view` sees them; `unknown` as in `reasons_for`.

    They lead to pages of the same moment, and have badges where it is told what `fires`.
    """
    table, keys = view.table, view.keys
    places = {column.name: place for place, column in enumerate(table.keys)}

    def texts(name: str) -> Texts:
        if table.column(name).kind is Kind.INFO:
            return view.info(name)
        place = places[name]
        return [key[place] for key in keys]

    def numbers(name: str) -> Numbers:
        return view.numbers(table.column(name))

    return Listing(
        view,
        Sheet(fields_of(table), len(keys), texts, numbers),
        keys,
        reasons_for(table, unknown),
        lambda row: link(node, table, keys[row], looking),
        "",
        f"/nodes/{segment(node)}/tables/{segment(table.name)}",
        looking,
        badge=None if fires is None else lambda row: fires.of_row(node, table.name, keys[row]),
    )
