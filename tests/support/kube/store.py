"""What a fake API server knows: objects, an event log with resource versions, and how far back it still remembers."""

from __future__ import annotations

import asyncio
import copy
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.support.kube.pods import Object


class Entry(NamedTuple):
    """One event of the log."""

    version: int
    kind: str
    object: Object


class Store:
    """Pods by uid, and everything that happened to them. May be changed from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version = 1000
        self._log: list[Entry] = []
        self._compacted = self._version
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self.pods: dict[str, Object] = {}
        self.nodes = {"worker-1"}
        self.secrets: dict[tuple[str, str], Object] = {}
        """By namespace and name."""

    @property
    def version(self) -> int:
        """The newest resource version."""
        return self._version

    def put(self, pod: Object) -> Object:
        """Create a pod, or change the one with its uid; returns it with its resource version."""
        uid = pod["metadata"]["uid"]
        with self._lock:
            kind = "MODIFIED" if uid in self.pods else "ADDED"
            self.pods[uid] = self._log_it(kind, pod)
        self._wake()
        return pod

    def delete(self, uid: str) -> None:
        """Delete a pod."""
        with self._lock:
            self._log_it("DELETED", self.pods.pop(uid))
        self._wake()

    def advance(self, by: int = 1) -> None:
        """Let the version grow by what happens elsewhere in the cluster."""
        with self._lock:
            self._version += by

    def compact(self) -> None:
        """Forget every event there was: who wants to go on from before gets 410."""
        with self._lock:
            self._compacted = self._version
            self._log.clear()
        self._wake()

    def listed(self, fields: str) -> list[Object]:
        """The pods that a field selector chooses, in the order of their keys."""
        with self._lock:
            chosen = [pod for pod in self.pods.values() if chosen_by(fields, pod)]
        return sorted(chosen, key=lambda pod: (pod["metadata"]["namespace"], pod["metadata"]["name"]))

    def since(self, version: int) -> list[Entry] | None:
        """The events after that version; None when it is too old."""
        with self._lock:
            if version < self._compacted:
                return None
            return [entry for entry in self._log if entry.version > version]

    async def change(self, seconds: float) -> None:
        """Return when something changed, or after that time."""
        one = (asyncio.get_running_loop(), asyncio.Event())
        self._waiting.add(one)
        try:
            await asyncio.wait_for(one[1].wait(), seconds)
        except TimeoutError:
            pass
        finally:
            self._waiting.discard(one)

    def _log_it(self, kind: str, pod: Object) -> Object:
        self._version += 1
        made = copy.deepcopy(pod)
        made["metadata"]["resourceVersion"] = str(self._version)
        self._log.append(Entry(self._version, kind, made))
        return made

    def _wake(self) -> None:
        for loop, event in list(self._waiting):
            loop.call_soon_threadsafe(event.set)


def chosen_by(fields: str, pod: Object) -> bool:
    """Whether a field selector such as `spec.nodeName=x` chooses an object."""
    return all(_field(pod, name) == value for name, value in _terms(fields))


def _terms(fields: str) -> Iterator[tuple[str, str]]:
    for term in filter(None, fields.split(",")):
        name, _, value = term.partition("=")
        yield name, value.removeprefix("=")


def _field(found: Any, path: str) -> Any:
    for name in path.split("."):
        found = found.get(name, "")
    return found
