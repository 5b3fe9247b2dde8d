"""The page of all nodes and the fragment that keeps it up to date."""

from __future__ import annotations

from typing import NamedTuple

from quart import Response, request

from gobs_server.live import Node
from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.tags import Tags, fresh
from gobs_server.web.answers import gone, html, unclear
from gobs_server.web.badges import Badges
from gobs_server.web.cluster.board import Board
from gobs_server.web.cluster.faces import Faces
from gobs_server.web.cluster.heat import Scale, scale_of
from gobs_server.web.cluster.nodes import COLUMNS, FIELDS, PROBLEMS, node_sheet
from gobs_server.web.cluster.past import ClusterPast, cluster_bar
from gobs_server.web.cluster.summary import Summary, summary
from gobs_server.web.cluster.trends import Trends
from gobs_server.web.lists import (
    Asked,
    Form,
    Frame,
    Poll,
    Sheet,
    Tag,
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
from gobs_server.web.rendering import Templates
from gobs_server.web.timebar import asked_moment

LOOKS = {"cards": (40, 400), "table": (80, 500), "heat": (2000, 5000)}
"""Name -> how many items a page is sent at first, and at most at once."""

_QUERIES = 100
"""Different queries whose answers are kept at once."""
_FIELDS = {field.name: field for field in FIELDS}


class Chosen(NamedTuple):
    """What a query makes of the nodes as they are at one version."""

    nodes: list[Node]
    """Those that are meant, in order."""
    sort: tuple[str, ...]
    said: list[str]
    """What of the query cannot be meant."""
    scale: Scale
    summary: Summary


def add_cluster(routes: Routes, services: Services, tags: Tags, templates: Templates) -> None:
    """Add the page of all nodes and its fragment."""
    pages = ClusterPages(services, tags, templates)
    routes.meanwhile("trends", pages.trends.run)

    @routes.get("/", role="viewer")
    async def nodes() -> Response:
        return await pages.page()

    @routes.get("/fragments/nodes", role="viewer")
    async def nodes_fragment() -> Response:
        return await pages.fragment()

    @routes.get("/nodes.csv", role="viewer")
    async def nodes_csv() -> Response:
        return await pages.file("csv")

    @routes.get("/nodes.json", role="viewer")
    async def nodes_json() -> Response:
        return await pages.file("json")


class ClusterPages:
    """Builds them. Lives as long as the app."""

    def __init__(self, services: Services, tags: Tags, templates: Templates) -> None:
        self._services = services
        self._past = ClusterPast(services, tags, templates)
        self._live = services.live
        self._clock = services.clock
        self._troubles = services.troubles
        self._tags = tags
        self._templates = templates
        self._board = Board(services.live, services.clock)
        self.trends = Trends(self._board, services.clock)
        self._faces = Faces(services.live, templates, self._board, self.trends, Badges(services.alerts.keeper))
        self._chosen: dict[Asked, Chosen] = {}
        self._frames: dict[tuple[str, bool], Frame] = {}
        self._version = self._generation = -1

    async def page(self) -> Response:
        """Return the whole page, now or as it was."""
        try:
            there = asked_moment(self._clock.wall())
        except ValueError as error:
            return unclear(self._templates, f"at: {error}", "/")
        if there is not None:
            return await self._past.page(there)
        query, window = _wanted()
        tag = self._tag(query, window)
        content = await self._content(tag, query, window, Poll(-1, frozenset(), all=False))
        following = next_part(query, window, len(self._choose(query).nodes))
        return html(
            self._templates.render(
                "nodes.html",
                tag=tag,
                content=self._templates.raw(content),
                following=following,
                bar=cluster_bar(self._services, None),
            )
        )

    async def fragment(self) -> Response:
        """Return what of the page has changed."""
        try:
            there = asked_moment(self._clock.wall())
        except ValueError as error:
            return gone(self._templates, f"at: {error}")
        if there is not None:
            return await self._past.fragment(there)
        query, window = _wanted()
        tag = self._tag(query, window)
        if (same := fresh(str(tag))) is not None:
            return same
        return unkept(html(await self._content(tag, query, window, poll(tag))), tag)

    async def file(self, form: Form) -> Response:
        """Return all nodes that are meant as a file, now or as they were."""
        try:
            there = asked_moment(self._clock.wall())
        except ValueError as error:
            return unclear(self._templates, f"at: {error}", "/")
        if there is not None:
            return await self._past.file(there, form)
        self._board.refresh()
        query, _ = _wanted()
        sheet = node_sheet(self._board, self._clock)
        rows, _ = matching(sheet, query.filter)
        return download(form, "nodes", sheet, FIELDS, ordered(sheet, rows, _sort(sheet, query)).tolist())

    def _tag(self, query: Asked, window: Window) -> Tag:
        self._board.refresh()
        return tag_of(self._tags, self._faces.version, window, query, sorted(self._troubles().items()))

    async def _content(self, tag: Tag, query: Asked, window: Window, has: Poll) -> bytes:
        chosen = self._choose(query)
        frame = self._frame(tag.view, query, chosen, known=has.since >= 0)
        shown = chosen.nodes[window.first : window.first + window.size]
        items = await self._faces.items(query.view, shown, chosen.scale)
        return answer(frame, items, window, len(chosen.nodes), has)

    def _choose(self, query: Asked) -> Chosen:
        """Return what a query makes of the nodes now; made once for all who ask the same of the same version."""
        if self._version != self._board.version or len(self._chosen) >= _QUERIES:
            self._version = self._board.version
            self._chosen.clear()
            self._frames.clear()
        if self._generation != self._board.generation:
            self._generation = self._board.generation
            self._faces.forget()
        if query not in self._chosen:
            self._chosen[query] = self._make(query)
        return self._chosen[query]

    def _make(self, query: Asked) -> Chosen:
        sheet = node_sheet(self._board, self._clock)
        rows, said = matching(sheet, query.filter)
        sort = _sort(sheet, query)
        nodes = self._board.nodes
        return Chosen(
            [nodes[row] for row in ordered(sheet, rows, sort).tolist()],
            sort,
            said,
            scale_of(query.by, self._board.values),
            summary(self._board),
        )

    def _frame(self, view: str, query: Asked, chosen: Chosen, *, known: bool) -> Frame:
        if (view, known) not in self._frames:
            self._frames[view, known] = Frame.of(
                self._templates.render(
                    "nodes_list.html",
                    query=query,
                    known=known,
                    count=len(self._board.nodes),
                    matching=len(chosen.nodes),
                    headings=[] if known else headings([_FIELDS[name] for name in COLUMNS], chosen.sort, query),
                    sort=chosen.sort,
                    said=chosen.said,
                    scale=chosen.scale,
                    summary=chosen.summary,
                    troubles=self._troubles(),
                )
            )
        return self._frames[view, known]


def _sort(sheet: Sheet, query: Asked) -> tuple[str, ...]:
    return usable(sheet, (f"-{PROBLEMS}" if name == PROBLEMS else name for name in query.sort))


def _wanted() -> tuple[Asked, Window]:
    query = asked(request.args)
    query = query._replace(view=query.view if query.view in LOOKS else "cards")
    return query, Window.asked(*LOOKS[query.view])
