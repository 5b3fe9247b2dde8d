"""What workloads and containers are called now, as inventories tell it: cells for rows, and whose changed since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from gobs_core import ContainerInfo, Workload, WorkloadInfo, Workloads
from gobs_core.text import cut

Text = str | None
UNNAMED: tuple[Text, ...] = (None,) * 4
LONGEST = 1024
DELETED = "Deleted"
"""Why a pod is not as it should be that has processes here, and that its inventory knows no more."""


class Names:
    """The names of one machine's workloads. What an inventory stops telling of is remembered until it is forgotten."""

    def __init__(self, workloads: Workloads) -> None:
        self._workloads = workloads
        self.known: Mapping[str, WorkloadInfo] = {}
        """What is told now."""
        self._deleted: dict[str, WorkloadInfo] = {}
        self._cells: dict[tuple[str, str], tuple[Text, ...]] = {}

    def refresh(self) -> set[str]:
        """Take what is told now; returns the ids of the workloads of which anything changed."""
        before, now = self.known, self._workloads.known()
        if now is before:
            return set()
        changed = {key for key, info in now.items() if info is not before.get(key)}
        for key in before.keys() - now.keys():
            self._deleted[key] = msgspec.structs.replace(before[key], reason=DELETED)
            changed.add(key)
        for key in self._deleted.keys() & now.keys():
            del self._deleted[key]
        self.known = now
        self._cells.clear()
        return changed

    def unnamed(self) -> str:
        """Why names are missing or may be old; empty where they are known."""
        return self._workloads.unnamed()

    def info(self, identity: str) -> WorkloadInfo | None:
        """What is told of a workload, or was before it was deleted."""
        return self.known.get(identity) or self._deleted.get(identity)

    def deleted(self, identity: str) -> bool:
        """Whether it was told of, and is no more."""
        return identity in self._deleted

    def forget(self, identity: str) -> None:
        """Nobody asks for it any more."""
        self._deleted.pop(identity, None)

    def of(self, workload: Workload) -> tuple[Text, ...]:
        """Namespace, name, name of the container, owner: the cells of a process after `kind`."""
        key = (workload.id, workload.container)
        cells = self._cells.get(key)
        if cells is None:
            cells = self._cells[key] = self._cells_of(workload)
        return cells

    def _cells_of(self, workload: Workload) -> tuple[Text, ...]:
        info = self.info(workload.id)
        if info is None:
            return UNNAMED
        container = info.container(workload.container)
        name = None if container is None else cut(container.name, LONGEST)
        return (cut(info.namespace, LONGEST), cut(info.name, LONGEST), name, cut(info.owner, LONGEST))


def info_cells(info: WorkloadInfo | None) -> tuple[Text, ...]:
    """The texts of a workload's row from `namespace` to `started`."""
    if info is None:
        return (None,) * 10
    texts = (
        info.namespace, info.name, info.owner, info.controller, info.phase, info.reason, labels(info.labels), info.qos,
        " ".join(info.ips), info.started,
    )  # fmt: skip
    return tuple(cut(text, LONGEST) for text in texts)


def labels(found: Mapping[str, str]) -> str:
    """Labels as one text, whole ones only: with `…` at its end where there are more than fit."""
    kept: list[str] = []
    left = LONGEST - len("…".encode())
    for name, value in found.items():
        label = f"{name}={value}"
        left -= len(label.encode()) + 1
        if left < 0:
            return ",".join([*kept, "…"])
        kept.append(label)
    return ",".join(kept)


def limit_cells(info: WorkloadInfo | None) -> tuple[int | None, ...]:
    """The numbers of a workload's row from `containers_ready` to `memory_limit`."""
    if info is None:
        return (None,) * 7
    staying = [one for one in info.containers if one.role in ("container", "sidecar")]
    return (
        _count(one.ready for one in staying),
        len(staying),
        restarts(staying),
        milli(info.cpu_request),
        milli(info.cpu_limit),
        info.memory_request,
        info.memory_limit,
    )


def restarts(containers: Iterable[ContainerInfo]) -> int | None:
    """How often these were restarted; None where that is known of none."""
    found = [one.restarts for one in containers if one.restarts is not None and 0 <= one.restarts < 1 << 32]
    return sum(found) if found else None


def milli(cores: float | None) -> int | None:
    """Cores as thousandths."""
    return None if cores is None else round(cores * 1000)


def _count(ready: Iterable[bool | None]) -> int | None:
    found = [one for one in ready if one is not None]
    return sum(found) if found else None
