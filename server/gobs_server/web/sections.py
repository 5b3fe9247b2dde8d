"""One table of one node as a fragment, and the list of those a node page is made of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from gobs_server.live import Live, LiveTable, Node
from gobs_server.privacy import seen
from gobs_server.reasons import reasons
from gobs_server.tags import Tags
from gobs_server.web.cache import Cache
from gobs_server.web.format import last_read
from gobs_server.web.grid import grid
from gobs_server.web.order import FIRST_SCREEN, MOST, Query
from gobs_server.web.rendering import Templates

_SMALL = 1000
"""Cells that take no longer to render than to hand to a thread and back, about."""


@dataclass(frozen=True, slots=True)
class Section:
    """One table on a page: the frame around its rows, which changes only when the node's tables do."""

    name: str
    help: str
    id: str
    alone: bool
    """Whether the page shows nothing else."""
    keyed: bool
    """Whether it has several rows, which can be sorted and filtered."""
    query: Query
    tag: str
    rows: object
    """The rows, rendered already."""


class Sections:
    """The fragments of tables. Lives as long as the app; each is rendered once for all who look at the same."""

    def __init__(self, live: Live, templates: Templates, tags: Tags, cache: Cache) -> None:
        self._live = live
        self._templates = templates
        self._tags = tags
        self._cache = cache
        self._large = asyncio.Lock()

    def tag(self, node: Node, table: LiveTable, query: Query) -> str:
        """Return the tag of what `rows` would be now."""
        return self._tags.of(table.version, *query, reasons(node, table.table.name), self._overdue(node, table))

    async def rows(self, node: Node, table: LiveTable, query: Query) -> bytes:
        """Return a table's rows as they are now; one large table at a time is rendered, beside the event loop."""
        view, tag = ("rows", node.name, table.table.name, query), self.tag(node, table, query)
        content = self._cache.kept(view, tag)
        if content is not None:
            return content
        render = self._prepared(node, table, query)
        if min(table.rows, MOST if query.all else FIRST_SCREEN) * len(table.table.columns) <= _SMALL:
            return self._cache.keep(view, tag, render())
        async with self._large:
            content = self._cache.kept(view, tag)
            return self._cache.keep(view, tag, await asyncio.to_thread(render)) if content is None else content

    async def section(self, node: Node, table: LiveTable, query: Query, *, alone: bool) -> Section:
        """Return one table with what stands around it."""
        declared, tag = table.table, self.tag(node, table, query)
        return Section(
            name=declared.name,
            help=declared.help,
            id=f"t-{declared.name}",
            alone=alone,
            keyed=bool(declared.keys),
            query=query,
            tag=tag,
            rows=self._templates.raw(await self.rows(node, table, query)),
        )

    def _overdue(self, node: Node, table: LiveTable) -> str:
        age = self._live.overdue(node, table)
        return "" if age is None else last_read(age)

    def _prepared(self, node: Node, table: LiveTable, query: Query) -> Callable[[], bytes]:
        """Return what renders the rows as they are now, whenever and in whatever thread it is called."""
        view, interval, unknown = seen(table.view()), table.interval, reasons(node, table.table.name)
        overdue = self._overdue(node, table)

        def render() -> bytes:
            return self._templates.render(
                "rows.html",
                node=node,
                table=view.table,
                read_at=view.time,
                interval=interval,
                overdue=overdue,
                grid=grid(view, query, unknown, node.name),
                query=query,
                most=MOST,
            )

        return render
