"""One table of one node as a fragment, and the list of those a node page is made of."""

from __future__ import annotations

from dataclasses import dataclass

from gobs_server.live import LiveTable, Node
from gobs_server.reasons import reasons
from gobs_server.tags import Tags
from gobs_server.web.cache import Cache
from gobs_server.web.grid import FIRST_SCREEN, MOST, Query, grid
from gobs_server.web.rendering import Templates


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

    def __init__(self, templates: Templates, tags: Tags, cache: Cache) -> None:
        self._templates = templates
        self._tags = tags
        self._cache = cache

    def tag(self, node: Node, table: LiveTable, query: Query) -> str:
        """Return the tag of what `rows` would be now."""
        return self._tags.of(table.version, *query, reasons(node, table.table.name))

    def rows(self, node: Node, table: LiveTable, query: Query) -> bytes:
        """Return a table's rows as they are now."""
        view = ("rows", node.name, table.table.name, query)
        return self._cache.get(view, self.tag(node, table, query), lambda: self._render(node, table, query))

    def section(self, node: Node, table: LiveTable, query: Query, *, alone: bool) -> Section:
        """Return one table with what stands around it."""
        declared = table.table
        return Section(
            name=declared.name,
            help=declared.help,
            id=f"t-{declared.name}",
            alone=alone,
            keyed=bool(declared.keys),
            query=query,
            tag=self.tag(node, table, query),
            rows=self._templates.raw(self.rows(node, table, query)),
        )

    def _render(self, node: Node, table: LiveTable, query: Query) -> bytes:
        view = table.view()
        return self._templates.render(
            "rows.html",
            node=node,
            table=table.table,
            read_at=view.time,
            interval=table.interval,
            grid=grid(view, query, reasons(node, table.table.name)),
            query=query,
            first_screen=FIRST_SCREEN,
            most=MOST,
        )
