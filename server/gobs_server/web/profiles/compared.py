"""What a profile may be compared with: the same thing at other times, its like on whichever node, and all else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from gobs_server.profiles.task import Task
from gobs_server.web.profiles.asked import target_of

MOST = 100
"""Profiles of one group that are offered, the newest; any other can be named in the address."""
SAME, ALIKE, ELSE = "The same, at another time", "Its like", "Anything else"


class Group(NamedTuple):
    """Profiles that have as much in common with another one."""

    title: str
    tasks: list[Task]


def compared(task: Task, everything: Iterable[Task], named: str = "") -> list[Group]:
    """The profiles one may be compared with, the likest first; that of the id `named` in any case."""
    groups = {title: Group(title, []) for title in (SAME, ALIKE, ELSE)}
    for other in everything:
        if other.state != "done" or not other.samples or other.id == task.id:
            continue
        group = groups[_title(task, other)].tasks
        if len(group) < MOST or other.id == named:
            group.append(other)
    return [group for group in groups.values() if group.tasks]


def _title(task: Task, other: Task) -> str:
    if target_of(task).has(other):
        return SAME
    return ALIKE if _kin(task) == _kin(other) else ELSE


def _kin(task: Task) -> tuple[str, ...]:
    """What those have in common that do the same work somewhere else: nodes, pods of a namespace, one command."""
    return (task.target.kind, task.namespace, task.container, task.command)
