"""All nodes as they are now, in each look of their page, and the routes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gobs_server.live import Node
from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.tags import Tags
from gobs_server.web.badges import Badges
from gobs_server.web.cluster.board import Board
from gobs_server.web.cluster.faces import Faces
from gobs_server.web.cluster.heat import Scale, scale_of
from gobs_server.web.cluster.nodes import COLUMNS, FIELDS, PROBLEMS, node_sheet
from gobs_server.web.cluster.past import NodesThen
from gobs_server.web.cluster.summary import Summary, summary
from gobs_server.web.cluster.trends import Trends
from gobs_server.web.everywhere import Chosen, Everywhere, Sent
from gobs_server.web.lists import (
    Asked,
    Frame,
    Poll,
    Sheet,
    Tag,
    Window,
    answer,
    headings,
    matching,
    ordered,
    tag_of,
    usable,
)
from gobs_server.web.rendering import Templates

LOOKS: Mapping[str, tuple[int, int]] = {"cards": (40, 400), "table": (80, 500), "heat": (2000, 5000)}
"""Name -> how many items a page is sent at first, and at most at once."""

_QUERIES = 100
"""Different queries whose answers are kept at once."""
_FIELDS = {field.name: field for field in FIELDS}


class Selected(NamedTuple):
    """What a query makes of the nodes as they are at one version."""

    nodes: list[Node]
    """Those that are meant, in order."""
    sort: tuple[str, ...]
    said: list[str]
    """What of the query cannot be meant."""
    scale: Scale
    summary: Summary


def add_cluster(routes: Routes, services: Services, tags: Tags, templates: Templates) -> None:
    """Add the page of all nodes, its fragment and its files."""
    now = NodesNow(services, tags, templates)
    routes.meanwhile("trends", now.trends.run)
    Everywhere(services, tags, templates, "nodes", now, NodesThen(services, templates), path="/").add(routes)


class NodesNow:
    """Makes what the page shows of them now. Lives as long as the app."""

    looks = LOOKS

    def __init__(self, services: Services, tags: Tags, templates: Templates) -> None:
        self._clock = services.clock
        self._troubles = services.troubles
        self._tags = tags
        self._templates = templates
        self._board = Board(services.live, services.clock)
        self.trends = Trends(self._board, services.clock)
        self._faces = Faces(services.live, templates, self._board, self.trends, Badges(services.alerts.keeper))
        self._chosen: dict[Asked, Selected] = {}
        self._frames: dict[tuple[str, bool], Frame] = {}
        self._version = self._generation = -1

    async def tag(self, query: Asked, window: Window) -> Tag:
        """Return what a part is known by."""
        self._board.refresh()
        return tag_of(self._tags, self._faces.version, window, query, sorted(self._troubles().items()))

    async def part(self, query: Asked, window: Window, tag: Tag, has: Poll) -> Sent:
        """Return a part, without what the page has of it."""
        chosen = self._choose(query)
        frame = self._frame(tag.view, query, chosen, known=has.since >= 0)
        shown = chosen.nodes[window.first : window.first + window.size]
        items = await self._faces.items(query.view, shown, chosen.scale)
        return Sent(answer(frame, items, window, len(chosen.nodes), has), len(chosen.nodes))

    async def chosen(self, query: Asked) -> Chosen:
        """Return all nodes that are meant, in order."""
        self._board.refresh()
        sheet = node_sheet(self._board, self._clock)
        rows, _ = matching(sheet, query.filter)
        return Chosen(sheet, FIELDS, ordered(sheet, rows, _sort(sheet, query)).tolist())

    def _choose(self, query: Asked) -> Selected:
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

    def _make(self, query: Asked) -> Selected:
        sheet = node_sheet(self._board, self._clock)
        rows, said = matching(sheet, query.filter)
        sort = _sort(sheet, query)
        nodes = self._board.nodes
        return Selected(
            [nodes[row] for row in ordered(sheet, rows, sort).tolist()],
            sort,
            said,
            scale_of(query.by, self._board.values),
            summary(self._board),
        )

    def _frame(self, view: str, query: Asked, chosen: Selected, *, known: bool) -> Frame:
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
