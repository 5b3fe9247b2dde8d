"""The pods of one simulated machine: how they start, crash, are killed for their memory, start again and end."""

from __future__ import annotations

from collections.abc import Sequence

from gobs_core.simulate import system_apps
from gobs_core.simulate.catalogue import PAUSE
from gobs_core.simulate.container import Container
from gobs_core.simulate.habit import App, Habit
from gobs_core.simulate.names import hexadecimal
from gobs_core.simulate.pod import Made, Pod, new_pod
from gobs_core.simulate.process import Process
from gobs_core.simulate.processes import HOST_NETNS, Processes

LONGEST_PAUSE = 160.0
"""Seconds a container that crashes again and again waits at most."""
KEPT = 2
"""Pods of one owner that are told of after they have done their work."""
_ALONE = Made("alone", "", "")


class Pods:
    """The pods of one machine, the `place`th of its cluster."""

    def __init__(self, processes: Processes, place: int = 0) -> None:
        self.processes = processes
        self.place = place
        self.running: list[Pod] = []
        self.stuck: list[Pod] = []
        """Pods that are here and of which no container starts."""
        self.finished: list[Pod] = []
        """Pods that have done their work, or failed at it, the oldest first."""
        self._next_netns = HOST_NETNS + 360
        self._next_ip = 1

    def start(self, app: App, made: Made = _ALONE) -> Pod:
        """Start a pod: its shim where containerd runs, its pause process, and every process of its containers."""
        dice = self.processes.dice
        self._next_netns += 60 + dice.randrange(30)
        pod = new_pod(app, made, dice, self._next_netns)
        self._next_ip = self._next_ip % 250 + 1
        pod.ip = f"10.42.{self.place}.{self._next_ip}" if pod.netns else f"10.0.0.{self.place + 10}"
        pod.began = self.processes.now
        if app.stuck:
            pod.containers = [pod.container(dice, place) for place in range(len(app.containers))]
            self.stuck.append(pod)
            return pod
        runtime = next((p.pid for p in self.processes.living.values() if p.habit.comm == "containerd"), None)
        if runtime is not None:
            pod.shim = self.processes.spawn(system_apps.SHIM, runtime, "/system.slice/containerd.service")
        identity = hexadecimal(dice, 64)
        pod.sandbox = Container(identity, f"{pod.slice}/cri-containerd-{identity}.scope", "pause")
        pod.sandbox.processes = [self._spawn(pod, PAUSE, pod.shim.pid if pod.shim else 1, pod.sandbox.cgroup)]
        for place, habits in enumerate(app.containers):
            container = pod.container(dice, place)
            self._fill(pod, container, habits)
            pod.containers.append(container)
        self.running.append(pod)
        return pod

    def end(self, pod: Pod) -> None:
        """End a pod and every process of it."""
        for container in reversed(pod.groups()):
            self._empty(pod, container)
        if pod.shim is not None:
            self.processes.end(pod.shim)
        self.running.remove(pod)
        if not pod.terminating and any(container.ended for container in pod.containers):
            self.finished.append(pod)
            of_owner = [one for one in self.finished if one.made.owner == pod.made.owner]
            for old in of_owner[:-KEPT]:
                self.finished.remove(old)

    def step(self) -> None:
        """End what has lived its time or outgrown its limit, and start again what waited long enough."""
        now = self.processes.now
        for pod in list(self.running):
            if pod.ends is not None and pod.ends <= now:
                self.end(pod)
                continue
            for place, container in enumerate(pod.containers):
                if container.restart_at is not None and container.restart_at <= now:
                    pod.containers[place] = self._restart(pod, container, place)
                elif any(_over(p, now) for p in container.processes):
                    self._stop(pod, container)

    def loads(self, elapsed: float) -> dict[int, float]:
        """Return the load of every process of a pod, by pid."""
        loads: dict[int, float] = {}
        for pod in self.running:
            pod.busy = pod.load.at(self.processes.now, elapsed)
            for process in pod.processes():
                loads[process.pid] = pod.busy
        return loads

    def traffic(self, elapsed: float) -> tuple[int, int]:
        """Count this step's traffic of every pod; return the bytes all of them received and sent."""
        received = sent = 0
        for pod in self.running:
            alive = pod.busy * elapsed if any(c.processes for c in pod.containers) else 0.0
            got, gave = int(pod.app.receives * alive), int(pod.app.sends * alive)
            pod.traffic.add(got, gave)
            received += got
            sent += gave
        return received, sent

    def _spawn(self, pod: Pod, habit: Habit, parent: int, cgroup: str) -> Process:
        return self.processes.spawn(habit, parent, cgroup, netns=pod.netns or HOST_NETNS)

    def _fill(self, pod: Pod, container: Container, habits: Sequence[Habit]) -> None:
        container.began = self.processes.now
        parent = pod.processes()[0].pid
        for habit in habits:
            container.processes.append(self._spawn(pod, habit, parent, container.cgroup))
            parent = container.processes[0].pid

    def _empty(self, pod: Pod, container: Container) -> None:
        """End all processes of a container; its control group goes with them."""
        for process in reversed(container.processes):
            self.processes.end(process)
            container.bury(process)
        pod.gone.add(container.usage())
        pod.gone.system += 1  # ending takes the kernel a moment, by which readers see that something has happened

    def _stop(self, pod: Pod, container: Container) -> None:
        grown = any(p.habit.limit and p.memory > p.habit.limit for p in container.processes)
        self._empty(pod, container)
        now, crashes = self.processes.now, "crashes" in pod.app.tags
        fails = crashes or ("fails" in pod.app.tags and self.processes.dice.random() < 0.4)
        container.ended, container.code = ("OOMKilled", 137) if grown else ("Error", 3) if fails else ("Completed", 0)
        if pod.ends is None:
            pause = min(LONGEST_PAUSE, 10.0 * 2**container.restarts)
            container.restart_at = now + (pause if crashes else 3.0)
        elif not any(one.processes for one in pod.containers):
            pod.ends = min(pod.ends, now + 3.0)

    def _restart(self, pod: Pod, container: Container, place: int) -> Container:
        again = pod.container(self.processes.dice, place)
        again.restarts = container.restarts + 1
        again.before = container.ended, container.code
        self._fill(pod, again, pod.app.containers[place])
        return again


def _over(process: Process, now: float) -> bool:
    limit = process.habit.limit
    return (process.ends is not None and process.ends <= now) or bool(limit and process.memory > limit)
