"""What makes workloads come and go on a simulated machine: deployments that are rolled out anew, jobs on a schedule."""

from __future__ import annotations

from gobs_core.simulate.habit import App
from gobs_core.simulate.pod import Pod
from gobs_core.simulate.pods import Pods


class Deployment:
    """Keeps some pods of one app running, and now and then replaces each by a new one that starts before it ends."""

    def __init__(self, app: App, replicas: int = 1, *, every: float | None = None) -> None:
        self.app = app
        self.replicas = replicas
        self.every = every
        """Seconds between two rollouts, give or take a third; None: never."""
        self._pods: list[Pod] = []
        self._next: float | None = None

    def step(self, pods: Pods) -> None:
        """Start what is missing; at the time of a rollout start the new pods and let the old ones end."""
        now, dice = pods.processes.now, pods.processes.dice
        while len(self._pods) < self.replicas:
            self._pods.append(pods.start(self.app))
        if self.every is None:
            return
        if self._next is not None and self._next <= now:
            for old in self._pods:
                old.ends = now + dice.uniform(6, 20)
            self._pods = [pods.start(self.app) for _ in range(self.replicas)]
        if self._next is None or self._next <= now:
            self._next = now + self.every * dice.uniform(0.66, 1.33)


class CronJob:
    """Starts a pod at every turn of its schedule; the pod ends with its work."""

    def __init__(self, app: App, every: float) -> None:
        self.app = app
        self.every = every
        self._next: float | None = None

    def step(self, pods: Pods) -> None:
        """Start a pod when it is time."""
        now = pods.processes.now
        if self._next is None:
            self._next = now + pods.processes.dice.uniform(0.1, 1) * self.every
        if self._next <= now:
            self._next = now + self.every
            pods.start(self.app).ends = now + 4 * self.every
