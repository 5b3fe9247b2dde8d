"""All pods of all nodes, as one board: what the newest readings tell of each, made anew only for nodes that changed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gobs_core import Kind
from gobs_server.clock import Clock
from gobs_server.live import Live, Node
from gobs_server.tables import View
from gobs_server.web.lists.sheet import Numbers
from gobs_server.web.pods.columns import CONTAINER, MEASURED, PLACES, POD, TEXTS, THROTTLED, column_of
from gobs_server.web.pods.health import began

_AT_ONCE = 20
"""Nodes taken up before others get their turn; some milliseconds' worth."""
_LARGE, _MOMENT = 100, 1.0
"""Nodes from which on what is shown may be this many seconds old."""
_KIND = "kind"


class Part(NamedTuple):
    """The pods of one node, row by row."""

    node: str
    state: str
    """fresh, stale or down; stale too where the node reports and this table does not."""
    made_from: tuple[int, int, str]
    uids: list[str]
    texts: dict[str, list[str | None]]
    """By the names of TEXTS."""
    began: Numbers
    """Seconds since 1970."""
    numbers: Numbers
    """A line for each pod, a column for each of PLACES."""


class Board:
    """The pods of every node. Lives as long as the app; `refresh` before it is read."""

    def __init__(self, live: Live, clock: Clock) -> None:
        self._live = live
        self._clock = clock
        self._parts: dict[str, Part] = {}
        self._taking = asyncio.Lock()
        self._taken = float("-inf")
        self._seen = -1
        self.version = 0
        """Raised whenever anything of it changes."""
        self.parts: Sequence[Part] = ()
        """Of every node that has pods, by name."""

    async def refresh(self) -> None:
        """Take up what has changed; of a large cluster not at every frame. Others get their turn meanwhile."""
        async with self._taking:
            now = self._clock.monotonic()
            wait = _MOMENT if len(self._parts) >= _LARGE else 0.0
            if self._seen == self._live.version or now < self._taken + wait:
                return
            self._taken, self._seen = now, self._live.version
            parts: dict[str, Part] = {}
            made = 0
            for node in self._live.nodes():
                part = self._parts.get(node.name)
                made_from = self._made_from(node)
                if made_from is not None and (part is None or part.made_from != made_from):
                    pods, containers = node.tables[POD], node.tables.get(CONTAINER)
                    part = part_of(
                        node.name, made_from, pods.view().public, containers.view().public if containers else None
                    )
                    made += 1
                    if made % _AT_ONCE == 0:
                        await asyncio.sleep(0)
                if made_from is not None and part is not None:
                    parts[node.name] = part
            if made or parts.keys() != self._parts.keys():
                self._parts, self.parts = parts, [part for part in parts.values() if part.uids]
                self.version += 1

    def _made_from(self, node: Node) -> tuple[int, int, str] | None:
        pods, containers = node.tables.get(POD), node.tables.get(CONTAINER)
        if pods is None:
            return None
        late = node.state == "fresh" and self._live.overdue(node, pods) is not None
        return pods.version, containers.version if containers else 0, "stale" if late else node.state


def part_of(node: str, made_from: tuple[int, int, str], view: View, containers: View | None) -> Part:
    """Return the pods of one node out of a reading of its pods, and one of their containers."""
    kinds = _texts(view, _KIND)
    rows = [row for row, kind in enumerate(kinds) if kind == POD]
    texts = {name: [column[row] for row in rows] for name in TEXTS for column in (_texts(view, name),)}
    uids = [view.keys[row][0] for row in rows]
    return Part(
        node=node,
        state=made_from[2],
        made_from=made_from,
        uids=uids,
        texts=texts,
        began=np.array([began(text) for text in texts["started"]], dtype=np.float64),
        numbers=_numbers(view, rows, uids, containers),
    )


def _texts(view: View, name: str) -> list[str | None]:
    found = view.infos.get(name)
    return [None] * len(view.keys) if found is None else found


def _numbers(view: View, rows: list[int], uids: list[str], containers: View | None) -> Numbers:
    found = np.full((len(rows), len(PLACES)), np.nan)
    columns = {column.name: column for column in view.table.columns}
    for place, field in enumerate(MEASURED):
        column = columns.get(column_of(field.name))
        if column is not None and column.unit is field.unit and (column.kind is Kind.COUNTER) == field.rate:
            values = view.rates[column.name] if field.rate else view.level(column.name)
            found[:, place] = values[rows]
    if containers is not None:
        found[:, PLACES[THROTTLED.name]] = _worst(containers, uids)
    return found


def _worst(view: View, uids: list[str]) -> Numbers:
    """Return of each pod the highest share of periods that one of its containers was stopped in."""
    worst = dict.fromkeys(uids, np.nan)
    column = next((one for one in view.table.columns if one.name == THROTTLED.name), None)
    if column is None or column.unit is not THROTTLED.unit or column.kind is not Kind.DERIVED:
        return np.array(list(worst.values()))
    for key, value in zip(view.keys, view.level(column.name).tolist(), strict=True):
        uid = key[0]
        if uid in worst and not worst[uid] >= value:
            worst[uid] = value if value == value else worst[uid]  # noqa: PLR0124  NaN
    return np.array(list(worst.values()))
