"""All nodes as they were at a moment: the numbers they are summed up in, read out of the history of each."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import NamedTuple

import numpy as np
from quart import Response, request

from gobs_core import Unit
from gobs_server.history import Past
from gobs_server.live import View
from gobs_server.paths import segment
from gobs_server.services import Services
from gobs_server.tags import Tags, fresh
from gobs_server.web.answers import html
from gobs_server.web.headlines import HEADLINES, Value, in_order, shown, value_then
from gobs_server.web.lists import (
    Asked,
    Field,
    Frame,
    Item,
    Numbers,
    Poll,
    Sheet,
    Texts,
    Window,
    answer,
    asked,
    headings,
    matching,
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

_KEPT = 8
"""Moments of which what was read is kept."""
_ROWS = (100, 500)
"""Rows a page is sent at first, and at most at once."""
_DEADLINE = 10.0
"""Seconds after which those nodes are left out that have not been read."""
_READ, _NOTHING, _LATE = "read", "nothing kept", "not read in time"
_TABLES = in_order({headline.table for headline in HEADLINES})
_FIELDS = (
    Field("node", "node", "key", help="The node's name"),
    Field("state", "reading", "info", help="Whether anything is kept of it as it was then"),
    *(Field(one.name, one.label, "number", one.unit, one.rate, one.help) for one in HEADLINES),
)


class Then(NamedTuple):
    """All nodes at one moment."""

    names: list[str]
    states: list[str]
    values: Numbers
    """A line for each node, a column for each of HEADLINES."""


class Row(NamedTuple):
    """One node, ready to be shown."""

    id: str
    path: str
    name: str
    state: str
    values: list[Value]


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
        content = await self._content(there, Window.asked(*_ROWS), Poll(-1, frozenset(), all=False))
        return html(
            self._templates.render(
                "nodes_past.html",
                past=there,
                bar=cluster_bar(self._services, there),
                content=self._templates.raw(content),
            )
        )

    async def fragment(self, there: Looking) -> Response:
        """Return what a page lacks."""
        window = Window.asked(*_ROWS)
        tag = tag_of(self._tags, 0, window, asked(request.args), there)
        return fresh(str(tag)) or unkept(html(await self._content(there, window, poll(tag))), tag)

    async def _content(self, there: Looking, window: Window, has: Poll) -> bytes:
        then, query = await self._then(there.at), asked(request.args)
        return await asyncio.to_thread(self._make, there, then, query, window, has)

    def _make(self, there: Looking, then: Then, query: Asked, window: Window, has: Poll) -> bytes:
        query = query._replace(at=there.written["at"], against="")
        sheet = _sheet(then)
        rows, said = matching(sheet, query.filter)
        sort = usable(sheet, query.sort)
        found = ordered(sheet, rows, sort).tolist()
        frame = self._templates.render(
            "nodes_past_list.html",
            query=query,
            past=there,
            said=said,
            headings=headings(_FIELDS, sort, query),
            count=len(then.names),
            matching=len(found),
            lacking=len([state for state in then.states if state != _READ]),
        )
        shown_rows = [_row(then, row, there) for row in found[window.first : window.first + window.size]]
        rendered = self._templates.render("nodes_past_rows.html", rows=shown_rows).split(b"\0")
        items = [Item(row.id, row.id, 0, content) for row, content in zip(shown_rows, rendered, strict=False)]
        return answer(Frame.of(frame), items, window, len(found), has)

    async def _then(self, moment: float) -> Then:
        async with self._lock:
            then = self._kept.get(moment)
            if then is None:
                names = sorted((node.name for node in self._services.live.nodes()), key=natural)
                pasts = [self._services.history.past(name) for name in names]
                then = self._kept[moment] = await asyncio.to_thread(_read, names, pasts, moment)
            self._kept.move_to_end(moment)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return then


def cluster_bar(services: Services, there: Looking | None) -> TimeBar | None:
    """Return the times of the page of all nodes."""
    spans = [span for node in services.live.nodes() if (span := services.history.span(node.name)) is not None]
    whole = (min(span[0] for span in spans), max(span[1] for span in spans)) if spans else None
    step = min((node.interval for node in services.live.nodes() if node.interval), default=5.0)
    return timebar(services.clock.wall(), whole, "/", there, step, compare=False)


def _read(names: list[str], pasts: list[Past], moment: float) -> Then:
    """Read all nodes; in a thread, for it takes milliseconds for each of them."""
    values, states = np.full((len(names), len(HEADLINES)), np.nan), [_LATE] * len(names)
    deadline = time.monotonic() + _DEADLINE
    for line, past in enumerate(pasts):
        if time.monotonic() > deadline:
            break
        views: dict[str, View] = {}
        for table in _TABLES:
            view = past.at(table, moment)
            if view is not None:
                views[table] = view
        states[line] = _READ if views else _NOTHING
        values[line] = [value_then(views, headline) for headline in HEADLINES]
        time.sleep(0)  # let the event loop have its turn
    return Then(names, states, values)


def _sheet(then: Then) -> Sheet:
    places = {headline.name: place for place, headline in enumerate(HEADLINES)}

    def texts(name: str) -> Texts:
        return then.names if name == "node" else then.states

    return Sheet(_FIELDS, len(then.names), texts, lambda name: then.values[:, places[name]])


def _row(then: Then, row: int, there: Looking) -> Row:
    name, state = then.names[row], then.states[row]
    reason = "nothing is kept of it of that moment" if state == _READ else state
    values = [
        shown(headline, float(value), reason, alone=headline.unit is Unit.NONE)
        for headline, value in zip(HEADLINES, then.values[row].tolist(), strict=True)
    ]
    return Row(ident("node", name), there.under(f"/nodes/{segment(name)}"), visible(name), state, values)
