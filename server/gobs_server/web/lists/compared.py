"""What has changed between two sheets with the same fields: rows that came or went, texts, and numbers by how much."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence

import numpy as np

from gobs_server.web.format import full
from gobs_server.web.lists.sheet import Field, Numbers, Sheet, Texts

CHANGE = "change"
"""The field that says how a row has changed: new, gone or changed."""
_ARROW = "\N{RIGHTWARDS ARROW}"
Pair = tuple[int | None, int | None]


class Compared:
    """The rows that are not the same in both; of one that is in one of them alone, all it has counts. A value.

    `aside` names fields that differ all the time, and make no row one that has changed.
    """

    def __init__(
        self,
        later: Sheet,
        earlier: Sheet,
        keys: tuple[Sequence[Hashable], Sequence[Hashable]],
        aside: Collection[str] = (),
    ) -> None:
        self._later, self._earlier = later, earlier
        now, then = ({key: row for row, key in enumerate(one)} for one in keys)
        every: list[Pair] = [(now.get(key), then.get(key)) for key in dict.fromkeys((*keys[0], *keys[1]))]
        self._pairs = every
        self._numbers: dict[str, tuple[Numbers, Numbers]] = {}
        infos = [one.name for one in later.fields.values() if one.kind == "info" and one.name not in aside]
        numeric = [one.name for one in later.fields.values() if one.numeric and one.name not in aside]
        moved = self._moved(numeric)
        changes = [self._change(row, infos, moved=bool(moved[row])) for row in range(len(every))]
        kept = [row for row, change in enumerate(changes) if change]
        self._numbers.clear()
        self._pairs = [every[row] for row in kept]
        self._changes: list[str | None] = [changes[row] for row in kept]
        self.same = len(every) - len(kept)
        """Rows that are left out because nothing of them has changed."""
        head = [field for field in later.fields.values() if field.kind == "key"]
        change = Field(CHANGE, "change", "info", help="Whether the row came, went, or holds something else")
        others = [field for field in later.fields.values() if field.kind != "key" and field.name != CHANGE]
        self.sheet = Sheet([*head, *([change] if head else []), *others], len(kept), self._of_texts, self._of_numbers)
        """The differences."""

    @property
    def pairs(self) -> list[Pair]:
        """Of each row of the differences its places in the later and in the earlier sheet."""
        return self._pairs

    def note(self, row: int, name: str) -> str:
        """From where to where a number has gone."""
        field, (later, earlier) = self._later.fields[name], self._both(name)
        before, after = (full(float(side[row]), field.unit, field.rate) for side in (earlier, later))
        return f"{before}, then {after}"

    def _both(self, name: str) -> tuple[Numbers, Numbers]:
        """Return a number at both moments, row by row; a row that is not there has nothing of it."""
        if name not in self._numbers:
            sides = []
            for side, sheet in enumerate((self._later, self._earlier)):
                values = np.append(sheet.numbers(name), 0.0)
                sides.append(values[[-1 if (row := pair[side]) is None else row for pair in self._pairs]])
            self._numbers[name] = sides[0], sides[1]
        return self._numbers[name]

    def _moved(self, numeric: Sequence[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Return of each row whether one of these numbers is another one."""
        found = np.zeros(len(self._pairs), dtype=bool)
        for name in numeric:
            later, earlier = self._both(name)
            found |= (later != earlier) & ~(np.isnan(later) & np.isnan(earlier))
        return found

    def _change(self, row: int, infos: Sequence[str], *, moved: bool) -> str:
        """Return in a word how a row has changed; empty: not at all."""
        now, then = self._pairs[row]
        if now is None or then is None:
            return "gone" if now is None else "new"
        same = not moved and all(self._later.texts(name)[now] == self._earlier.texts(name)[then] for name in infos)
        return "" if same else "changed"

    def _of_numbers(self, name: str) -> Numbers:
        later, earlier = self._both(name)
        with np.errstate(over="ignore", invalid="ignore"):
            difference: Numbers = later - earlier
        return np.where(np.isfinite(difference), difference, np.nan)

    def _of_texts(self, name: str) -> Texts:
        """Return a text, and where it has changed what it was before."""
        if name == CHANGE:
            return self._changes
        later, earlier = self._later.texts(name), self._earlier.texts(name)
        found: list[str | None] = []
        for now, then in self._pairs:
            new = None if now is None else later[now]
            old = None if then is None else earlier[then]
            if now is None or then is None or new == old:
                found.append(old if now is None else new)
            else:
                found.append(f"{old or 'not known'} {_ARROW} {new or 'not known'}")
        return found
