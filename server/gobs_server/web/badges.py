"""Badges: how many alerts fire of a node, of a pod, of a row, and how grave they are."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import NamedTuple, TypeVar
from urllib.parse import urlencode

from gobs_core import Severity
from gobs_server.alerts.keeping.keeper import Keeper
from gobs_server.alerts.records import Alert
from gobs_server.alerts.rules.check import GRAVE

_OF_PODS = ("pod", "container")
Key = tuple[str, ...]
Name = TypeVar("Name", bound=Hashable)


class Badge(NamedTuple):
    """What fires of something."""

    number: int
    """How many alerts."""
    severity: Severity
    """The gravest."""
    path: str
    """The page of the one alert there is, or of those of its node."""

    @property
    def text(self) -> str:
        """Said in words."""
        return f"{self.number:,} {'alert fires' if self.number == 1 else 'alerts fire'}, {self.severity.value}"


class Fires:
    """What fires at one moment. A value, to be read in any thread."""

    def __init__(self, alerts: Iterable[Alert] = ()) -> None:
        self._nodes: dict[str, Badge] = {}
        self._pods: dict[tuple[str, str], Badge] = {}
        self._rows: dict[tuple[str, str, Key], Badge] = {}
        for alert in alerts:
            if alert.node:
                _add(self._nodes, alert.node, alert)
                _add(self._rows, (alert.node, alert.table, tuple(alert.key)), alert)
                if uid := _pod_of(alert):
                    _add(self._pods, (alert.node, uid), alert)

    def of_node(self, node: str) -> Badge | None:
        """What fires of a node and of all that is on it; None: nothing."""
        return self._nodes.get(node)

    def of_pod(self, node: str, uid: str) -> Badge | None:
        """What fires of a pod, its containers and its processes."""
        return self._pods.get((node, uid))

    def of_row(self, node: str, table: str, key: Key) -> Badge | None:
        """What fires of a row; of the row of a pod what fires of the pod."""
        if table == "pod" and len(key) == 1:
            return self._pods.get((node, key[0]))
        return self._rows.get((node, table, key))


class Badges:
    """Finds them. Lives as long as the app; called from the event loop."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._made = -1
        self._fires = Fires()

    @property
    def version(self) -> int:
        """Raised whenever a badge may be another one."""
        return self._keeper.version

    @property
    def now(self) -> Fires:
        """What fires now; made once for all who look until that is something else."""
        if self._made != self._keeper.version:
            self._made, self._fires = self._keeper.version, Fires(self._keeper.alerts.values())
        return self._fires


def _pod_of(alert: Alert) -> str:
    """The key of the pod, or other workload, that an alert is about; empty: it is about none."""
    return alert.key[0] if alert.table in _OF_PODS and alert.key else alert.labels.get("workload", "")


def _add(found: dict[Name, Badge], name: Name, alert: Alert) -> None:
    old = found.get(name)
    if old is None:
        found[name] = Badge(1, alert.severity, f"/alerts/{alert.id}")
        return
    severity = max(old.severity, alert.severity, key=GRAVE.__getitem__)
    found[name] = Badge(old.number + 1, severity, f"/alerts?{urlencode({'node': alert.node}, errors='replace')}")
