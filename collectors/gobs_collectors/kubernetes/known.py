"""The pods of this node as the API last told them: what a list and the events after it make of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from gobs_collectors.kubernetes.describe import MAX_ID, describe
from gobs_collectors.kubernetes.objects import Event, Marked, Pod, Raw
from gobs_core import WorkloadInfo

MAX_PODS = 5_000
"""Pods one node may have here; beyond them something is wrong with who answers."""

_pod = msgspec.json.Decoder(Pod).decode
_marked = msgspec.json.Decoder(Marked).decode


class Known:
    """All pods of one node, by the API's own uid. Changed by one thread."""

    def __init__(self, node: str, labels: Collection[str] | None) -> None:
        self._node = node
        self._labels = labels
        self.lacking = ""
        """What was left out since the last list, and why."""
        self._pods: dict[str, WorkloadInfo] = {}

    def infos(self) -> list[WorkloadInfo]:
        """What is told of each."""
        return list(self._pods.values())

    def replace(self, items: Iterable[Raw]) -> None:
        """These are all pods there are."""
        self._pods = {}
        self.lacking = ""
        for item in items:
            self._put(item)

    def take(self, event: Event) -> str:
        """One event; returns the version it is of. A pod that is not as expected changes nothing."""
        if event.type == "DELETED":
            metadata = _marked(event.object).metadata
            self._pods.pop(metadata.uid, None)
            return metadata.resource_version
        if event.type in ("ADDED", "MODIFIED"):
            self._put(event.object)
        return _marked(event.object).metadata.resource_version

    def _put(self, raw: Raw) -> None:
        try:
            pod = _pod(raw)
            info = describe(pod, self._labels)
        except (msgspec.MsgspecError, UnicodeError) as error:
            self.lacking = f"a pod of the API is not as expected, so what is told of it is old or missing: {error}"
            return
        uid = pod.metadata.uid
        if not 0 < len(info.id) <= MAX_ID or (pod.spec and pod.spec.node_name != self._node):
            self._pods.pop(uid, None)
        elif uid in self._pods or len(self._pods) < MAX_PODS:
            self._pods[uid] = info
        else:
            self.lacking = f"more than {MAX_PODS} pods on one node: the others are left out"
