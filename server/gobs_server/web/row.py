"""The page of one row: a process, a workload, or a row of any table, also after it has gone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from quart import Response, request

from gobs_core import Table
from gobs_server.beside import Beside
from gobs_server.live import Node
from gobs_server.paths import segment
from gobs_server.reasons import reasons
from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.tags import Tags, fresh, with_tag
from gobs_server.web.answers import gone, html, missing, no_node, no_table
from gobs_server.web.drawings import of_row
from gobs_server.web.fields import grouped
from gobs_server.web.format import stamp
from gobs_server.web.found_row import FoundRow, Key, RowFinding
from gobs_server.web.inspected import SECTIONS
from gobs_server.web.links import link
from gobs_server.web.members import members
from gobs_server.web.naming import named
from gobs_server.web.pods.one import Changes, is_pod, one_pod
from gobs_server.web.profiles.asked import Target
from gobs_server.web.ranges import ranges
from gobs_server.web.rendering import Templates
from gobs_server.web.states import meaning
from gobs_server.web.text import visible
from gobs_server.web.tree import tree

_MOST_KEYS = 16
_HOUR = 3600.0
Show: TypeAlias = Callable[[str, str, Key], Awaitable[Response]]


def add_rows(routes: Routes, pages: RowPages) -> None:
    """Add the pages of rows, and the fragments that keep them up to date."""
    for prefix, show in (("", pages.page), ("/fragments", pages.fragment)):
        _add(routes, prefix, "fragment" if prefix else "page", show)

    @routes.get("/fragments/nodes/<name:node>/workloads/<name:workload>/changes", role="viewer")
    async def workload_changes(node: str, workload: str) -> Response:
        return await pages.changes.fragment(node, workload)


def _add(routes: Routes, prefix: str, kind: str, show: Show) -> None:
    async def row(node: str, table: str) -> Response:
        return await show(node, table, tuple(request.args.getlist("key")[:_MOST_KEYS]))

    async def process(node: str, pid: str, start: str) -> Response:
        return await show(node, "process", (pid, start))

    async def workload(node: str, workload: str) -> Response:
        return await show(node, "pod", (workload,))

    here = f"{prefix}/nodes/<name:node>"
    for handler, rule in (
        (row, f"{here}/tables/<name:table>/row"),
        (process, f"{here}/processes/<name:pid>/<name:start>"),
        (workload, f"{here}/workloads/<name:workload>"),
    ):
        handler.__name__ = f"{handler.__name__}_{kind}"
        routes.get(rule, role="viewer")(handler)


class RowPages:
    """Builds them. Lives as long as the app."""

    def __init__(self, services: Services, tags: Tags, templates: Templates, beside: Beside) -> None:
        self._live = services.live
        self._history = services.history
        self._tags = tags
        self._templates = templates
        self._finding = RowFinding(services.history, beside)
        self._clock = services.clock
        self.changes = Changes(services.live, services.history, tags, templates)

    async def page(self, name: str, table: str, key: Key) -> Response:
        """Return the page of a row."""
        node = self._live.node(name)
        if node is None:
            return missing(self._templates, no_node(name))
        if table not in node.tables:
            return missing(self._templates, no_table(name, table), _onward(node))
        found = self._finding.now(node, table, key) or await self._finding.last(name, table, key)
        if found is None:
            return missing(self._templates, self._never(node, table, key), _onward(node, table))
        declared = found.view.table
        called = named(declared, key, [texts[found.row] for texts in found.view.infos.values()])
        unknown = reasons(node, table)
        return html(
            self._templates.render(
                "row.html",
                node=node,
                table=declared,
                path=link(name, declared, key),
                title=visible(called.name),
                more=[visible(text) for text in called.more],
                live=self._templates.raw(self._top(node, found)),
                fields=self._templates.raw(self._fields(node, found, unknown)),
                tag=self._tag(node, found, unknown),
                charts=of_row(declared, key, unknown),
                ranges=ranges(self._history.retention, _HOUR),
                sections=SECTIONS if _is_process(declared) else {},
                gone=found.gone,
                changes=is_pod(found),
                recorded=_recorded(name, declared, key),
            )
        )

    async def fragment(self, name: str, table: str, key: Key) -> Response:
        """Return what of the page changes."""
        node = self._live.node(name)
        if node is None or table not in node.tables:
            return gone(self._templates, no_node(name) if node is None else no_table(name, table))
        found = self._finding.now(node, table, key) or await self._finding.last(name, table, key)
        if found is None:
            return gone(self._templates, self._never(node, table, key))
        unknown = reasons(node, table)
        tag = self._tag(node, found, unknown)
        wanted = self._fields(node, found, unknown) if request.args.get("part") == "fields" else self._top(node, found)
        return fresh(tag) or with_tag(html(wanted), tag)

    def _top(self, node: Node, found: FoundRow) -> bytes:
        """Render how it fares, and what is around it."""
        view, row, is_gone = found
        pod = one_pod(node, found, self._clock.wall())
        processes = node.tables.get("process") if view.table.name == "pod" and pod is None else None
        return self._templates.render(
            "row_live.html",
            node=node,
            interval=node.tables[view.table.name].interval,
            read_at=view.time,
            gone=is_gone,
            process=_is_process(view.table),
            meaning=meaning(node),
            pod=pod,
            tree=tree(node.name, view, row),
            members=members(node.name, processes, view.keys[row][0]) if processes is not None else None,
        )

    def _fields(self, node: Node, found: FoundRow, unknown: dict[str, str]) -> bytes:
        groups = grouped(found.view, found.row, unknown, self._paths(node, found))
        return self._templates.render("row_fields.html", groups=groups)

    def _tag(self, node: Node, found: FoundRow, unknown: dict[str, str]) -> str:
        name = found.view.table.name
        version = 0 if found.gone else node.tables[name].version
        if name == "pod" and not found.gone:
            version = max(node.tables[one].version for one in (name, "process", "container") if one in node.tables)
        return self._tags.of(version, found.view.keys[found.row], found.view.time, found.gone, node.state, unknown)

    def _paths(self, node: Node, found: FoundRow) -> dict[str, str]:
        """Where the texts of a process lead."""
        workloads = node.tables.get("pod")
        texts = found.view.infos.get("workload")
        workload = None if texts is None else texts[found.row]
        if workloads is None or workload is None:
            return {}
        return {"workload": link(node.name, workloads.table, (workload,))}

    def _never(self, node: Node, table: str, key: Key) -> str:
        span = self._history.span(node.name)
        names = " ".join(map(visible, key))[:200] or "without a key"
        kept = "no past is kept of it" if span is None else f"what is kept goes back to {stamp(span[0])}"
        return (
            f"Node {node.name[:200]!r} has no row {names} in table {table!r} now, and {kept}: it may have gone before."
        )


def _recorded(node: str, table: Table, key: Key) -> str:
    """What asks for recordings of a row, in a query; empty where it is nothing that runs."""
    if _is_process(table):
        return Target(node, "", *key).query
    return Target(node, key[0]).query if table.name == "pod" and len(key) == 1 else ""


def _is_process(table: Table) -> bool:
    return table.name == "process" and [column.name for column in table.keys] == ["pid", "start"]


def _onward(node: Node, table: str = "") -> list[tuple[str, str]]:
    """Where to go from what is not there."""
    here = f"/nodes/{segment(node.name)}"
    tables = [(f"{here}/tables/{segment(table)}", f"all of {visible(table)}")] if table else []
    return [*tables, (here, visible(node.name))]
