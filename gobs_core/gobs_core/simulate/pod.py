"""One simulated pod: its ids, its control groups, its network namespace and the ids of its processes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from gobs_core.simulate.habit import App
from gobs_core.simulate.load import Load
from gobs_core.simulate.names import hexadecimal, uid
from gobs_core.simulate.process import Process


@dataclass(slots=True)
class Traffic:
    """What one interface counts."""

    received: int = 0
    received_packets: int = 0
    sent: int = 0
    sent_packets: int = 0
    drops: int = 0

    def add(self, received: int, sent: int) -> None:
        """Count some more bytes in packets of a usual size."""
        self.received += received
        self.sent += sent
        self.received_packets += (received + 799) // 800
        self.sent_packets += (sent + 799) // 800


@dataclass(slots=True)
class Container:
    """One run of a container: a restart makes a new one."""

    id: str
    cgroup: str
    processes: list[Process] = field(default_factory=list)
    restart_at: float | None = None
    """When it starts again, while it waits after a crash."""
    restarts: int = 0


@dataclass(slots=True)
class Pod:
    """One simulated pod. `netns` is 0 for a pod that lives in the host's network."""

    app: App
    uid: str
    netns: int
    load: Load
    slice: str
    traffic: Traffic = field(default_factory=Traffic)
    containers: list[Container] = field(default_factory=list)
    helpers: list[Process] = field(default_factory=list)
    """The shim on the host, if any, and the pause process: they live as long as the pod."""
    ends: float | None = None
    busy: float = 1.0
    """Its load in this step."""

    def container(self, dice: random.Random) -> Container:
        """Make the next container of this pod, with ids of its own and no process yet."""
        identity = hexadecimal(dice, 64)
        return Container(identity, f"{self.slice}/cri-containerd-{identity}.scope")

    def processes(self) -> list[Process]:
        """Return all its processes that live now, its helpers included."""
        return [*self.helpers, *(p for c in self.containers for p in c.processes)]


def new_pod(app: App, dice: random.Random, netns: int) -> Pod:
    """Make a pod of that app without any process; the paths are those of containerd under systemd on cgroup v2."""
    identity = uid(dice)
    name = identity.replace("-", "_")
    if app.qos == "guaranteed":
        path = f"/kubepods.slice/kubepods-pod{name}.slice"
    else:
        path = f"/kubepods.slice/kubepods-{app.qos}.slice/kubepods-{app.qos}-pod{name}.slice"
    load = Load(dice, tide=app.tide, burst=app.burst)
    return Pod(app, identity, 0 if app.host_network else netns, load, path)
