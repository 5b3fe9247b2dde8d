"""The page of all pods, the fragment that keeps it up to date, and the address of a pod by its name."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from quart import Response, request

from gobs_server.paths import segment
from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.tags import Tags, fresh
from gobs_server.web.answers import gone, html, missing, no_node, unclear
from gobs_server.web.badges import Badges
from gobs_server.web.cluster.past import cluster_bar
from gobs_server.web.lists import (
    Asked,
    Form,
    Frame,
    Item,
    Poll,
    Tag,
    Window,
    answer,
    asked,
    download,
    headings,
    next_part,
    poll,
    tag_of,
    unkept,
)
from gobs_server.web.pods.board import Board
from gobs_server.web.pods.chosen import Chosen, choose, listed, offered, shown_fields
from gobs_server.web.pods.faces import Faces
from gobs_server.web.pods.past import PodsPast
from gobs_server.web.pods.sheet import PodSheet
from gobs_server.web.rendering import Templates
from gobs_server.web.text import visible
from gobs_server.web.timebar import asked_moment

LOOKS = {"table": (80, 500), "heat": (2000, 5000)}
"""Name -> how many items a page is sent at first, and most at once."""
_QUERIES = 50
"""Different queries whose answers are kept at once."""


def add_pods(routes: Routes, services: Services, tags: Tags, templates: Templates) -> None:
    """Add the page of all pods and its fragment."""
    pages = PodsPages(services, tags, templates)

    @routes.get("/pods", role="viewer")
    async def pods() -> Response:
        return await pages.page()

    @routes.get("/fragments/pods", role="viewer")
    async def pods_fragment() -> Response:
        return await pages.fragment()

    @routes.get("/pods.csv", role="viewer")
    async def pods_csv() -> Response:
        return await pages.file("csv")

    @routes.get("/pods.json", role="viewer")
    async def pods_json() -> Response:
        return await pages.file("json")

    @routes.get("/nodes/<name:node>/pods/<name:namespace>/<name:pod>", role="viewer")
    async def pod(node: str, namespace: str, pod: str) -> Response:
        return await pages.by_name(node, namespace, pod)


class PodsPages:
    """Builds them. Lives as long as the app."""

    def __init__(self, services: Services, tags: Tags, templates: Templates) -> None:
        self._services = services
        self._past = PodsPast(services, tags, templates)
        self._live = services.live
        self._clock = services.clock
        self._tags = tags
        self._templates = templates
        self._board = Board(services.live, services.clock)
        self._faces = Faces(services.live, templates, self._board, Badges(services.alerts.keeper))
        self._sheet = PodSheet([], 0.0)
        self._chosen: dict[Asked, Chosen] = {}
        self._frames: dict[tuple[str, bool], Frame] = {}
        self._version = -1

    async def page(self) -> Response:
        """Return the whole page, now or as it was."""
        query, window = _wanted()
        try:
            there = asked_moment(self._clock.wall())
        except ValueError as error:
            return unclear(self._templates, f"at: {error}", "/pods")
        if there is not None:
            return await self._past.page(there, query, window)
        tag = await self._tag(query, window)
        content, total = await self._content(tag, query, window, Poll(-1, frozenset(), all=False))
        following = next_part(query, window, total)
        return html(
            self._templates.render(
                "pods.html",
                tag=tag,
                content=self._templates.raw(content),
                following=following,
                bar=cluster_bar(self._services, None, "/pods"),
            )
        )

    async def fragment(self) -> Response:
        """Return what of the page has changed."""
        query, window = _wanted()
        try:
            there = asked_moment(self._clock.wall())
        except ValueError as error:
            return gone(self._templates, f"at: {error}")
        if there is not None:
            return await self._past.fragment(there, query, window)
        tag = await self._tag(query, window)
        if (same := fresh(str(tag))) is not None:
            return same
        content, _ = await self._content(tag, query, window, poll(tag))
        return unkept(html(content), tag)

    async def file(self, form: Form) -> Response:
        """Return all pods that are meant, or their groups, as a file, now or as they were."""
        query = asked(request.args)
        try:
            there = asked_moment(self._clock.wall())
        except ValueError as error:
            return unclear(self._templates, f"at: {error}", "/pods")
        if there is not None:
            return await self._past.file(there, query, form)
        await self._board.refresh()
        chosen = self._choose(query)
        return download(form, "pods", listed(chosen), list(listed(chosen).fields.values()), chosen.rows)

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

    async def _tag(self, query: Asked, window: Window) -> Tag:
        await self._board.refresh()
        return tag_of(self._tags, self._faces.version, window, query)

    async def _content(self, tag: Tag, query: Asked, window: Window, has: Poll) -> tuple[bytes, int]:
        chosen = self._choose(query)
        frame = self._frame(tag.view, query, chosen, known=has.since >= 0)
        rows = chosen.rows[window.first : window.first + window.size]
        items = await self._items(query, chosen, rows)
        return answer(frame, items, window, len(chosen.rows), has), len(chosen.rows)

    async def _items(self, query: Asked, chosen: Chosen, rows: Sequence[int]) -> list[Item]:
        if chosen.groups is not None:
            return self._faces.groups(chosen.kind, chosen.groups, rows)
        return await self._faces.items(query.view, chosen.sheet, rows, chosen.scale)

    def _choose(self, query: Asked) -> Chosen:
        """Return what a query makes of the pods now; made once for all who ask the same of the same version."""
        if self._version != self._board.version or len(self._chosen) >= _QUERIES:
            self._version = self._board.version
            self._sheet = PodSheet(list(self._board.parts), self._clock.wall())
            self._chosen.clear()
            self._frames.clear()
        if query not in self._chosen:
            self._chosen[query] = choose(self._sheet, query)
        return self._chosen[query]

    def _frame(self, view: str, query: Asked, chosen: Chosen, *, known: bool) -> Frame:
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


def _wanted() -> tuple[Asked, Window]:
    query = asked(request.args)
    view = query.view if query.view in LOOKS and not query.group else "table"
    return query._replace(view=view), Window.asked(*LOOKS[view])
