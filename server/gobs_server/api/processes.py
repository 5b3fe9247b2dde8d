"""REST: what an agent reads about one process only when asked."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from gobs_core import Table
from gobs_server.api.lookup import find_node, find_table
from gobs_server.api.operations import Operations
from gobs_server.api.problem import ApiError
from gobs_server.api.shapes import Inspection
from gobs_server.live import LiveTable
from gobs_server.services import InspectError, NoAnswer, NotConnected, Services, TooManyRequests

_RULE = "/nodes/<name:node>/processes/<name:pid>/inspect"
_STATUS: dict[type[InspectError], int] = {NotConnected: 503, NoAnswer: 504, TooManyRequests: 429}


class InspectQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What to read, and how long to wait for it."""

    sections: Annotated[
        str,
        Meta(max_length=200, pattern="^[a-z0-9_,]*$", description="Comma-separated, e.g. threads,limits; empty: all."),
    ] = ""
    timeout: Annotated[float, Meta(ge=0.1, le=30, description="Seconds to wait for the agent.")] = 5


def add_processes(api: Operations, services: Services) -> None:
    """Add the operation on processes."""

    @api.get(_RULE, scope="nodes", private=True, errors=(404, 429, 502, 503, 504))
    async def inspect_process(
        node: str, pid: Annotated[int, Meta(ge=1, le=2**31 - 1)], query: InspectQuery
    ) -> Inspection:
        """Ask the node's agent about one process: threads, limits, descriptors, smaps."""
        table = find_table(find_node(services.live, node), "process")
        key = _newest(table, str(pid))
        if key is None:
            raise ApiError(404, f"node {node!r} has no process {pid} now")
        sections = tuple(dict.fromkeys(filter(None, query.sections.split(","))))
        try:
            answer = await services.sessions.inspect(node, "process", key, sections, query.timeout)
        except InspectError as error:
            raise ApiError(_STATUS.get(type(error), 502), str(error)) from None
        return Inspection(node=node, pid=pid, key=_named(table.table, key), sections=answer)


def _newest(table: LiveTable, pid: str) -> tuple[str, ...] | None:
    """Return the key of the row with that pid; after a pid was reused, of the process that started last."""
    place = [column.name for column in table.table.keys].index("pid")
    keys = [key for key in table.view().keys if key[place] == pid]
    return max(keys, key=lambda key: [(len(text), text) for text in key], default=None)


def _named(table: Table, key: tuple[str, ...]) -> dict[str, str]:
    return {column.name: text for column, text in zip(table.keys, key, strict=True)}
