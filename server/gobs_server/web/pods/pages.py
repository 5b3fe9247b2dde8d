"""The page of all pods, the fragment that keeps it up to date, and the address of a pod by its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote

from quart import Response, request

from gobs_server.paths import segment
from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.tags import Tags, fresh
from gobs_server.web.answers import html, missing, no_node
from gobs_server.web.badges import Badges
from gobs_server.web.cluster.heat import Scale, scale_over
from gobs_server.web.lists import (
    Asked,
    Field,
    Frame,
    Item,
    Poll,
    Sheet,
    Tag,
    Window,
    answer,
    asked,
    headings,
    ordered,
    poll,
    tag_of,
    usable,
)
from gobs_server.web.pods.board import Board
from gobs_server.web.pods.columns import BY_NAME, FIELDS, PROBLEMS, SHOWN
from gobs_server.web.pods.faces import Faces
from gobs_server.web.pods.groups import grouped
from gobs_server.web.pods.health import UNHEALTHY
from gobs_server.web.pods.sheet import LABEL, PodSheet
from gobs_server.web.pods.wanted import wanted
from gobs_server.web.rendering import Templates
from gobs_server.web.text import visible

LOOKS = {"table": (80, 500), "heat": (2000, 5000)}
"""Name -> how many items a page is sent at first, and most at once."""
GROUPS = ("namespace", "owner", "node", "status", "qos")
"""Fields that the page offers to group by; any other text, and any label, can be asked for in the address."""
ILL = f"health:{UNHEALTHY}"
"""The filter of those that are not as they should be."""
_QUERIES = 50
"""Different queries whose answers are kept at once."""


class Summary(NamedTuple):
    """All pods in a line."""

    pods: int
    unhealthy: int
    nodes: int
    unnamed: int
    """Pods of which nobody tells a name."""


class Chosen(NamedTuple):
    """What a query makes of the pods of one version of the board."""

    sheet: PodSheet
    groups: Sheet | None
    kind: str
    """The field that rows are grouped by; empty: none."""
    rows: list[int]
    """Of `groups` where there are, else of `sheet`; in order."""
    sort: tuple[str, ...]
    said: list[str]
    scale: Scale
    summary: Summary


def add_pods(routes: Routes, services: Services, tags: Tags, templates: Templates) -> None:
    """Add the page of all pods and its fragment."""
    pages = PodsPages(services, tags, templates)

    @routes.get("/pods", role="viewer")
    async def pods() -> Response:
        return await pages.page()

    @routes.get("/fragments/pods", role="viewer")
    async def pods_fragment() -> Response:
        return await pages.fragment()

    @routes.get("/nodes/<name:node>/pods/<name:namespace>/<name:pod>", role="viewer")
    async def pod(node: str, namespace: str, pod: str) -> Response:
        return await pages.by_name(node, namespace, pod)


class PodsPages:
    """Builds them. Lives as long as the app."""

    def __init__(self, services: Services, tags: Tags, templates: Templates) -> None:
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
        """Return the whole page."""
        query, window = _wanted()
        tag = await self._tag(query, window)
        content, total = await self._content(tag, query, window, Poll(-1, frozenset(), all=False))
        after = window.first + window.size
        following = f"{query.query()}&first={after}".removeprefix("&") if after < total else ""
        return html(
            self._templates.render("pods.html", tag=tag, content=self._templates.raw(content), following=following)
        )

    async def fragment(self) -> Response:
        """Return what of the page has changed."""
        query, window = _wanted()
        tag = await self._tag(query, window)
        if (same := fresh(str(tag))) is not None:
            return same
        content, _ = await self._content(tag, query, window, poll(tag))
        response = html(content)
        response.headers["ETag"] = f'"{tag}"'
        response.headers["Cache-Control"] = "no-store"
        return response

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
            self._chosen[query] = self._make(query)
        return self._chosen[query]

    def _make(self, query: Asked) -> Chosen:
        sheet = self._sheet
        rows, said = wanted(sheet, query.filter)
        field = _group(sheet, query.group, said)
        groups = None if field is None else grouped(sheet, rows, field)
        listed: Sheet = sheet if groups is None else groups
        usual = ("-pods",) if groups is not None else ("node", "namespace", "pod")
        sort = usable(listed, (f"-{PROBLEMS.name}" if name == PROBLEMS.name else name for name in query.sort))
        order = ordered(listed, rows if groups is None else groups.all(), sort or usual)
        by = BY_NAME.get(query.by, BY_NAME["cpu"])
        by = by if by.numeric else BY_NAME["cpu"]
        return Chosen(
            sheet,
            groups,
            "" if field is None else field.name,
            order.tolist(),
            sort,
            said,
            scale_over(by, sheet.numbers(by.name)),
            _summary(sheet),
        )

    def _frame(self, view: str, query: Asked, chosen: Chosen, *, known: bool) -> Frame:
        if (view, known) not in self._frames:
            fields = [BY_NAME[name] for name in SHOWN] if chosen.groups is None else list(chosen.groups.fields.values())
            self._frames[view, known] = Frame.of(
                self._templates.render(
                    "pods_list.html",
                    query=query,
                    known=known,
                    matching=len(chosen.rows),
                    headings=[] if known else headings(fields, chosen.sort, query),
                    sort=chosen.sort,
                    said=chosen.said,
                    scale=chosen.scale,
                    summary=chosen.summary,
                    kind=chosen.kind,
                    groups=[BY_NAME[name] for name in GROUPS],
                    colours=[field for field in FIELDS if field.numeric and field is not PROBLEMS],
                    ill=_toggled(query),
                )
            )
        return self._frames[view, known]


def _wanted() -> tuple[Asked, Window]:
    query = asked(request.args)
    view = query.view if query.view in LOOKS and not query.group else "table"
    return query._replace(view=view), Window.asked(*LOOKS[view])


def _group(sheet: PodSheet, name: str, said: list[str]) -> Field | None:
    """Return the field that is meant to group by: a text, or a label."""
    if not name:
        return None
    field = sheet.field(name) or sheet.label(name.removeprefix(LABEL))
    if field is None or field.numeric:
        said.append(f"pods cannot be grouped by {visible(name)!r}: there is no such text, and no pod has such a label")
        return None
    return field


def _toggled(query: Asked) -> tuple[bool, str]:
    """Return whether the unhealthy alone are asked for, and the filter that is the other way round."""
    words = query.filter.split()
    on = ILL in words
    rest = [word for word in words if word != ILL]
    return on, " ".join(rest if on else [ILL, *rest])


def _summary(sheet: PodSheet) -> Summary:
    return Summary(
        sheet.count,
        sum(text == UNHEALTHY for text in sheet.texts("health")),
        len(sheet.parts),
        sum(text is None for part in sheet.parts for text in part.texts["name"]),
    )
