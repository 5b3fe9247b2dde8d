"""The rows of `container`: what is read of a group beside what is told of it, made anew where either changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gobs_collectors.cgroup.container import SHOWN, Container
from gobs_collectors.cgroup.parsers import Value
from gobs_collectors.cgroup.sources import CELLS
from gobs_core import ContainerInfo, RowValues, WorkloadInfo
from gobs_core.text import cut

LONGEST = 1024
UNSTARTED = "unstarted/"
"""Begins the key of a container that has no id yet."""
_NOTHING: tuple[Value, ...] = (None,) * SHOWN
_CPU_LIMIT, _MEMORY_LIMIT = CELLS.index("cpu_limit"), CELLS.index("memory_limit")
Key = tuple[str, str]


class Rows:
    """The rows of the last tick, by key, each with what it was made from."""

    def __init__(self) -> None:
        self._rows: dict[Key, tuple[WorkloadInfo | None, Container | None, RowValues]] = {}

    def make(self, containers: Mapping[Key, Container], known: Mapping[str, WorkloadInfo]) -> list[RowValues]:
        """One row for each container that has a group, or is told of; the very same tuple where nothing changed."""
        before, self._rows = self._rows, {}
        for key, container in containers.items():
            self._keep(before, key, known.get(key[0]), container)
        for info in known.values():
            for key in _told(info):
                if key not in self._rows:
                    self._keep(before, key, info, None)
        return [row for _, _, row in self._rows.values()]

    def _keep(self, before: Mapping[Key, object], key: Key, info: WorkloadInfo | None, found: Container | None) -> None:
        old = before.get(key)
        if isinstance(old, tuple) and old[0] is info and old[1] is found and not (found and found.touched):
            self._rows[key] = old
            return
        if found is not None:
            found.touched = False
        self._rows[key] = (info, found, _row(key, info, found))


def _told(info: WorkloadInfo) -> Iterator[Key]:
    for one in info.containers:
        yield info.id, one.id or cut(f"{UNSTARTED}{one.name}", LONGEST)


def _row(key: Key, info: WorkloadInfo | None, found: Container | None) -> RowValues:
    one = None if info is None else _container(info, key[1])
    read = _NOTHING if found is None else found.shown()
    if one is not None:
        limits = {_CPU_LIMIT: _milli(one.cpu_limit), _MEMORY_LIMIT: one.memory_limit}
        read = tuple(limits.get(place) if cell is None else cell for place, cell in enumerate(read))
    group = found.group if found is not None else None
    return (
        *key,
        *(None if text is None else cut(text, LONGEST) for text in _texts(info, one)),
        (group.place.runtime or None) if group else None,
        "yes" if group and group.nested else "no",
        *_numbers(one),
        *read,
    )


def _container(info: WorkloadInfo, key: str) -> ContainerInfo | None:
    if key.startswith(UNSTARTED):
        return next((one for one in info.containers if not one.id and cut(UNSTARTED + one.name, LONGEST) == key), None)
    return info.container(key)


def _texts(info: WorkloadInfo | None, one: ContainerInfo | None) -> tuple[str | None, ...]:
    """The cells from `namespace` to `resources`."""
    if info is None:
        return (None,) * 11
    pod = (info.namespace, info.name)
    if one is None:
        kind = "unlisted" if info.containers else None
        return (*pod, None, info.owner, None, kind, None, None, None, None, None)
    ready = None if one.ready is None else "yes" if one.ready else "no"
    state = (one.state, one.reason, one.last_reason)
    return (*pod, one.name, info.owner, one.image, one.role, *state, ready, one.resources)


def _numbers(one: ContainerInfo | None) -> tuple[Value, ...]:
    """The cells of `tables.TOLD_CELLS`."""
    if one is None:
        return (None,) * 4
    return _sane(one.restarts), _sane(one.last_exit_code), _milli(one.cpu_request), one.memory_request


def _sane(number: Value) -> Value:
    return number if number is not None and abs(number) < 1 << 32 else None


def _milli(cores: float | None) -> Value:
    return None if cores is None else round(cores * 1000)
