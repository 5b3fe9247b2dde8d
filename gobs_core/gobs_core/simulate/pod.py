"""One simulated pod: its names and ids, its control groups, its network namespace and its processes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import NamedTuple

from gobs_core.simulate.container import Container, Usage
from gobs_core.simulate.habit import FREE, App
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


class Made(NamedTuple):
    """How a pod is called, and who made it, `KIND/NAME` each."""

    name: str
    owner: str
    controller: str


@dataclass(slots=True)
class Pod:
    """One simulated pod. `netns` is 0 for a pod that lives in the host's network."""

    app: App
    made: Made
    uid: str
    netns: int
    load: Load
    slice: str
    ip: str = ""
    began: float = 0.0
    traffic: Traffic = field(default_factory=Traffic)
    containers: list[Container] = field(default_factory=list)
    sandbox: Container | None = None
    """The container of the pause process: it lives as long as the pod."""
    shim: Process | None = None
    """Its process on the host, if there is one."""
    ends: float | None = None
    terminating: bool = False
    """Whether somebody has asked it to end."""
    busy: float = 1.0
    """Its load in this step."""
    gone: Usage = field(default_factory=Usage)
    """What containers have counted that are no more."""

    def container(self, dice: random.Random, place: int) -> Container:
        """Make the next run of one of its containers, with an id of its own and no process yet."""
        identity, app = hexadecimal(dice, 64), self.app
        name = app.called[place] if place < len(app.called) else app.containers[place][0].comm
        bounds = app.bounds[place] if place < len(app.bounds) else FREE
        return Container(identity, f"{self.slice}/cri-containerd-{identity}.scope", name, bounds)

    def groups(self) -> list[Container]:
        """Return every container with a control group: those that run, and the sandbox."""
        running = [container for container in self.containers if container.processes]
        return [*([] if self.sandbox is None else [self.sandbox]), *running]

    def processes(self) -> list[Process]:
        """Return all its processes that live now, those that are not its containers' included."""
        shim = [] if self.shim is None else [self.shim]
        return [*shim, *(p for container in self.groups() for p in container.processes)]

    def usage(self) -> Usage:
        """Return what its own control group has counted."""
        total = Usage()
        for one in (self.gone, *(container.usage() for container in self.groups())):
            total.add(one)
        return total


def new_pod(app: App, made: Made, dice: random.Random, netns: int) -> Pod:
    """Make a pod of that app without any process; the paths are those of containerd under systemd on cgroup v2."""
    identity = uid(dice)
    name = identity.replace("-", "_")
    if app.qos == "guaranteed":
        path = f"/kubepods.slice/kubepods-pod{name}.slice"
    else:
        path = f"/kubepods.slice/kubepods-{app.qos}.slice/kubepods-{app.qos}-pod{name}.slice"
    load = Load(dice, tide=app.tide, burst=app.burst)
    return Pod(app, made, identity, 0 if app.host_network else netns, load, path)
