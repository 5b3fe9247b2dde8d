"""Rows of pods, containers and processes as agents in a cluster send them, for the tests of REST and pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gobs_collectors.cgroup.tables import CONTAINER, CONTAINER_IO
from gobs_collectors.process.tables import POD, PROCESS
from gobs_core import RowValues, Table
from tests.server.feeding import Rows


def row(table: Table, *keys: str, **cells: Any) -> RowValues:
    """A row in which what is not named is not known."""
    columns = table.stored[len(keys) :]
    assert cells.keys() <= {column.name for column in columns}, cells
    return (*keys, *(cells.get(column.name) for column in columns))


def pod(uid: str, name: str | None, namespace: str | None = "shop", **cells: Any) -> RowValues:
    """A pod that runs, unless something else is said of it."""
    usual = {"phase": "Running", "reason": "", "qos": "Burstable", "labels": "", "owner": "", "network": "own"}
    told = usual if name is not None else {}
    return row(POD, uid, **{"kind": "pod", "name": name, "namespace": namespace, **told, **cells})


def container(uid: str, name: str, **cells: Any) -> RowValues:
    """A container that runs."""
    usual = {"name": name, "type": "container", "state": "running", "ready": "yes", "restarts": 0, "nested": "no"}
    return row(CONTAINER, uid, f"c-{uid}-{name}", **{**usual, **cells})


def device(uid: str, container: str, name: str, **cells: Any) -> RowValues:
    """What a container reads and writes of a device."""
    return row(CONTAINER_IO, uid, f"c-{uid}-{container}", name, **{"name": container, "counted": "yes", **cells})


def process(pid: int, uid: str, parent: int = 1, **cells: Any) -> RowValues:
    """A process of a pod."""
    usual = {"comm": f"proc-{pid}", "workload": uid, "kind": "pod", "ppid": str(parent), "state": "S", "stime": 0}
    return row(PROCESS, str(pid), "77", **{**usual, **cells})


def rows(
    pods: list[RowValues], containers: list[RowValues], processes: list[RowValues], devices: Sequence[RowValues] = ()
) -> Rows:
    """What one reading of a node holds."""
    return {POD: pods, CONTAINER: containers, PROCESS: processes, CONTAINER_IO: [*devices]}


TABLES = (POD, CONTAINER, PROCESS, CONTAINER_IO)
