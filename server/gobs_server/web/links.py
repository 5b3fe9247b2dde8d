"""Where a row leads: each row of each table has a page of its own."""

from __future__ import annotations

from urllib.parse import urlencode

from gobs_core import Table
from gobs_server.paths import segment
from gobs_server.web.looking import Looking


def link(node: str, table: Table, key: tuple[str, ...], looking: Looking | None = None) -> str:
    """Return the address of the page of one row, then or between two moments; empty for a table without a key."""
    path = _now(node, table, key)
    return path if looking is None else looking.under(path)


def _now(node: str, table: Table, key: tuple[str, ...]) -> str:
    here = f"/nodes/{segment(node)}"
    names = [column.name for column in table.keys]
    if not names:
        return ""
    if table.name == "process" and names == ["pid", "start"]:
        return f"{here}/processes/{segment(key[0])}/{segment(key[1])}"
    if table.name == "pod" and names == ["workload"]:
        return f"{here}/workloads/{segment(key[0])}"
    query = urlencode([("key", text) for text in key], errors="replace")
    return f"{here}/tables/{segment(table.name)}/row?{query}"
