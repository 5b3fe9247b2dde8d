"""REST: several cells of one node through time, thinned to what a chart has pixels for, and going on where it ended."""

from __future__ import annotations

from math import floor
from typing import Annotated, cast
from urllib.parse import unquote

import msgspec
import numpy as np
from msgspec import Meta

from gobs_core import Kind
from gobs_server.api.lookup import find_column, find_node, find_table
from gobs_server.api.operations import Later, Live, Operations
from gobs_server.api.problem import ApiError, invalid
from gobs_server.api.shapes import Chart, ChartLine, ChartTable
from gobs_server.api.times import Moment, moment
from gobs_server.history import Lines, Past, TooMuch, Wanted, thinned
from gobs_server.live import Node
from gobs_server.services import Services
from gobs_server.tables.values import Numbers
from gobs_server.tags import Tags

MAX_SERIES = 64
MAX_POINTS = 4000
MAX_VALUES = 200_000
"""Values of one answer."""
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
"""Seconds: few, so that many who look at the same ask for the same."""
_DIGITS = 7
_EXACT = 15
"""Powers of ten from which on a float is given as it is."""


class ChartQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which cells, from when to when, and how finely."""

    series: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=4096)]],
        Meta(
            min_length=1,
            max_length=MAX_SERIES,
            description="TABLE/COLUMN/KEY…, each part percent-encoded before it is put into the query, once for each "
            "line. Without keys it is the table's total of the column. Counters are shown as their rate per second.",
        ),
    ]
    since: Moment = "3600"
    until: Moment = "0"
    points: Annotated[int, Meta(ge=10, le=MAX_POINTS, description="Steps the time is cut into at most.")] = 500
    step: (
        Annotated[
            float, Meta(ge=0, le=86400, description="Seconds a step takes, in place of `points`; 0: every reading.")
        ]
        | None
    ) = None
    stacked: Annotated[
        list[Annotated[str, Meta(max_length=63)]],
        Meta(max_length=MAX_SERIES, description="Tables whose lines are parts of a whole: readings stay together."),
    ] = []


def add_chart(api: Operations, services: Services, tags: Tags) -> None:
    """Add the operation on charts."""

    @api.get("/nodes/<name:node>/chart", scope="nodes", errors=(404,))
    async def get_chart(node: str, query: ChartQuery) -> Live[Chart]:
        """Several cells over time, from what is kept in memory.

        Of each step every line has its lowest and its highest value, and null at every gap. To go on, ask again with
        `since` the start of the last step and `step` as answered, and put the answer in place of what begins there.
        """
        found = find_node(services.live, node)
        wanted = [_wanted(found, text) for text in query.series]
        now = services.clock.wall()
        since, until = moment(query.since, "query.since", now), min(moment(query.until, "query.until", now), now)
        if since > until:
            raise invalid("query.since", "a time before `until`")
        step = _step(query, until - since)
        since = floor(since / step) * step if step else since
        version = max(found.tables[one.table].version for one in wanted)
        moments = (since, query.until if query.until != "0" else "")
        tag = tags.of(version, services.history.generation, query.series, query.stacked, step, *moments)

        def build() -> Later[Chart]:
            past = services.history.past(node)
            return Later(lambda: _chart(node, past, wanted, (since, until, step), frozenset(query.stacked)))

        return Live(tag, build)


def _wanted(node: Node, text: str) -> Wanted:
    """What one `series` names; raises ApiError 404 and 422."""
    table_name, *rest = map(unquote, text.split("/"))
    table = find_table(node, table_name)
    if not rest:
        raise invalid("query.series", "TABLE/COLUMN/KEY…, each part percent-encoded")
    column, (_, *key) = find_column(table, rest[0]), rest
    names = [one.name for one in table.table.keys]
    if key and len(key) != len(names):
        expected = f"a key for each of {', '.join(names)}, or none" if names else "no key: the table has one row"
        raise invalid("query.series", f"{table_name}/{rest[0]} and {expected}; not {len(key)} keys")
    return Wanted(table_name, column.name, tuple(key) if key or not names else None, column.kind is Kind.COUNTER)


def _step(query: ChartQuery, span: float) -> float:
    if query.step is None:
        return next((step for step in STEPS if span / step <= query.points), STEPS[-1])
    if query.step and span / query.step > MAX_POINTS:
        raise invalid("query.step", f"at least {span / MAX_POINTS:.3g} seconds for so long a time, or a shorter time")
    return query.step


def _chart(
    node: str, past: Past, wanted: list[Wanted], moments: tuple[float, float, float], stacked: frozenset[str]
) -> Chart:
    since, until, step = moments
    try:
        lines = past.lines(wanted, since, until)
    except TooMuch as error:
        raise invalid("query.series", str(error)) from None
    except KeyError as error:
        raise ApiError(404, f"nothing is kept of column {error.args[0]!r}") from None
    tables = []
    for name, found in lines.items():
        mine = [one for one in wanted if one.table == name]
        thin = thinned(found, step, stacked=name in stacked)
        tables.append(ChartTable(name, np.round(thin.times, 3).tolist(), _lines(mine, thin)))
    if sum(len(table.times) * len(table.lines) for table in tables) > MAX_VALUES:
        raise invalid("query.step", f"larger: the answer would have more than {MAX_VALUES:,} values")
    return Chart(node=node, since=since, until=until, step=step, history=past.span(), tables=tables)


def _lines(wanted: list[Wanted], lines: Lines) -> list[ChartLine]:
    return [
        ChartLine(one.column, None if one.key is None else list(one.key), one.rate, _rounded(values))
        for one, values in zip(wanted, lines.values, strict=True)
    ]


def _rounded(values: Numbers) -> list[float | None]:
    """The values with as many digits as a chart can show."""
    with np.errstate(all="ignore"):
        size = np.floor(np.log10(np.abs(values)))
        power = np.where(np.abs(size) < _EXACT, _DIGITS - 1 - size, 0)
        tens = 10.0 ** np.abs(power)
        rounded = np.where(power >= 0, np.round(values * tens) / tens, np.round(values / tens) * tens)
    return cast("list[float | None]", np.where(np.abs(size) < _EXACT, rounded, values).tolist())
