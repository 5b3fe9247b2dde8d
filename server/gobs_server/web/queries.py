"""What a page's address may ask for, taken leniently: what cannot be meant is left out, not refused."""

from __future__ import annotations

from quart import request

from gobs_server.web.order import Query

_LONGEST = 100


def table_query() -> Query:
    """Return what this request asks of a table; a column's button (`by`) goes before the order kept (`sort`)."""
    values = request.args
    return Query(
        sort=(values.get("by") or values.get("sort") or "")[:_LONGEST],
        filter=(values.get("filter") or "").strip()[:_LONGEST],
        all=values.get("rows") == "all",
    )
