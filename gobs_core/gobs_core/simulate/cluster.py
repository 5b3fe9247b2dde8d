"""Which machine a simulated node is and what runs on it, by its name and place in the cluster."""

from __future__ import annotations

import random

from gobs_core.simulate import catalogue, system_apps
from gobs_core.simulate.controllers import CronJob, Deployment, Steady
from gobs_core.simulate.machine import Controller, Machine

GIB = 1 << 30


def node_machine(name: str, place: int, dice: random.Random, now: float) -> Machine:
    """Return the machine of one node of the cluster, with everything on it started."""
    control = name.startswith("cp-")
    cpus, memory = (2, 4 * GIB) if control else dice.choice(((4, 8 * GIB), (4, 16 * GIB), (8, 16 * GIB)))
    machine = Machine(dice, now, cpus=cpus, memory=memory, place=place)
    machine.start_host()
    machine.controllers = [Steady(app, "DaemonSet") for app in system_apps.EVERYWHERE]
    machine.controllers += _control_plane(name) if control else _worker(place)
    for controller in machine.controllers:
        controller.step(machine.pods)
    return machine


def pods_beside(dice: random.Random, now: float, boot: float, first_pid: int) -> Machine:
    """Return a machine of pods only, to stand beside the processes of a real one that booted at `boot`."""
    machine = Machine(dice, now, boot=boot, first_pid=first_pid)
    machine.controllers = _worker(0)
    for controller in machine.controllers:
        controller.step(machine.pods)
    return machine


def _control_plane(node: str) -> list[Controller]:
    static: list[Controller] = [Steady(app, "Node", node) for app in system_apps.CONTROL_PLANE]
    return [*static, Deployment(system_apps.DNS)]


def _worker(place: int) -> list[Controller]:
    common: list[Controller] = [
        Deployment(catalogue.SHOP, 2, every=420),
        Deployment(catalogue.API, 1, every=540),
        Deployment(catalogue.WORKERS),
        CronJob(catalogue.REPORT, every=90),
    ]
    special: tuple[list[Controller], ...] = (
        [Steady(catalogue.DATABASE, "StatefulSet", _ordinal(place)), CronJob(catalogue.BACKUP, every=240)],
        [Deployment(catalogue.CACHE), Deployment(catalogue.LEAKER)],
        [Deployment(catalogue.QUEUE), Deployment(catalogue.CRASHER), Deployment(catalogue.STUCK)],
        [Deployment(catalogue.NEIGHBOUR), Deployment(system_apps.DNS, every=900)],
    )
    return [*common, *special[place % 4], *special[(place + 1) % 4]]


def _ordinal(place: int) -> str:
    """Return the number of a node's database among those of the nodes before it."""
    return str(sum(before % 4 in (0, 3) for before in range(1, place)))
