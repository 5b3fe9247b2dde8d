"""REST: one cell over the time that is kept."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from gobs_core import Column, Kind
from gobs_server.api.lookup import find_column, find_node, find_table
from gobs_server.api.operations import Operations
from gobs_server.api.problem import ApiError, invalid
from gobs_server.api.shapes import Series
from gobs_server.api.times import Moment, moment
from gobs_server.history import TooMuch, Wanted
from gobs_server.services import Services

_Name = Annotated[str, Meta(max_length=63)]


class HistoryQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which cell, and from when to when."""

    table: _Name
    column: _Name
    key: Annotated[
        list[Annotated[str, Meta(max_length=4096)]],
        Meta(max_length=16, description="The row's key: once for each key column, in order."),
    ] = []
    since: Moment = "300"
    until: Moment = "0"
    rate: Annotated[bool | None, Meta(description="Rates per second; a counter's are the default.")] = None


def add_history(api: Operations, services: Services) -> None:
    """Add the operation on history."""

    @api.get("/nodes/<name:node>/history", scope="nodes", errors=(404,))
    async def get_history(node: str, query: HistoryQuery) -> Series:
        """One cell over time, from what is kept in memory."""
        table = find_table(find_node(services.live, node), query.table)
        column = find_column(table, query.column)
        keys = [key.name for key in table.table.keys]
        if len(query.key) != len(keys):
            expected = f"once for each of {', '.join(keys)}" if keys else "none: the table has one row and no key"
            raise invalid("query.key", f"{expected}; given {len(query.key)} times")
        rate = _rate(column, query.rate)
        now = services.clock.wall()
        since, until = moment(query.since, "query.since", now), moment(query.until, "query.until", now)
        if since > until:
            raise invalid("query.since", "a time before `until`")
        past, wanted = services.history.past(node), Wanted(query.table, query.column, tuple(query.key), rate)
        try:
            lines = await api.beside.run(lambda: past.lines([wanted], since, until))
        except TooMuch as error:
            raise invalid("query.since", str(error)) from None
        except KeyError:
            raise ApiError(404, f"nothing is kept of column {query.column!r}") from None
        times, (values,) = lines[query.table]
        return Series(
            node=node,
            table=query.table,
            column=query.column,
            key=query.key,
            kind=column.kind.value,
            unit=column.unit.value,
            rate=rate,
            since=since,
            until=until,
            points=list(zip(times.tolist(), values.tolist(), strict=True)),
        )


def _rate(column: Column, asked: bool | None) -> bool:
    counter = column.kind is Kind.COUNTER
    if asked and not counter:
        raise invalid("query.rate", f"false: {column.name!r} is a {column.kind.value} and has no rate")
    return counter if asked is None else asked
