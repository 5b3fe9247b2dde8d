"""The family of a process: those it comes from, those beside it, those it has made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from gobs_server.live import View
from gobs_server.web.format import exact, full
from gobs_server.web.links import link
from gobs_server.web.looking import Looking
from gobs_server.web.text import visible

MOST = 50
"""Siblings, and children, that are shown."""
_DEEPEST = 40


class Relative(NamedTuple):
    """One process of the family."""

    pid: str
    name: str
    path: str
    cpu: tuple[str, str] | None
    """As it is shown, and exactly; None: nobody tells it."""
    memory: tuple[str, str] | None
    here: bool
    """Whether it is the one the page is about."""


@dataclass(frozen=True, slots=True)
class Tree:
    """The family of one process."""

    ancestors: list[Relative]
    """The oldest first."""
    siblings: list[Relative]
    """It and those with the same parent, by pid."""
    children: list[Relative]
    more_siblings: int
    more_children: int
    orphan: str
    """The pid of a parent that is not there; empty: it has none, or it is there."""


def tree(node: str, view: View, row: int, looking: Looking | None = None) -> Tree | None:
    """Return the family of the process in that row; None for a table that does not tell parents."""
    names = [column.name for column in view.table.keys]
    parents = view.infos.get("ppid")
    if "pid" not in names or parents is None:
        return None
    family = _Family(node, view, names.index("pid"), parents, row, looking)
    chain, orphan = family.ancestors(row)
    beside = family.children_of(parents[row]) if parents[row] not in {None, "0"} else []
    siblings = sorted({*beside, row}, key=family.order)
    children = sorted(family.children_of(family.pid(row)), key=family.order)
    near = _around(siblings, row)
    return Tree(
        ancestors=family.shown(chain),
        siblings=family.shown(near),
        children=family.shown(children[:MOST]),
        more_siblings=len(siblings) - len(near),
        more_children=max(len(children) - MOST, 0),
        orphan=visible(orphan),
    )


class _Family:
    """Finds rows by pid and by parent."""

    def __init__(
        self, node: str, view: View, place: int, parents: list[str | None], here: int, looking: Looking | None
    ) -> None:
        self._looking = looking
        self._node, self._view, self._place, self._parents, self._here = node, view, place, parents, here
        self._rows = {key[place]: row for row, key in sorted(enumerate(view.keys), key=_age)}

    def pid(self, row: int) -> str:
        return self._view.keys[row][self._place]

    def order(self, row: int) -> tuple[int, str]:
        return len(self.pid(row)), self.pid(row)

    def ancestors(self, row: int) -> tuple[list[int], str]:
        """The chain of parents, the oldest first, and the pid at which it breaks off."""
        chain: list[int] = []
        at = row
        while len(chain) < _DEEPEST:
            pid = self._parents[at]
            if pid is None or pid == "0":
                return chain[::-1], ""
            parent = self._rows.get(pid)
            if parent is None or parent in chain or parent == row:
                return chain[::-1], pid if parent is None else ""
            chain.append(parent)
            at = parent
        return chain[::-1], ""

    def children_of(self, pid: str | None) -> list[int]:
        return [row for row, parent in enumerate(self._parents) if parent == pid and self.pid(row) != pid]

    def shown(self, rows: Iterable[int]) -> list[Relative]:
        return [
            Relative(
                pid=visible(self.pid(row)),
                name=visible(self._text("comm", row) or "not known"),
                path=link(self._node, self._view.table, self._view.keys[row], self._looking),
                cpu=self._number("cpu", row),
                memory=self._number("vm_rss", row),
                here=row == self._here,
            )
            for row in rows
        ]

    def _text(self, name: str, row: int) -> str | None:
        texts = self._view.infos.get(name)
        return None if texts is None else texts[row]

    def _number(self, name: str, row: int) -> tuple[str, str] | None:
        column = next((c for c in self._view.table.columns if c.name == name and c.numeric), None)
        if column is None:
            return None
        value = float(self._view.numbers(column)[row])
        return full(value, column.unit), exact(value, column.unit)


def _age(one: tuple[int, tuple[str, ...]]) -> list[tuple[int, str]]:
    """Of two processes with one pid the one that started last comes last."""
    return [(len(text), text) for text in one[1]]


def _around(rows: list[int], here: int) -> list[int]:
    """As many as are shown, the one the page is about among them."""
    first = min(max(rows.index(here) - MOST // 2, 0), max(len(rows) - MOST, 0))
    return rows[first : first + MOST]
