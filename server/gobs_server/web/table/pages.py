"""The addresses of tables: the fragment that keeps one up to date, and all its rows as a file."""

from __future__ import annotations

from quart import Response, request

from gobs_server.live import Live, LiveTable, Node
from gobs_server.routes import Routes
from gobs_server.tags import fresh
from gobs_server.web.answers import gone, html, missing, no_node, no_table
from gobs_server.web.lists import Form, Window, asked, download, poll, unkept
from gobs_server.web.rendering import Templates
from gobs_server.web.table.lists import MOST, TableLists

USUAL = 60
"""Rows a page is sent unless it says how many it has room for."""


def add_tables(routes: Routes, live: Live, lists: TableLists, templates: Templates) -> None:
    """Add them."""

    def found(node: str, table: str) -> tuple[Node, LiveTable] | str:
        known = live.node(node)
        if known is None:
            return no_node(node)
        there = known.tables.get(table)
        return no_table(node, table) if there is None else (known, there)

    @routes.get("/fragments/nodes/<name:node>/tables/<name:table>", role="viewer")
    async def table_fragment(node: str, table: str) -> Response:
        there = found(node, table)
        if isinstance(there, str):
            return gone(templates, there)
        query, window = asked(request.args), Window.asked(USUAL, MOST)
        if (same := fresh(str(lists.tag(*there, query, window)))) is not None:
            return same
        shown = await lists.show(*there, query, window, poll)
        return unkept(html(shown.content), shown.tag)

    @routes.get("/nodes/<name:node>/tables/<name:table>/rows.csv", role="viewer")
    async def table_csv(node: str, table: str) -> Response:
        return await all_of(node, table, "csv")

    @routes.get("/nodes/<name:node>/tables/<name:table>/rows.json", role="viewer")
    async def table_json(node: str, table: str) -> Response:
        return await all_of(node, table, "json")

    async def all_of(node: str, table: str, form: Form) -> Response:
        there = found(node, table)
        if isinstance(there, str):
            return missing(templates, there)
        chosen = await lists.all(*there, asked(request.args))
        return download(form, f"{node}-{table}", chosen.listing.sheet, chosen.fields, chosen.rows)
