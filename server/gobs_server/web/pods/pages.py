"""All pods as they are now, in each look of their page, the routes of it, and the address of a pod by its name."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from quart import Response

from gobs_server.paths import segment
from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.tags import Tags
from gobs_server.web.answers import missing, no_node
from gobs_server.web.badges import Badges
from gobs_server.web.everywhere import Chosen, Everywhere, Sent
from gobs_server.web.lists import (
    Asked,
    Frame,
    Item,
    Poll,
    Tag,
    Window,
    answer,
    headings,
    tag_of,
)
from gobs_server.web.pods.board import Board
from gobs_server.web.pods.chosen import Chosen as Selected
from gobs_server.web.pods.chosen import choose, listed, offered, shown_fields
from gobs_server.web.pods.columns import LOOKS
from gobs_server.web.pods.faces import Faces
from gobs_server.web.pods.past import PodsThen
from gobs_server.web.pods.sheet import PodSheet
from gobs_server.web.rendering import Templates
from gobs_server.web.text import visible

_QUERIES = 50
"""Different queries whose answers are kept at once."""


def add_pods(routes: Routes, services: Services, tags: Tags, templates: Templates) -> None:
    """Add the page of all pods, its fragment and its files, and where a pod is found by its name."""
    now = PodsNow(services, tags, templates)
    Everywhere(services, tags, templates, "pods", now, PodsThen(services, templates)).add(routes)

    @routes.get("/nodes/<name:node>/pods/<name:namespace>/<name:pod>", role="viewer")
    async def pod(node: str, namespace: str, pod: str) -> Response:
        return await now.by_name(node, namespace, pod)


class PodsNow:
    """Makes what the page shows of them now. Lives as long as the app."""

    looks = LOOKS

    def __init__(self, services: Services, tags: Tags, templates: Templates) -> None:
        self._live = services.live
        self._clock = services.clock
        self._tags = tags
        self._templates = templates
        self._board = Board(services.live, services.clock)
        self._faces = Faces(services.live, templates, self._board, Badges(services.alerts.keeper))
        self._sheet = PodSheet([], 0.0)
        self._chosen: dict[Asked, Selected] = {}
        self._frames: dict[tuple[str, bool], Frame] = {}
        self._version = -1

    async def tag(self, query: Asked, window: Window) -> Tag:
        """Return what a part is known by."""
        await self._board.refresh()
        return tag_of(self._tags, self._faces.version, window, query)

    async def part(self, query: Asked, window: Window, tag: Tag, has: Poll) -> Sent:
        """Return a part, without what the page has of it."""
        chosen = self._choose(query)
        frame = self._frame(tag.view, query, chosen, known=has.since >= 0)
        rows = chosen.rows[window.first : window.first + window.size]
        items = await self._items(query, chosen, rows)
        return Sent(answer(frame, items, window, len(chosen.rows), has), len(chosen.rows))

    async def chosen(self, query: Asked) -> Chosen:
        """Return all pods that are meant, or their groups, in order."""
        await self._board.refresh()
        selected = self._choose(query)
        sheet = listed(selected)
        return Chosen(sheet, list(sheet.fields.values()), selected.rows)

    async def by_name(self, node: str, namespace: str, name: str) -> Response:
        """Lead to the page of a pod by the name it has now."""
        if self._live.node(node) is None:
            return missing(self._templates, no_node(node))
        await self._board.refresh()
        for part in self._board.parts:
            for uid, *names in zip(part.uids, part.texts["namespace"], part.texts["name"], strict=True):
                if part.node == node and names == [namespace, name]:
                    path = f"/nodes/{segment(node)}/workloads/{segment(uid)}"
                    return Response(b"", 302, {"Location": path})
        said = f"Node {node[:200]!r} has no pod {visible(namespace)[:200]}/{visible(name)[:200]} now."
        onward = [
            (f"/pods?filter={quote(name[:100])}", "Pods of this name"),
            (f"/nodes/{segment(node)}", visible(node)),
        ]
        return missing(self._templates, said, onward)

    async def _items(self, query: Asked, chosen: Selected, rows: Sequence[int]) -> list[Item]:
        if chosen.groups is not None:
            return self._faces.groups(chosen.kind, chosen.groups, rows)
        return await self._faces.items(query.view, chosen.sheet, rows, chosen.scale)

    def _choose(self, query: Asked) -> Selected:
        """Return what a query makes of the pods now; made once for all who ask the same of the same version."""
        if self._version != self._board.version or len(self._chosen) >= _QUERIES:
            self._version = self._board.version
            self._sheet = PodSheet(list(self._board.parts), self._clock.wall())
            self._chosen.clear()
            self._frames.clear()
        if query not in self._chosen:
            self._chosen[query] = choose(self._sheet, query)
        return self._chosen[query]

    def _frame(self, view: str, query: Asked, chosen: Selected, *, known: bool) -> Frame:
        if (view, known) not in self._frames:
            self._frames[view, known] = Frame.of(
                self._templates.render(
                    "pods_list.html",
                    known=known,
                    headings=[] if known else headings(shown_fields(chosen), chosen.sort, query),
                    past=None,
                    **offered(query, chosen),
                )
            )
        return self._frames[view, known]
