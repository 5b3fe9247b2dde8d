"""A recording as pages show it: its state, how far it is, and where it leads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from gobs_server.paths import segment
from gobs_server.profiles.task import Task
from gobs_server.web.format import UNKNOWN, duration
from gobs_server.web.paging import page_asked

_COLOURS = {"done": "fresh", "failed": "down", "cancelled": "idle", "expired": "idle"}


class Listed(NamedTuple):
    """Which recordings are asked for."""

    q: str = ""
    """Words that must be in what they are of, where, whose, or in which state."""
    node: str = ""
    state: str = ""
    page: int = 1

    @property
    def query(self) -> str:
        """What an address says of it, the page aside."""
        said = (("q", self.q), ("node", self.node), ("state", self.state))
        return urlencode([pair for pair in said if pair[1]], errors="replace")


def listed(values: Mapping[str, str]) -> Listed:
    """What a query asks for."""
    q, node, state = (values.get(name, "")[:253] for name in ("q", "node", "state"))
    return Listed(q, node, state, page_asked(values))


class Line(NamedTuple):
    """One recording."""

    task: Task
    path: str
    colour: str
    left: str
    """What is still to come, of one that is not over."""
    share: float | None
    """How much of its time is over, 0 to 1, of one that is being recorded."""
    samples: str
    node: str
    """The address of its node's page."""


def line(task: Task, now: float) -> Line:
    """One recording as it is at a moment of the server's clock."""
    left = max(task.ends - now, 0.0) if task.state == "recording" else 0.0
    return Line(
        task=task,
        path=f"/profiles/{segment(task.id)}",
        colour=_COLOURS.get(task.state, "stale"),
        left=_left(task, left),
        share=1 - min(left / task.duration, 1) if task.state == "recording" else None,
        samples=UNKNOWN if task.samples is None else f"{task.samples:,}",
        node=f"/nodes/{segment(task.node)}",
    )


def _left(task: Task, left: float) -> str:
    if task.state == "queued":
        return "waits for its turn on the node"
    if task.state == "processing":
        return "names are being found"
    return f"{duration(round(left)) if left >= 1 else 'less than a second'} left" if task.state == "recording" else ""


def found(tasks: Iterable[Task], asked: Listed) -> list[Task]:
    """The recordings that are asked for."""
    words = asked.q.casefold().split()
    return [
        task
        for task in tasks
        if asked.node in {"", task.node}
        and asked.state in {"", task.state}
        and all(word in _text(task) for word in words)
    ]


def _text(task: Task) -> str:
    return f"{task.what} {task.node} {task.by} {task.state} {task.profiler} {task.target.workload}".casefold()
