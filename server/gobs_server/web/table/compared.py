"""What has changed of a table between two moments, as rows that can be listed."""

from __future__ import annotations

from gobs_server.live import View
from gobs_server.web.lists import CHANGE, Compared
from gobs_server.web.looking import Looking
from gobs_server.web.table.listing import Listing, listing_of

__all__ = ["CHANGE", "compared"]


def compared(node: str, later: View, earlier: View, looking: Looking) -> Listing:
    """Return the rows that are not the same in both readings; of one that is in one of them alone, all it had counts.

    Both must be of tables with the same columns.
    """
    now = listing_of(node, later, {}, looking)
    then = listing_of(node, earlier, {}, Looking(looking.against or earlier.time, None))
    found = Compared(now.sheet, then.sheet, (later.keys, earlier.keys))

    def path(row: int) -> str:
        """A row that has gone is shown as it was at the moment before."""
        here, there = found.pairs[row]
        return now.path(here) if here is not None else "" if there is None else then.path(there)

    keys = [
        later.keys[here] if here is not None else () if there is None else earlier.keys[there]
        for here, there in found.pairs
    ]
    return Listing(
        now.view,
        found.sheet,
        keys,
        dict.fromkeys((field.name for field in found.sheet.fields.values() if field.numeric), _UNKNOWN),
        path,
        "",
        now.home,
        now.looking,
        compared=True,
        same=found.same,
        notes=found.note,
    )


_UNKNOWN = "not known at one of the two moments"
