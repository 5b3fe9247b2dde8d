"""What makes workloads come and go on a simulated machine, and how their pods are called."""

from __future__ import annotations

import random

from gobs_core.simulate.habit import App
from gobs_core.simulate.pod import Made, Pod
from gobs_core.simulate.pods import Pods

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""What Kubernetes makes up names from: nothing that could be read as a word."""
_MINUTE = 60


class Deployment:
    """Keeps some pods of one app running, and now and then replaces each by a new one that starts before it ends."""

    def __init__(self, app: App, replicas: int = 1, *, every: float | None = None) -> None:
        self.app = app
        self.replicas = replicas
        self.every = every
        """Seconds between two rollouts, give or take a third; None: never."""
        self._pods: list[Pod] = []
        self._next: float | None = None
        self._revision = ""

    def step(self, pods: Pods) -> None:
        """Start what is missing; at the time of a rollout start the new pods and let the old ones end."""
        now, dice = pods.processes.now, pods.processes.dice
        while len(self._pods) < self.replicas:
            self._pods.append(pods.start(self.app, self._made(dice)))
        if self.every is None:
            return
        if self._next is not None and self._next <= now:
            for old in self._pods:
                old.ends = now + dice.uniform(6, 20)
                old.terminating = True
            self._revision = ""
            self._pods = [pods.start(self.app, self._made(dice)) for _ in range(self.replicas)]
        if self._next is None or self._next <= now:
            self._next = now + self.every * dice.uniform(0.66, 1.33)

    def _made(self, dice: random.Random) -> Made:
        self._revision = self._revision or _made_up(dice, 10)
        replica_set = f"{self.app.name}-{self._revision}"
        return Made(f"{replica_set}-{_made_up(dice, 5)}", f"Deployment/{self.app.name}", f"ReplicaSet/{replica_set}")


class Steady:
    """Keeps one pod of an app running: of a StatefulSet, of a DaemonSet, or a static one of a node's own kubelet."""

    def __init__(self, app: App, kind: str, last: str = "") -> None:
        self.app = app
        self.kind = kind
        self._last = last
        """What ends its name: its number in the StatefulSet, or the node's name; a DaemonSet makes it up."""
        self._pod: Pod | None = None

    def step(self, pods: Pods) -> None:
        """Start it if it is missing."""
        if self._pod is None:
            self._pod = pods.start(self.app, self._made(pods.processes.dice))

    def _made(self, dice: random.Random) -> Made:
        name = self.app.name
        owner = f"{self.kind}/{self._last if self.kind == 'Node' else name}"
        return Made(f"{name}-{self._last or _made_up(dice, 5)}", owner, owner)


class CronJob:
    """Starts a pod at every turn of its schedule; the pod ends with its work."""

    def __init__(self, app: App, every: float) -> None:
        self.app = app
        self.every = every
        self._next: float | None = None

    def step(self, pods: Pods) -> None:
        """Start a pod when it is time."""
        now, dice = pods.processes.now, pods.processes.dice
        if self._next is None:
            self._next = now + dice.uniform(0.1, 1) * self.every
        if self._next <= now:
            self._next = now + self.every
            job = f"{self.app.name}-{int(now) // _MINUTE}"
            made = Made(f"{job}-{_made_up(dice, 5)}", f"CronJob/{self.app.name}", f"Job/{job}")
            pods.start(self.app, made).ends = now + 4 * self.every


def _made_up(dice: random.Random, letters: int) -> str:
    return "".join(dice.choices(_LETTERS, k=letters))
