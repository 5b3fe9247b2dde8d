"""Which columns say what a row is of, by OpenTelemetry's semantic conventions for Kubernetes and containers.

By their names alone, so that a plugin's table with a `workload`, a `namespace` and a `pod` is found beside ours.
"""

from __future__ import annotations

from gobs_core import RowValues, Table

Attributes = tuple[tuple[str, str], ...]
_OWNERS = {
    "CronJob": "k8s.cronjob.name",
    "DaemonSet": "k8s.daemonset.name",
    "Deployment": "k8s.deployment.name",
    "Job": "k8s.job.name",
    "ReplicaSet": "k8s.replicaset.name",
    "StatefulSet": "k8s.statefulset.name",
}
_NAMED = {
    "workload": "k8s.pod.uid",
    "namespace": "k8s.namespace.name",
    "pod": "k8s.pod.name",
    "container": "container.id",
    "container_name": "k8s.container.name",
}


class Resources:
    """What the rows of one table are of."""

    def __init__(self, table: Table) -> None:
        places = {column.name: place for place, column in enumerate(table.stored)}
        self._places = {places[name]: attribute for name, attribute in _NAMED.items() if name in places}
        if "name" in places and "workload" in places:
            of_container = "container" in places
            self._places[places["name"]] = "k8s.container.name" if of_container else "k8s.pod.name"
        self._kubernetes = "workload" in places and "namespace" in places
        self._namespace = places.get("namespace", 0)
        self._owner = places.get("owner")
        self.used = frozenset(name for name, place in places.items() if place in self._places)
        """Columns that are told here, and need not be told again with each point."""

    def of(self, row: RowValues, node: str) -> Attributes:
        """What this row is of besides its node; nothing where it is of no pod."""
        if not self._kubernetes or not row[self._namespace]:
            return ()
        found = {attribute: str(row[place]) for place, attribute in self._places.items() if row[place]}
        kind, slash, name = str(row[self._owner] or "").partition("/") if self._owner is not None else ("", "", "")
        if slash and kind in _OWNERS:
            found[_OWNERS[kind]] = name
        return tuple(sorted({**found, "k8s.node.name": node}.items()))
