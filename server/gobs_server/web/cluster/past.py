"""The page of all nodes as they were at a moment, or of what has changed of them between two, in each of its looks."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from typing import NamedTuple

import numpy as np
from quart import Response, request

from gobs_server.paths import segment
from gobs_server.services import Services
from gobs_server.tags import Tags, fresh
from gobs_server.web.answers import html
from gobs_server.web.cluster.heat import Scale, scale_of, scale_of_changes
from gobs_server.web.cluster.looks import Face, tile, told_of
from gobs_server.web.cluster.summary import sums
from gobs_server.web.cluster.then import CHANGES, FIELDS, READ, Then, difference, read
from gobs_server.web.headlines import PLACES, Value
from gobs_server.web.lists import (
    Asked,
    Field,
    Form,
    Frame,
    Item,
    Poll,
    Sheet,
    Window,
    answer,
    asked,
    download,
    headings,
    matching,
    next_part,
    ordered,
    poll,
    tag_of,
    unkept,
    usable,
)
from gobs_server.web.lists.ordering import natural
from gobs_server.web.looking import Looking
from gobs_server.web.rendering import Templates
from gobs_server.web.text import ident, visible
from gobs_server.web.timebar import TimeBar, timebar

LOOKS = {"table": (100, 500), "cards": (40, 400), "heat": (2000, 5000)}
"""Name -> how many items a page is sent at first, and most at once; the first is the usual one."""
_KEPT = 8
"""Moments of which what was read is kept."""


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


class Made(NamedTuple):
    """A part of the list as it was."""

    content: bytes
    total: int


class ClusterPast:
    """Builds the page. Lives as long as the app; what was read of a moment is kept for whoever looks at it next."""

    def __init__(self, services: Services, tags: Tags, templates: Templates) -> None:
        self._services = services
        self._tags = tags
        self._templates = templates
        self._kept: OrderedDict[float, Then] = OrderedDict()
        self._lock = asyncio.Lock()

    async def page(self, there: Looking) -> Response:
        """Return the whole page."""
        query, window = _wanted(there)
        made = await self._made(there, query, window, Poll(-1, frozenset(), all=False))
        return html(
            self._templates.render(
                "nodes_past.html",
                past=there,
                bar=cluster_bar(self._services, there),
                content=self._templates.raw(made.content),
                following=next_part(query, window, made.total),
            )
        )

    async def fragment(self, there: Looking) -> Response:
        """Return what a page lacks."""
        query, window = _wanted(there)
        tag = tag_of(self._tags, 0, window, query)
        return fresh(str(tag)) or unkept(html((await self._made(there, query, window, poll(tag))).content), tag)

    async def file(self, there: Looking, form: Form) -> Response:
        """Return all nodes that are meant as a file."""
        query, _ = _wanted(there)
        then, earlier = await self._moments(there)
        sheet, rows = await asyncio.to_thread(_listed, then, earlier, query)
        called = "-".join(("nodes", *there.written.values()))
        return download(form, called, sheet, list(sheet.fields.values()), rows)

    async def _moments(self, there: Looking) -> tuple[Then, Then | None]:
        """Read what is shown, and what that is compared with."""
        return await self._then(there.at), None if there.against is None else await self._then(there.against)

    async def _made(self, there: Looking, query: Asked, window: Window, has: Poll) -> Made:
        then, earlier = await self._moments(there)
        return await asyncio.to_thread(self._make, there, then, earlier, query, window, has)

    def _make(self, there: Looking, then: Then, earlier: Then | None, query: Asked, window: Window, has: Poll) -> Made:
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
        return Made(answer(Frame.of(frame), items, window, len(found), has), len(found))

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

    async def _then(self, moment: float) -> Then:
        async with self._lock:
            then = self._kept.get(moment)
            if then is None:
                names = sorted((node.name for node in self._services.live.nodes()), key=natural)
                pasts = [self._services.history.past(name) for name in names]
                then = self._kept[moment] = await asyncio.to_thread(read, names, pasts, moment)
            self._kept.move_to_end(moment)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return then


def cluster_bar(services: Services, there: Looking | None, path: str = "/") -> TimeBar | None:
    """Return the times of a page about all nodes."""
    spans = [span for node in services.live.nodes() if (span := services.history.span(node.name)) is not None]
    whole = (min(span[0] for span in spans), max(span[1] for span in spans)) if spans else None
    step = min((node.interval for node in services.live.nodes() if node.interval), default=5.0)
    return timebar(services.clock.wall(), whole, path, there, step)


def _listed(then: Then, earlier: Then | None, query: Asked) -> tuple[Sheet, list[int]]:
    """Return the nodes, or how they differ, and those that are meant, in order."""
    sheet = (then if earlier is None else difference(then, earlier)).sheet()
    rows, _ = matching(sheet, query.filter)
    return sheet, ordered(sheet, rows, usable(sheet, query.sort)).tolist()


def _wanted(there: Looking) -> tuple[Asked, Window]:
    query = asked(request.args)
    view = query.view if query.view in LOOKS else next(iter(LOOKS))
    query = query._replace(view=view, at=there.written["at"], against=there.written.get("against", ""))
    return query, Window.asked(*LOOKS[view])


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
