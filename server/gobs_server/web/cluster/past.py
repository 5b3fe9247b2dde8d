"""All nodes as they were at a moment, or what has changed of them between two, in each look of their page."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from gobs_server.paths import segment
from gobs_server.services import Services
from gobs_server.web.cluster.heat import Scale, scale_of, scale_of_changes
from gobs_server.web.cluster.looks import Face, tile, told_of
from gobs_server.web.cluster.summary import sums
from gobs_server.web.cluster.then import CHANGES, FIELDS, READ, Then, difference, read
from gobs_server.web.everywhere import Chosen, Sent
from gobs_server.web.headlines import PLACES, Value
from gobs_server.web.lists import (
    Asked,
    Field,
    Frame,
    Item,
    Poll,
    Window,
    answer,
    headings,
    matching,
    ordered,
    usable,
)
from gobs_server.web.lists.ordering import natural
from gobs_server.web.looking import Looking
from gobs_server.web.read_moments import ReadMoments
from gobs_server.web.rendering import Templates
from gobs_server.web.text import ident, visible

LOOKS: Mapping[str, tuple[int, int]] = {"table": (100, 500), "cards": (40, 400), "heat": (2000, 5000)}
"""Name -> how many items a page is sent at first, and most at once; the first is the usual one."""


class Node(NamedTuple):
    """One node, ready to be shown in a card or a row."""

    id: str
    path: str
    name: str
    state: str
    values: dict[str, Value]
    shares: list[tuple[str, float, float]]
    told: str
    """What the CPUs' time was spent on, in words."""
    memory: str
    total: str


class NodesThen:
    """Makes them. Lives as long as the app."""

    looks = LOOKS

    def __init__(self, services: Services, templates: Templates) -> None:
        live = services.live
        self._templates = templates
        self._moments = ReadMoments(
            services.history, lambda: sorted((node.name for node in live.nodes()), key=natural), read
        )

    async def part(self, there: Looking, query: Asked, window: Window, has: Poll) -> Sent:
        """Return a part, without what the page has of it."""
        then, earlier = await self._two(there)
        return await asyncio.to_thread(self._make, there, then, earlier, query, window, has)

    async def chosen(self, there: Looking, query: Asked) -> Chosen:
        """Return all nodes that are meant, or how they differ, in order."""
        then, earlier = await self._two(there)
        return await asyncio.to_thread(_chosen, then, earlier, query)

    async def _two(self, there: Looking) -> tuple[Then, Then | None]:
        """Read what is shown, and what that is compared with."""
        earlier = None if there.against is None else await self._moments.at(there.against)
        return await self._moments.at(there.at), earlier

    def _make(self, there: Looking, then: Then, earlier: Then | None, query: Asked, window: Window, has: Poll) -> Sent:
        shown = then if earlier is None else difference(then, earlier)
        sheet = shown.sheet()
        rows, said = matching(sheet, query.filter)
        sort = usable(sheet, query.sort)
        found = ordered(sheet, rows, sort).tolist()
        scale = scale_of(query.by, shown.values) if earlier is None else scale_of_changes(query.by, shown.differences())
        fields: tuple[Field, ...] = FIELDS if earlier is None else CHANGES
        frame = self._templates.render(
            "nodes_past_list.html",
            query=query,
            past=there,
            said=said,
            headings=headings(fields, sort, query),
            sort=sort,
            count=len(shown.names),
            matching=len(found),
            same=shown.same,
            lacking=shown.lacking,
            scale=scale,
            changes=None if earlier is None else Counter(shown.states),
            sums=sums(then.read, len(then.names)) if earlier is None else [],
        )
        part = found[window.first : window.first + window.size]
        names = [ident("node", shown.names[row]) for row in part]
        contents = self._items(shown, part, there, query.view, scale)
        items = [Item(name, name, 0, content) for name, content in zip(names, contents, strict=True)]
        return Sent(answer(Frame.of(frame), items, window, len(found), has), len(found))

    def _items(self, then: Then, rows: list[int], there: Looking, look: str, scale: Scale) -> list[bytes]:
        if look == "heat":
            place, values = PLACES[scale.name], np.abs(then.differences())
            tiles = [
                tile(
                    Face(ident("node", then.names[row]), _leading(then, row, there), visible(then.names[row])),
                    then.states[row],
                    float(values[row, place]),
                    then.shown(row, alone=False)[place][1:3],
                    scale,
                )
                for row in rows
            ]
            return self._templates.each("node_tiles.html", tiles=[(one, None) for one in tiles])
        nodes = [_node(then, row, there, alone=look == "cards") for row in rows]
        return self._templates.each(f"nodes_past_{'cards' if look == 'cards' else 'rows'}.html", nodes=nodes)


def _chosen(then: Then, earlier: Then | None, query: Asked) -> Chosen:
    sheet = (then if earlier is None else difference(then, earlier)).sheet()
    rows, _ = matching(sheet, query.filter)
    return Chosen(sheet, list(sheet.fields.values()), ordered(sheet, rows, usable(sheet, query.sort)).tolist())


def _leading(then: Then, row: int, there: Looking) -> str:
    """Where a node leads, below `/nodes/`: to the same moments; where it has gone, to the one it was there at."""
    gone = there.against is not None and then.states[row] == "gone"
    return (Looking(there.against or 0.0, None) if gone else there).under(segment(then.names[row]))


def _node(then: Then, row: int, there: Looking, *, alone: bool) -> Node:
    name, state = then.names[row], then.states[row]
    values = dict(zip(PLACES, then.shown(row, alone=alone), strict=True))
    shares, told, memory, total = told_of(then.values[row].tolist())
    whole = then.before is None
    return Node(
        ident("node", name),
        f"/nodes/{_leading(then, row, there)}",
        visible(name),
        "" if state == READ else state,
        values,
        shares if whole else [],
        f"{values['cpu'].title}; {told}" if whole else values["cpu"].title,
        f"{values['memory'].title}; {memory}" if whole else values["memory"].title,
        total if whole else "",
    )
