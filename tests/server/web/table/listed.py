"""Tables read from frames, and what a query makes of them."""

from __future__ import annotations

from gobs_core import RowValues, Table, Unit, counter, derived, gauge, info, key
from gobs_server.live import View
from gobs_server.web.lists import Asked
from gobs_server.web.table.chosen import Chosen, choose
from gobs_server.web.table.listing import listing_of
from tests.server.feeding import Cluster

THINGS = Table(
    "things",
    "What a plugin nobody knows counts",
    [
        key("thing", "Its name"),
        gauge("size", "How large"),
        info("owner", "Whose"),
        counter("uses", "How often"),
        gauge("bytes", "What it takes", Unit.BYTES, scale=1),
        derived("each", "Bytes for each use", "bytes / rate(uses)", Unit.BYTES),
    ],
)
SOME: list[RowValues] = [("b10", 2.0, "Zoe", 10, 100), ("a", None, "adam", 20, None), ("b9", -1.0, None, 30, 300)]
LATER: list[RowValues] = [("b10", 2.0, "Zoe", 20, 100), ("a", None, "adam", 20, None), ("b9", -1.0, None, 60, 300)]


def view(*frames: tuple[Table, list[RowValues]]) -> View:
    """Return the newest of some readings of one table, five seconds apart."""
    machine = Cluster().machine("n", frames[0][0])
    for table, rows in frames:
        machine.feed({table: rows}, after=5)
    return machine.node.tables[frames[0][0].name].view()


def things() -> View:
    """Three things, two of which were used."""
    return view((THINGS, SOME), (THINGS, LATER))


def chosen(rows: View, **query: object) -> Chosen:
    """Return what a query makes of a reading."""
    return choose(listing_of("n", rows, {}), Asked(**query))  # type: ignore[arg-type]


def first(made: Chosen) -> list[str]:
    """Return the first key of each row shown."""
    return [" ".join(made.listing.keys[row][:1]) or "?" for row in made.rows]
