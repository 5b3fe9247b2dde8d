"""All pods as they were at a moment, or what has changed of them between two, in each look of their page."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from gobs_server.history import Past
from gobs_server.paths import segment
from gobs_server.services import Services
from gobs_server.web.everywhere import Chosen, Sent
from gobs_server.web.lists import (
    CHANGE,
    Asked,
    Compared,
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
from gobs_server.web.looking import Looking
from gobs_server.web.pods.board import Part, part_of
from gobs_server.web.pods.chosen import choose, listed, offered, shown_fields
from gobs_server.web.pods.columns import AGE, CONTAINER, LOOKS, POD, PROBLEMS, SHOWN
from gobs_server.web.pods.faces import group_id
from gobs_server.web.pods.sheet import PodSheet
from gobs_server.web.pods.shown import Number, Shown, difference, group, shown
from gobs_server.web.read_moments import ReadMoments
from gobs_server.web.rendering import Templates
from gobs_server.web.text import ident, visible

_DEADLINE = 10.0
"""Seconds after which those nodes are left out that have not been read."""
_BY_CHANGE = (CHANGE, "node", "namespace", "pod")
"""The order of what has changed, unless another is asked for."""


class Then(NamedTuple):
    """The pods of all nodes at one moment."""

    sheet: PodSheet
    lacking: int
    """Nodes that tell of pods now, of which nothing is known of that moment."""


class Change(NamedTuple):
    """A pod that is not the same at both moments, ready to be shown."""

    id: str
    path: str
    texts: list[str]
    numbers: list[Number]


class PodsThen:
    """Makes them. Lives as long as the app."""

    looks = LOOKS

    def __init__(self, services: Services, templates: Templates) -> None:
        live = services.live
        self._templates = templates
        self._moments = ReadMoments(
            services.history, lambda: sorted(node.name for node in live.nodes() if POD in node.tables), _read
        )

    async def part(self, there: Looking, query: Asked, window: Window, has: Poll) -> Sent:
        """Return a part, without what the page has of it."""
        then, earlier = await self._two(there)
        if earlier is None:
            return await asyncio.to_thread(self._whole, there, then, query, window, has)
        return await asyncio.to_thread(self._changes, there, then, earlier, query, window, has)

    async def chosen(self, there: Looking, query: Asked) -> Chosen:
        """Return all pods that are meant, their groups or their changes, in order."""
        return await asyncio.to_thread(_chosen, *await self._two(there), query)

    async def _two(self, there: Looking) -> tuple[Then, Then | None]:
        """Read what is shown, and what that is compared with."""
        earlier = None if there.against is None else await self._moments.at(there.against)
        return await self._moments.at(there.at), earlier

    def _whole(self, there: Looking, then: Then, query: Asked, window: Window, has: Poll) -> Sent:
        chosen = choose(then.sheet, query)
        frame = self._templates.render(
            "pods_list.html",
            known=False,
            headings=headings(shown_fields(chosen), chosen.sort, query),
            past=there,
            lacking=then.lacking,
            **offered(query, chosen),
        )
        rows = chosen.rows[window.first : window.first + window.size]
        if chosen.groups is not None:
            sums, kind = chosen.groups, chosen.kind
            names = [group_id(kind, sums.texts("group")[row]) for row in rows]
            lines = [group(name, kind, sums, row) for name, row in zip(names, rows, strict=True)]
            contents = self._templates.each("pod_groups.html", groups=lines, moments=there.written)
        else:
            where = then.sheet.where()
            names = [ident(POD, where[row][0].node, where[row][0].uids[where[row][1]]) for row in rows]
            pods = [
                (_then_shown(shown(name, then.sheet, where[row], row, {}, chosen.scale), there), None)
                for name, row in zip(names, rows, strict=True)
            ]
            look = f"pod_{query.view}.html"
            contents = self._templates.each(look, pods=pods, label=chosen.scale.label, moments=there.written)
        items = [Item(name, name, 0, one) for name, one in zip(names, contents, strict=True)]
        return Sent(answer(Frame.of(frame), items, window, len(chosen.rows), has), len(chosen.rows))

    def _changes(self, there: Looking, then: Then, earlier: Then, query: Asked, window: Window, has: Poll) -> Sent:
        keys = _keys(then.sheet), _keys(earlier.sheet)
        found = _compared(then, earlier)
        sheet = found.sheet
        rows, said = matching(sheet, query.filter)
        if query.group:
            said.append("pods are not taken together where two moments are compared")
        sort = usable(sheet, query.sort)
        chosen = ordered(sheet, rows, sort or _BY_CHANGE).tolist()
        fields = [sheet.fields[name] for name in ("pod", CHANGE, *SHOWN[1:]) if name != AGE.name]
        frame = self._templates.render(
            "pods_changes.html",
            query=query,
            past=there,
            said=said,
            headings=headings(fields, sort, query),
            count=sheet.count,
            matching=len(chosen),
            changes=Counter(sheet.texts(CHANGE)),
            same=found.same,
        )
        made = []
        for row in chosen[window.first : window.first + window.size]:
            here, before = found.pairs[row]
            gone = here is None
            node, uid = keys[1][before] if here is None and before is not None else keys[0][here or 0]
            path = (Looking(there.against or 0.0, None) if gone else there).under(
                f"/nodes/{segment(node)}/workloads/{segment(uid)}"
            )
            texts = [visible(sheet.texts(one.name)[row] or "") for one in fields if not one.numeric]
            numbers = [
                difference(one, float(sheet.numbers(one.name)[row]), found.note(row, one.name))
                for one in fields
                if one.numeric
            ]
            made.append(Change(ident(POD, node, uid), path, texts, numbers))
        contents = self._templates.each("pods_changes_rows.html", pods=made)
        items = [Item(one.id, one.id, 0, content) for one, content in zip(made, contents, strict=True)]
        return Sent(answer(Frame.of(frame), items, window, len(chosen), has), len(chosen))


def _read(names: Sequence[str], pasts: Sequence[Past], moment: float) -> Then:
    """Read the pods of all nodes; in a thread, for it takes milliseconds for each of them."""
    parts: list[Part] = []
    read, deadline = 0, time.monotonic() + _DEADLINE
    for name, past in zip(names, pasts, strict=True):
        if time.monotonic() > deadline:
            break
        pods, containers = past.at(POD, moment), past.at(CONTAINER, moment)
        if pods is not None:
            read += 1
            part = part_of(name, (0, 0, "fresh"), pods.public, None if containers is None else containers.public)
            if part.uids:
                parts.append(part)
        time.sleep(0)  # let the event loop have its turn
    return Then(PodSheet(parts, moment), len(names) - read)


def _chosen(then: Then, earlier: Then | None, query: Asked) -> Chosen:
    if earlier is None:
        made = choose(then.sheet, query)
        sheet, meant = listed(made), made.rows
    else:
        sheet = _compared(then, earlier).sheet
        rows, _ = matching(sheet, query.filter)
        meant = ordered(sheet, rows, usable(sheet, query.sort) or _BY_CHANGE).tolist()
    return Chosen(sheet, list(sheet.fields.values()), meant)


def _compared(then: Then, earlier: Then) -> Compared:
    keys = _keys(then.sheet), _keys(earlier.sheet)
    return Compared(then.sheet, earlier.sheet, keys, aside=(AGE.name, PROBLEMS.name))


def _then_shown(pod: Shown, there: Looking) -> Shown:
    return pod._replace(path=there.under(pod.path), node_segment=there.under(pod.node_segment))


def _keys(sheet: PodSheet) -> list[tuple[str, str]]:
    return [(part.node, part.uids[row]) for part, row in sheet.where()]
