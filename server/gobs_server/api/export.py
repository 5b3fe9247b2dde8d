"""The newest rows of all nodes as Prometheus scrapes them, by the names that an agent's own exposition has too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from quart import Response, request

from gobs_core import Table
from gobs_core.exposition import Exposition, Families, Family, Form, form_of, label_text
from gobs_core.exposition.naming import NODE, label_names, texts
from gobs_core.exposition.text import CONTENT_TYPES
from gobs_server.beside import Beside
from gobs_server.live import Live, View
from gobs_server.routes import Routes
from gobs_server.services import Services

ROWS = 2000
"""Rows of one table of one node that are exposed at most."""
SERIES = 500_000
"""Series that one answer holds at most."""
LEFT_OUT = ("process",)
"""Tables that are exposed only when they are named: their rows come and go without end."""


class Part(NamedTuple):
    """One table of one node; a value that no later frame changes."""

    node: str
    view: View


def export_routes(services: Services) -> Routes:
    """Return /metrics/nodes."""
    routes, beside = Routes("export"), Beside()

    @routes.get("/metrics/nodes", role="viewer", scope="metrics")
    async def node_metrics() -> Response:
        form = form_of(request.headers.get("Accept", ""))
        parts = newest(services.live, frozenset(request.args.getlist("table")), frozenset(request.args.getlist("node")))
        body = await beside.run(lambda: exposition(parts, form))
        return Response(body, content_type=CONTENT_TYPES[form])

    return routes


def newest(live: Live, tables: frozenset[str], nodes: frozenset[str]) -> list[Part]:
    """What is known now of the nodes that are fresh, without what is overdue; empty sets choose what is usual."""
    return [
        Part(node.name, table.view().public)
        for node in live.nodes()
        if node.state == "fresh" and (not nodes or node.name in nodes)
        for name, table in node.tables.items()
        if (name in tables if tables else name not in LEFT_OUT) and live.overdue(node, table) is None
    ]


def exposition(parts: Iterable[Part], form: Form, *, series: int = SERIES, rows: int = ROWS) -> bytes:
    """Write the parts down, table by table, so that all samples of one family stand together."""
    by_name: dict[str, list[Part]] = {}
    for part in parts:
        by_name.setdefault(part.view.table.name, []).append(part)
    families = Families(alike[0].view.table for alike in by_name.values())
    out = Exposition(form, series=series, rows=rows)
    for alike in sorted(by_name.values(), key=lambda some: sum(len(part.view.keys) for part in some)):
        _add(out, families, alike)
    return out.text()


def _add(out: Exposition, families: Families, parts: list[Part]) -> None:
    first = parts[0].view.table
    known = families.of(first)
    taken = [
        (part, fits, _labels(part, fits, with_texts=False))
        for part in parts
        if (fits := out.room(part.node, first.name, len(part.view.keys), len(known)))
    ]
    for family in known:
        out.head(family)
        for part, fits, labels in taken:
            if family.column is None:
                out.add(family, _labels(part, fits, with_texts=True), [1] * fits)
            elif _same(part.view.table, family):
                out.add(family, labels, part.view.level(family.column.name)[:fits].tolist())


def _same(table: Table, family: Family) -> bool:
    """Whether a table of that name has that column with the same meaning: agents of several versions may disagree."""
    assert family.column is not None
    wanted = family.column
    return any(c.name == wanted.name and (c.kind, c.unit) == (wanted.kind, wanted.unit) for c in table.columns)


def _labels(part: Part, fits: int, *, with_texts: bool) -> list[str]:
    table = part.view.table
    more = texts(table) if with_texts else []
    names = label_names(table, (*table.keys, *more))
    infos = [(names[column.name], part.view.info(column.name)) for column in more]
    keys = [names[column.name] for column in table.keys]
    return [
        label_text(_pairs(part.node, zip(keys, part.view.keys[row], strict=True), infos, row)) for row in range(fits)
    ]


def _pairs(
    node: str, keys: Iterable[tuple[str, str]], infos: list[tuple[str, list[str | None]]], row: int
) -> Iterator[tuple[str, str]]:
    yield NODE, node
    yield from ((name, value) for name, value in keys if value)
    yield from ((name, text) for name, column in infos if (text := column[row]))
