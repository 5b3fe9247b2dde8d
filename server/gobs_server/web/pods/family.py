"""The processes of one pod as a tree: each below the one that started it, those of one container together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from gobs_core import Kind
from gobs_server.tables import View
from gobs_server.web.links import link
from gobs_server.web.looking import Looking
from gobs_server.web.pods.cells import text_of
from gobs_server.web.pods.shown import Number, number
from gobs_server.web.text import visible

MOST = 300
_DEEPEST = 12
_SHOWN = ("cpu", "vm_rss", "read_bytes", "write_bytes", "threads", "open_fds")


class Kin(NamedTuple):
    """One process, ready to be shown."""

    path: str
    pid: str
    name: str
    command: str
    container: str
    depth: int
    numbers: list[Number]


@dataclass(frozen=True, slots=True)
class Family:
    """The processes of one pod."""

    headings: list[str]
    rows: list[Kin]
    count: int


def family(node: str, view: View, workload: str, looking: Looking | None = None) -> Family | None:
    """Return them, each after the one that started it, of a reading of all processes.

    None where those do not tell what they belong to.
    """
    workloads = view.infos.get("workload")
    if workloads is None or not view.table.keys:
        return None
    rows = [row for row, text in enumerate(workloads) if text == workload]
    columns = [column for name in _SHOWN for column in view.table.columns if column.name == name and column.numeric]
    shown = []
    for row, depth in list(_walk(view, rows))[:MOST]:
        numbers = [
            number(
                column.unit,
                float((view.rates[column.name] if column.kind is Kind.COUNTER else view.level(column.name))[row]),
                rate=column.kind is Kind.COUNTER,
            )
            for column in columns
        ]
        texts = [visible(text_of(view, name, row)) for name in ("comm", "cmdline", "container_name")]
        pid = view.keys[row][0]
        shown.append(
            Kin(link(node, view.table, view.keys[row], looking), visible(pid), texts[0] or "not known", texts[1],
                texts[2], min(depth, _DEEPEST), numbers)
        )  # fmt: skip
    return Family([column.name.replace("_", " ") for column in columns], shown, len(rows))


def _walk(view: View, rows: list[int]) -> Iterator[tuple[int, int]]:
    """Yield each row once with how deep it is, whatever the processes say of their parents."""
    by_pid = {view.keys[row][0]: row for row in rows}
    children: dict[int | None, list[int]] = {}
    for row in rows:
        parent = by_pid.get(text_of(view, "ppid", row))
        children.setdefault(None if parent == row else parent, []).append(row)

    def order(row: int) -> tuple[str, int, str]:
        pid = view.keys[row][0]
        return text_of(view, "container_name", row), len(pid), pid

    seen_rows: set[int] = set()
    for root in [*sorted(children.get(None, ()), key=order), *sorted(rows, key=order)]:
        waiting = [(root, 0)]
        while waiting:
            row, depth = waiting.pop()
            if row not in seen_rows:
                seen_rows.add(row)
                yield row, depth
                waiting += [(child, depth + 1) for child in sorted(children.get(row, ()), key=order, reverse=True)]
