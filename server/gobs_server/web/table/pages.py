"""The addresses of tables: the fragment that keeps one up to date, and all its rows as a file."""

from __future__ import annotations

from quart import Response, request

from gobs_server.paths import segment
from gobs_server.routes import Routes
from gobs_server.services import Services
from gobs_server.tags import fresh
from gobs_server.web.answers import gone, html, missing, no_node, no_table, unclear
from gobs_server.web.lists import Form, Window, asked, download, poll, unkept
from gobs_server.web.rendering import Templates
from gobs_server.web.table.lists import MOST, TableLists
from gobs_server.web.table.past import PastTables
from gobs_server.web.timebar import asked_moment

USUAL = 60
"""Rows a page is sent unless it says how many it has room for."""


def add_tables(routes: Routes, pages: TablePages) -> None:
    """Add them."""

    @routes.get("/fragments/nodes/<name:node>/tables/<name:table>", role="viewer")
    async def table_fragment(node: str, table: str) -> Response:
        return await pages.fragment(node, table)

    @routes.get("/nodes/<name:node>/tables/<name:table>/rows.csv", role="viewer")
    async def table_csv(node: str, table: str) -> Response:
        return await pages.file(node, table, "csv")

    @routes.get("/nodes/<name:node>/tables/<name:table>/rows.json", role="viewer")
    async def table_json(node: str, table: str) -> Response:
        return await pages.file(node, table, "json")


class TablePages:
    """Answers them, now or as it was. Lives as long as the app."""

    def __init__(self, services: Services, lists: TableLists, past: PastTables, templates: Templates) -> None:
        self._live = services.live
        self._clock = services.clock
        self._lists = lists
        self._past = past
        self._templates = templates

    async def fragment(self, name: str, table: str) -> Response:
        """Return what of a table a page lacks."""
        node = self._live.node(name)
        if node is None or table not in node.tables:
            return gone(self._templates, no_node(name) if node is None else no_table(name, table))
        try:
            there = asked_moment(self._clock.wall())
        except ValueError as error:
            return gone(self._templates, f"at: {error}")
        query, window = asked(request.args), Window.asked(USUAL, MOST)
        if there is not None:
            shown = await self._past.show(node, table, there, query, window, poll)
            return fresh(str(shown.tag)) or unkept(html(shown.content), shown.tag)
        if (same := fresh(str(self._lists.tag(node, node.tables[table], query, window)))) is not None:
            return same
        shown = await self._lists.show(node, node.tables[table], query, window, poll)
        return unkept(html(shown.content), shown.tag)

    async def file(self, name: str, table: str, form: Form) -> Response:
        """Return all rows that are meant."""
        node = self._live.node(name)
        if node is None or table not in node.tables:
            return missing(self._templates, no_node(name) if node is None else no_table(name, table))
        try:
            there = asked_moment(self._clock.wall())
        except ValueError as error:
            return unclear(self._templates, f"at: {error}", f"/nodes/{segment(name)}/tables/{segment(table)}")
        query, called = asked(request.args), f"{name}-{table}"
        if there is None:
            chosen = await self._lists.all(node, node.tables[table], query)
        else:
            was = await self._past.all(node, table, there, query)
            if was is None:
                return missing(self._templates, f"Nothing is kept of table {table!r} as it was then.")
            chosen, called = was, f"{called}-{there.written['at']}"
        return download(form, called, chosen.listing.sheet, chosen.fields, chosen.rows)
