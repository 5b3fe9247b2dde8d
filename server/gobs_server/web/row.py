"""The page of one row: a process, a workload, or a row of any table, also after it has gone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias
from urllib.parse import urlencode

from quart import Response, request

from gobs_core import Table
from gobs_server.beside import Beside
from gobs_server.live import Node
from gobs_server.paths import segment
from gobs_server.privacy import seen
from gobs_server.reasons import reasons
from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.tags import Tags, fresh, with_tag
from gobs_server.web.answers import gone, html, missing, no_node, no_table, unclear
from gobs_server.web.drawings import of_row
from gobs_server.web.fields import grouped
from gobs_server.web.format import stamp
from gobs_server.web.found_row import FoundRow, Key, RowFinding
from gobs_server.web.inspected import SECTIONS
from gobs_server.web.links import link
from gobs_server.web.looking import Looking
from gobs_server.web.members import members
from gobs_server.web.naming import named
from gobs_server.web.pods.cells import text_of
from gobs_server.web.pods.columns import CONTAINER, POD
from gobs_server.web.pods.one import Around, Changes, is_pod, one_pod
from gobs_server.web.profiles.asked import Target
from gobs_server.web.ranges import ranges
from gobs_server.web.rendering import Templates
from gobs_server.web.states import meaning
from gobs_server.web.text import visible
from gobs_server.web.timebar import asked_moment, timebar
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
        self._services = services
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
        keys = node.tables[table].table.keys
        path = link(name, node.tables[table].table, key) if len(key) == len(keys) else ""
        try:
            there = asked_moment(self._services.clock.wall())
        except ValueError as error:
            return unclear(self._templates, f"at: {error}", path or f"/nodes/{segment(name)}")
        found = await self._found(node, table, key, there)
        if found is None:
            return missing(self._templates, self._never(node, table, key, there), _onward(node, table, path, there))
        before = await self._before(node, table, key, there)
        declared = found.view.table
        called = named(declared, key, [texts[found.row] for texts in found.view.infos.values()])
        unknown = reasons(node, table) if there is None else {}
        return html(
            self._templates.render(
                "row.html",
                node=node,
                table=declared,
                path=path,
                past=there,
                bar=timebar(
                    self._services.clock.wall(),
                    self._services.history.span(name),
                    path,
                    there,
                    node.tables[table].interval,
                ),
                title=visible(called.name),
                more=[visible(text) for text in called.more],
                live=self._templates.raw(self._top(node, found, await self._around(node, found))),
                fields=self._templates.raw(self._fields(node, found, unknown, before)),
                before=before,
                marks=[] if there is None else [moment for moment in there if moment is not None],
                tag=self._tag(node, found, unknown),
                charts=of_row(declared, key, unknown),
                ranges=ranges(self._services.history.retention, _HOUR),
                sections=SECTIONS if _is_process(declared) else {},
                gone=found.gone,
                changes=is_pod(found),
                here_alerts=_alerts_of(name, found) if is_pod(found) else "",
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
        if request.args.get("part") == "fields":
            wanted = self._fields(node, found, unknown)
        else:
            wanted = self._top(node, found, await self._around(node, found))
        return fresh(tag) or with_tag(html(wanted), tag)

    async def _found(self, node: Node, table: str, key: Key, there: Looking | None) -> FoundRow | None:
        """Return the row now or as it was; one that has gone as it was last."""
        if there is not None:
            return await self._finding.at(node.name, table, key, there)
        return self._finding.now(node, table, key) or await self._finding.last(node.name, table, key)

    async def _before(self, node: Node, table: str, key: Key, there: Looking | None) -> FoundRow | None:
        """Return the row as it was at the moment it is to be compared with; None: it was not there, or none is."""
        if there is None or there.against is None:
            return None
        return await self._finding.at(node.name, table, key, Looking(there.against, None))

    async def _around(self, node: Node, found: FoundRow) -> Around:
        """Return what was read beside a workload at its moment; nothing of one that is none, or of a pod that went."""
        if found.view.table.name != POD or (found.gone and is_pod(found)):
            return Around()
        views = []
        for name in ("process", CONTAINER):
            live = node.tables.get(name)
            if live is None or found.looking is None:
                view = None if live is None else live.view()
            else:
                view = await self._finding.reading(node.name, name, found.looking)
            views.append(None if view is None else seen(view))
        return Around(*views)

    def _top(self, node: Node, found: FoundRow, around: Around) -> bytes:
        """Render how it fares, and what is around it."""
        view, row, is_gone, there = found
        pod = one_pod(node, found, around, self._clock.wall() if there is None else there.at)
        processes = around.processes if pod is None else None
        return self._templates.render(
            "row_live.html",
            node=node,
            interval=node.tables[view.table.name].interval,
            read_at=view.time,
            gone=is_gone,
            process=_is_process(view.table),
            meaning=meaning(node),
            pod=pod,
            tree=tree(node.name, view, row, there),
            members=members(node.name, processes, view.keys[row][0], there) if processes is not None else None,
            past=there,
        )

    def _fields(self, node: Node, found: FoundRow, unknown: dict[str, str], before: FoundRow | None = None) -> bytes:
        then = None if before is None else (before.view, before.row)
        groups = grouped(found.view, found.row, unknown, self._paths(node, found), then)
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
        return {"workload": link(node.name, workloads.table, (workload,), found.looking)}

    def _never(self, node: Node, table: str, key: Key, there: Looking | None = None) -> str:
        span = self._services.history.span(node.name)
        names = " ".join(map(visible, key))[:200] or "without a key"
        kept = "no past is kept of it" if span is None else f"what is kept goes back to {stamp(span[0])}"
        if there is not None:
            return f"Table {table!r} of node {node.name[:200]!r} had no row {names} at {stamp(there.at)}, and {kept}."
        return (
            f"Node {node.name[:200]!r} has no row {names} in table {table!r} now, and {kept}: it may have gone before."
        )


def _alerts_of(node: str, found: FoundRow) -> str:
    """What asks for the alerts of a pod, in a query."""
    namespace, pod = (text_of(found.view, name, found.row) for name in ("namespace", "name"))
    named = {"node": node, "namespace": namespace or "", "pod": pod or found.view.keys[found.row][0]}
    return urlencode({name: text for name, text in named.items() if text}, errors="replace")


def _recorded(node: str, table: Table, key: Key) -> str:
    """What asks for recordings of a row, in a query; empty where it is nothing that runs."""
    if _is_process(table):
        return Target(node, "", *key).query
    if table.name == "container" and [column.name for column in table.keys] == ["workload", "container"]:
        return Target(node, key[0], container=key[1]).query
    return Target(node, key[0]).query if table.name == "pod" and len(key) == 1 else ""


def _is_process(table: Table) -> bool:
    return table.name == "process" and [column.name for column in table.keys] == ["pid", "start"]


def _onward(node: Node, table: str = "", path: str = "", there: Looking | None = None) -> list[tuple[str, str]]:
    """Where to go from what is not there."""
    here = f"/nodes/{segment(node.name)}"
    now = [(path, "as it is now")] if there is not None and path else []
    if there is not None and there.against is not None and path:
        now.append((Looking(there.against, None).under(path), f"as it was at {stamp(there.against)}"))
    tables = [(f"{here}/tables/{segment(table)}", f"all of {visible(table)}")] if table else []
    if there is not None:
        tables = [(there.under(address), f"{text} at that moment") for address, text in tables]
    return [*now, *tables, (here, visible(node.name))]
