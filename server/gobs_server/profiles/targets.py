"""What people call something, as the ids a recording is asked for by: from the newest rows of a node's processes."""

from __future__ import annotations

from typing import NamedTuple

from gobs_core import GobsError, ProfileTarget
from gobs_server.live import LiveTable, Node


class Missing(GobsError):
    """Nothing of that name is there; the text says what was expected."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(expected)
        self.field = field


class Names(NamedTuple):
    """What a target is called; empty where it has no such name."""

    namespace: str = ""
    pod: str = ""
    container: str = ""
    command: str = ""


NAMELESS = Names()


def find_target(node: Node, namespace: str, pod: str, container: str, pid: int | None) -> tuple[ProfileTarget, Names]:
    """What is meant, by ids, and what it is called; raises Missing."""
    if pid is not None:
        return _process(node, pid)
    if not pod and not container:
        return ProfileTarget(kind="node"), Names()
    rows = _Rows(node.tables.get("process"))
    found = [row for row in range(len(rows.keys)) if rows.is_of(row, namespace, pod, container)]
    if not found:
        what = "/".join(filter(None, (namespace, pod, container)))
        raise Missing("pod", f"a pod, workload or container with a process on this node; there is none of {what!r}")
    spaces = sorted({rows.text("namespace", row) for row in found} - {""})
    if len(spaces) > 1:
        raise Missing("namespace", f"one of {', '.join(spaces)}: each of them has a {pod or container!r} on this node")
    row = found[0]
    called = container and (rows.text("container_name", row) or container)
    names = Names(rows.text("namespace", row), rows.text("pod", row) or pod, called)
    workload = rows.text("workload", row)
    if container:
        return ProfileTarget(kind="container", workload=workload, container=rows.text("container", row)), names
    return ProfileTarget(kind="workload", workload=workload), names


def containers_of(node: Node, workload: str) -> list[tuple[str, str]]:
    """The containers of a workload that have a process now: id and name, by name."""
    rows = _Rows(node.tables.get("process"))
    found = {
        rows.text("container", row): rows.text("container_name", row)
        for row in range(len(rows.keys))
        if rows.text("workload", row) == workload and rows.text("container", row)
    }
    return sorted(found.items(), key=lambda item: (item[1], item[0]))


def _process(node: Node, pid: int) -> tuple[ProfileTarget, Names]:
    rows = _Rows(node.tables.get("process"))
    for row in reversed(range(len(rows.keys))):
        if rows.text("pid", row) == str(pid):
            target = ProfileTarget(kind="process", pid=pid, start=rows.text("start", row))
            return target, Names(rows.text("namespace", row), rows.text("pod", row), "", rows.text("comm", row))
    raise Missing("pid", f"a process of this node; it has no process {pid} now")


class _Rows:
    """The texts of a node's processes by column, whatever columns there are."""

    def __init__(self, table: LiveTable | None) -> None:
        view = table.view() if table is not None else None
        self.keys = view.keys if view is not None else []
        self._names = [column.name for column in view.table.keys] if view is not None else []
        self._infos = view.infos if view is not None else {}

    def text(self, column: str, row: int) -> str:
        """One cell; empty where it is not known, or where there is no such column."""
        if column in self._names:
            return self.keys[row][self._names.index(column)]
        texts = self._infos.get(column)
        return (texts[row] or "") if texts else ""

    def is_of(self, row: int, namespace: str, pod: str, container: str) -> bool:
        """Whether a process belongs to what is named."""
        return (
            (not namespace or self.text("namespace", row) == namespace)
            and (not pod or pod in {self.text("pod", row), self.text("workload", row)})
            and (not container or container in {self.text("container", row), self.text("container_name", row)})
        )
