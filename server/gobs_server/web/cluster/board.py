"""The numbers all nodes are summed up in, in one matrix: made anew only for nodes that have changed."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from operator import attrgetter, is_
from typing import NamedTuple

import numpy as np

from gobs_core import Column, Kind
from gobs_server.clock import Clock
from gobs_server.live import Live, LiveTable, Node, rows_of, totals_of
from gobs_server.live.live import MISSED
from gobs_server.web.headlines import HEADLINES, PLACES, Headline
from gobs_server.web.lists.ordering import natural
from gobs_server.web.lists.sheet import Numbers

_LARGE = 100
"""Nodes from which on what is shown may be a moment old."""
_MOMENT = 0.4
"""Seconds; a poll comes every two."""
CPUS = len(HEADLINES)
"""The place, after those of HEADLINES, of how many CPUs a node has."""


class _Source(NamedTuple):
    """Headlines that come from one table: totals, or one column of several rows."""

    table: str
    keys: tuple[tuple[str, ...], ...] | None
    headlines: list[Headline]

    @property
    def places(self) -> list[int]:
        """Their places."""
        return [PLACES[headline.name] for headline in self.headlines]

    def fits(self, column: Column) -> bool:
        """Whether a column that is called as a headline says is what it says."""
        return any(
            one.column == column.name and one.unit is column.unit and one.rate == (column.kind is Kind.COUNTER)
            for one in self.headlines
        )

    def values(self, tables: Sequence[LiveTable]) -> Numbers:
        """A line for each table, with what the headlines say."""
        if self.keys is None:
            return totals_of(tables, [headline.column for headline in self.headlines], fits=self.fits)
        return rows_of(tables, [self.headlines[0].column], self.keys, fits=self.fits)[:, :, 0]


class Board:
    """The headlines of every node. Lives as long as the app; `refresh` before it is read, and no await in between."""

    def __init__(self, live: Live, clock: Clock) -> None:
        self._live = live
        self._clock = clock
        self.version = -1
        """The version of `Live` it shows."""
        self.nodes: list[Node] = []
        """By name, as people count: `n2` before `n10`."""
        self.values: Numbers = np.empty((0, CPUS + 1))
        """A line for each node, in their order; a column for each of HEADLINES and for CPUS."""
        self.generation = 0
        """Raised whenever nodes come or go."""
        self._taken = float("-inf")
        self._members: list[Node] = []
        self._places: dict[str, int] = {}
        self._versions: list[int] = []

    def refresh(self, *, now: bool = False) -> None:
        """Take up what has changed; of a large cluster not at every frame, unless that is wanted `now`.

        What is a moment old is shared by all who look within it.
        """
        moment = self._clock.monotonic()
        wait = _MOMENT if len(self.nodes) >= _LARGE and not now else 0.0
        if self.version == self._live.version or moment < self._taken + wait:
            return
        self._taken = moment
        members = self._live.nodes()
        if len(members) != len(self._members) or not all(map(is_, members, self._members)):
            self._rearrange(members)
        versions = list(map(attrgetter("version"), self.nodes))
        changed = [place for place, (now, then) in enumerate(zip(versions, self._versions, strict=True)) if now != then]
        if changed:
            self.values[changed] = self._values([self.nodes[place] for place in changed])
        self._versions, self.version = versions, self._live.version

    def lines(self, nodes: Sequence[Node]) -> list[list[float]]:
        """The values of some nodes; nothing is known of one that was forgotten meanwhile."""
        places = [self._places.get(node.name, -1) for node in nodes]
        found = self.values[[place for place in places if place >= 0]].tolist()
        nothing = [nan] * (CPUS + 1)
        return [nothing if place < 0 else found.pop(0) for place in places]

    def versions(self, nodes: Sequence[Node]) -> list[int]:
        """Of which version of each node its values are; -1: of none."""
        places = [self._places.get(node.name, -1) for node in nodes]
        return [self._versions[place] if place >= 0 else -1 for place in places]

    def _rearrange(self, members: list[Node]) -> None:
        """Take up which nodes there are; of those that stay, what is known stays."""
        old = {id(node): place for place, node in enumerate(self.nodes)}
        nodes = sorted(members, key=lambda node: natural(node.name))
        before = [old.get(id(node), -1) for node in nodes]
        self._versions = [self._versions[place] if place >= 0 else -1 for place in before]
        self.values = np.concatenate((self.values, np.full((1, CPUS + 1), np.nan)))[before]
        self.nodes, self._members = nodes, members
        self.generation += 1
        self._places = {node.name: place for place, node in enumerate(nodes)}

    def _values(self, nodes: Sequence[Node]) -> Numbers:
        found = np.full((len(nodes), CPUS + 1), np.nan)
        due = [self._live.due(node) for node in nodes]
        for name, sources in _SOURCES.items():
            lines: list[int] = []
            tables: list[LiveTable] = []
            for line, node in enumerate(nodes):
                table = node.tables.get(name)
                if table is not None and table.read + MISSED * table.interval >= due[line]:
                    lines.append(line)
                    tables.append(table)
            for source in sources if tables else ():
                found[np.ix_(lines, source.places)] = source.values(tables)
            if name == "cpu" and tables:  # one row is the sum of all others
                found[lines, CPUS] = [table.rows - 1 or np.nan for table in tables]
        return found


def _sources() -> dict[str, list[_Source]]:
    found: dict[str, list[_Source]] = {}
    for headline in HEADLINES:
        of_table = found.setdefault(headline.table, [])
        source = next((one for one in of_table if (one.keys is None) == (headline.key is None)), None)
        if source is not None:
            of_table.remove(source)
        before = source.headlines if source else []
        some = [*before, headline]
        keys = None if headline.key is None else tuple(one.key for one in some if one.key is not None)
        of_table.append(_Source(headline.table, keys, some))
    return found


_SOURCES = _sources()
"""By table."""
