"""REST: the rows of a table, now or as they were."""

from __future__ import annotations

from functools import partial
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from gobs_server.api.lookup import find_node, find_table
from gobs_server.api.nodes import column_infos
from gobs_server.api.operations import Later, Live, Operations
from gobs_server.api.problem import ApiError
from gobs_server.api.rows import rows_of
from gobs_server.api.shapes import TableRows
from gobs_server.api.times import Moment, moment
from gobs_server.live import View
from gobs_server.privacy import seen
from gobs_server.reasons import reasons
from gobs_server.services import Services
from gobs_server.tags import Tags

T = TypeVar("T")

MAX_ROWS = 20_000
_SMALL = 2000
"""Cells that take no longer to write down than to hand to a thread and back, about."""


class TableQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What may be asked of a table's rows."""

    at: Moment | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_ROWS, description="Rows to answer with at most.")] = 10_000


def add_tables(api: Operations, services: Services, tags: Tags) -> None:
    """Add the operation on rows."""

    @api.get("/nodes/<name:node>/tables/<name:table>", scope="nodes", errors=(404,))
    async def get_table(node: str, table: str, query: TableQuery) -> Live[TableRows]:
        """The rows of one table, now, or with `at` as it last was at that time."""
        found = find_node(services.live, node)
        newest = find_table(found, table)
        unknown = reasons(found, table)
        if query.at is None:
            stale = services.live.overdue(found, newest) is not None
            tag = tags.of(newest.version, query.limit, stale, unknown)
            return Live(tag, lambda: _answer(node, seen(newest.view()), unknown, query.limit, stale=stale))
        wall = moment(query.at, "query.at", services.clock.wall())
        kept = services.history.past(node)
        past = await api.beside.run(lambda: kept.at(table, wall))
        if past is None:
            raise ApiError(404, f"nothing is kept of table {table!r} of that time; {_kept(services, node)}")
        return Live(
            tags.of(0, past.time, query.limit), lambda: _answer(node, seen(past), unknown, query.limit, stale=False)
        )


def _kept(services: Services, node: str) -> str:
    span = services.history.span(node)
    return "no history is kept of this node" if span is None else f"history reaches from {span[0]:.3f} to {span[1]:.3f}"


def _answer(node: str, view: View, unknown: dict[str, str], limit: int, *, stale: bool) -> TableRows | Later[TableRows]:
    """What answers with a view, which no later frame changes: made beside the event loop where it is large."""
    make = partial(_rows, node, view, unknown, limit, stale=stale)
    return make() if len(view.keys) * len(view.table.columns) <= _SMALL else Later(make)


def _rows(node: str, view: View, unknown: dict[str, str], limit: int, *, stale: bool) -> TableRows:
    table = view.table
    return TableRows(
        node=node,
        table=table.name,
        help=table.help,
        at=view.time,
        stale=stale,
        columns=column_infos(table, unknown),
        totals=dict(view.totals()),
        count=len(view.keys),
        rows=rows_of(view, range(min(limit, len(view.keys)))),
    )
