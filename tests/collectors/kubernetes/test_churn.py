"""A node whose pods never rest: after each event the pods that are told are those that the server knows."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

from gobs_core import WorkloadInfo
from tests.collectors.kubernetes.rig import NODE, Rig
from tests.support.kube import pods
from tests.support.kube.pods import Object
from tests.support.soak import counts

NAMESPACES = ("shop", "media", "kube-system")


class Cluster:
    """Creates, starts, crashes, restarts, rolls out and deletes pods of one node, at random."""

    def __init__(self, kube: Rig, dice: random.Random) -> None:
        self.store = kube.kube.store
        self.dice = dice
        self.born = 0
        self.owners: dict[str, str] = {}
        """Pod uid -> the owner it has in the end."""

    def step(self) -> None:
        """Let one thing happen."""
        uids = list(self.store.pods)
        if len(uids) < 3 or (len(uids) < 40 and self.dice.random() < 0.2):
            self._create()
            return
        uid = self.dice.choice(uids)
        pod = self.store.pods[uid]
        what = self.dice.choice((self._start, self._crash, self._restart, self._end, self._roll, self._delete))
        what(pod)

    def _create(self, name: str = "", revision: str = "") -> None:
        self.born += 1
        name = name or f"app-{self.dice.randrange(6)}"
        revision = revision or f"{self.dice.getrandbits(40):010x}"
        kind = self.dice.choice(("ReplicaSet", "DaemonSet", "StatefulSet", "Job"))
        labels = {"app": name}
        controller, owner = name, f"{kind}/{name}"
        if kind == "ReplicaSet":
            labels["pod-template-hash"] = revision
            controller, owner = f"{name}-{revision}", f"Deployment/{name}"
        elif kind == "Job":
            controller, owner = f"{name}-{29_400_000 + self.born}", f"CronJob/{name}"
        made = pods.pod(
            f"{controller}-{self.born}",
            namespace=self.dice.choice(NAMESPACES),
            node=NODE if self.dice.random() < 0.9 else "worker-2",
            containers=tuple(f"c{n}" for n in range(self.dice.randint(1, 4))),
            owner=(kind, controller),
            labels=labels,
        )
        self.owners[made["metadata"]["uid"]] = owner
        self.store.put(made)

    def _start(self, pod: Object) -> None:
        self.store.put(pods.running(pod, self.dice))

    def _crash(self, pod: Object) -> None:
        place = self.dice.randrange(len(pod["spec"]["containers"]))
        self.store.put(pods.crashed(pod, place, reason=self.dice.choice(("Error", "OOMKilled")), code=137))

    def _restart(self, pod: Object) -> None:
        self.store.put(pods.restarted(pod, self.dice, self.dice.randrange(len(pod["spec"]["containers"]))))

    def _end(self, pod: Object) -> None:
        self.store.put(pods.ended(pod, *self.dice.choice((("Succeeded", "Completed", 0), ("Failed", "Error", 3)))))

    def _roll(self, pod: Object) -> None:
        """The same app under another revision's name, then the old pod goes."""
        self._create(pod["metadata"]["labels"]["app"])
        self._delete(pod)

    def _delete(self, pod: Object) -> None:
        self.store.delete(pod["metadata"]["uid"])

    def truth(self) -> dict[str, Any]:
        """What should be told now."""
        return {
            pod["metadata"]["uid"]: (
                pod["metadata"]["namespace"],
                pod["metadata"]["name"],
                self.owners[pod["metadata"]["uid"]],
                pod["status"]["phase"],
                [
                    (one["name"], one.get("containerID", "").removeprefix("containerd://"), one["restartCount"])
                    for one in pod["status"]["containerStatuses"]
                ],
            )
            for pod in self.store.listed(f"spec.nodeName={NODE}")
        }


def told(infos: dict[str, WorkloadInfo]) -> dict[str, Any]:
    return {
        key: (
            info.namespace,
            info.name,
            info.owner,
            info.phase,
            [(one.name, one.id, one.restarts) for one in info.containers],
        )
        for key, info in infos.items()
    }


def _is_told(kube: Rig, truth: dict[str, Any]) -> bool:
    return told(kube.told.infos) == truth


@counts("events", reduced=200, full=5000)
def test_after_each_of_many_events_the_pods_told_are_the_servers(kube: Rig, events: int) -> None:
    cluster = Cluster(kube, random.Random(7))
    kube.start()
    for number in range(events):
        cluster.step()
        if number % 50 == 20:
            kube.kube.store.compact()
        if number % 50 == 35:
            kube.kube.rotate(f"token-{number}")
        if number % 50 == 45:
            kube.kube.stop()
            cluster.step()
            kube.kube.start()
        kube.told.until(partial(_is_told, kube, cluster.truth()))
    kube.told.until(lambda: kube.told.why == "")
    assert cluster.born > events // 10
