"""What has changed of a table between two moments: rows that came, went or hold something else, and by how much."""

from __future__ import annotations

import numpy as np

from gobs_server.live import View
from gobs_server.web.format import full
from gobs_server.web.lists import Field, Numbers, Sheet, Texts
from gobs_server.web.looking import Looking
from gobs_server.web.table.listing import Key, Listing, listing_of

CHANGE = "change"
"""The field that says how a row has changed: new, gone or changed."""
_GONE = "\N{RIGHTWARDS ARROW}"


def compared(node: str, later: View, earlier: View, looking: Looking) -> Listing:
    """Return the rows that are not the same in both readings; of one that is in one of them alone, all it had counts.

    Both must be of tables with the same columns.
    """
    return _Comparison(node, later, earlier, looking).listing()


class _Comparison:
    def __init__(self, node: str, later: View, earlier: View, looking: Looking) -> None:
        self._later = listing_of(node, later, {}, looking)
        self._earlier = listing_of(node, earlier, {}, Looking(looking.against or earlier.time, None))
        self._fields = list(self._later.sheet.fields.values())
        here = set(later.keys)
        every = [*later.keys, *(key for key in earlier.keys if key not in here)]
        self._pairs = [(later.find(key), earlier.find(key)) for key in every]
        self._keys: list[Key] = every
        self._numbers = {field.name: self._both(field) for field in self._fields if field.numeric}
        self._texts = {field.name: self._words(field) for field in self._fields if field.kind == "info"}
        self._changes = [self._change(row) for row in range(len(every))]

    def listing(self) -> Listing:
        kept = [row for row, change in enumerate(self._changes) if change]
        keys = [self._keys[row] for row in kept]
        places = {column.name: place for place, column in enumerate(self._later.view.table.keys)}
        head = [field for field in self._fields if field.kind == "key"]
        change = Field(CHANGE, "change", "info", help="Whether the row came, went, or holds something else")
        others = [field for field in self._fields if field.kind != "key" and field.name != CHANGE]

        def texts(name: str) -> Texts:
            if name == CHANGE:
                return [self._changes[row] for row in kept]
            if name in places:
                return [key[places[name]] for key in keys]
            return [self._texts[name][row] for row in kept]

        def numbers(name: str) -> Numbers:
            later, earlier = self._numbers[name]
            difference: Numbers = later[kept] - earlier[kept]
            return np.where(np.isfinite(difference), difference, np.nan)

        return Listing(
            self._later.view,
            Sheet([*head, *([change] if head else []), *others], len(kept), texts, numbers),
            keys,
            dict.fromkeys(self._numbers, "not known at one of the two moments"),
            lambda row: self._path(kept[row]),
            "",
            self._later.home,
            self._later.looking,
            compared=True,
            same=len(self._keys) - len(kept),
            notes=lambda row, name: self._note(kept[row], name),
        )

    def _both(self, field: Field) -> tuple[Numbers, Numbers]:
        """Return a number at both moments, row by row; a row that is not there has nothing of it."""
        sides = []
        for side, listing in enumerate((self._later, self._earlier)):
            values = np.append(listing.sheet.numbers(field.name), 0.0)
            sides.append(values[[-1 if (row := pair[side]) is None else row for pair in self._pairs]])
        return sides[0], sides[1]

    def _words(self, field: Field) -> list[str | None]:
        """Return a text, and where it has changed what it was before."""
        later, earlier = (listing.sheet.texts(field.name) for listing in (self._later, self._earlier))
        found: list[str | None] = []
        for now, then in self._pairs:
            new = None if now is None else later[now]
            old = None if then is None else earlier[then]
            if now is None or then is None or new == old:
                found.append(old if now is None else new)
            else:
                found.append(f"{old or 'not known'} {_GONE} {new or 'not known'}")
        return found

    def _change(self, row: int) -> str:
        """Return in a word how a row has changed; empty: not at all."""
        now, then = self._pairs[row]
        if now is None or then is None:
            return "gone" if now is None else "new"
        for later, earlier in self._numbers.values():
            if later[row] != earlier[row] and not (np.isnan(later[row]) and np.isnan(earlier[row])):
                return "changed"
        infos = [field.name for field in self._fields if field.kind == "info"]
        same = all(self._later.sheet.texts(name)[now] == self._earlier.sheet.texts(name)[then] for name in infos)
        return "" if same else "changed"

    def _note(self, row: int, name: str) -> str:
        field, (later, earlier) = self._later.sheet.fields[name], self._numbers[name]
        before, after = (full(float(side[row]), field.unit, field.rate) for side in (earlier, later))
        return f"{before}, then {after}"

    def _path(self, row: int) -> str:
        """A row that has gone is shown as it was at the moment before."""
        now, then = self._pairs[row]
        return self._later.path(now) if now is not None else "" if then is None else self._earlier.path(then)
