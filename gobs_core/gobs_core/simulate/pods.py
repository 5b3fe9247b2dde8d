"""The pods of one simulated machine: how they start, crash, are killed for their memory, start again and end."""

from __future__ import annotations

from collections.abc import Sequence

from gobs_core.simulate import system_apps
from gobs_core.simulate.catalogue import PAUSE
from gobs_core.simulate.habit import App, Habit
from gobs_core.simulate.names import hexadecimal
from gobs_core.simulate.pod import Container, Pod, new_pod
from gobs_core.simulate.process import Process
from gobs_core.simulate.processes import HOST_NETNS, Processes

LONGEST_PAUSE = 160.0
"""Seconds a container that crashes again and again waits at most."""


class Pods:
    """The pods of one machine."""

    def __init__(self, processes: Processes) -> None:
        self.processes = processes
        self.running: list[Pod] = []
        self._next_netns = HOST_NETNS + 360

    def start(self, app: App) -> Pod:
        """Start a pod: its shim where containerd runs, its pause process, and every process of its containers."""
        dice = self.processes.dice
        self._next_netns += 60 + dice.randrange(30)
        pod = new_pod(app, dice, self._next_netns)
        runtime = next((p.pid for p in self.processes.living.values() if p.habit.comm == "containerd"), None)
        sandbox = f"{pod.slice}/cri-containerd-{hexadecimal(dice, 64)}.scope"
        if runtime is None:
            pod.helpers = [self._spawn(pod, PAUSE, 1, sandbox)]
        else:
            shim = self.processes.spawn(system_apps.SHIM, runtime, "/system.slice/containerd.service")
            pod.helpers = [shim, self._spawn(pod, PAUSE, shim.pid, sandbox)]
        for habits in app.containers:
            container = pod.container(dice)
            self._fill(pod, container, habits)
            pod.containers.append(container)
        self.running.append(pod)
        return pod

    def end(self, pod: Pod) -> None:
        """End a pod and every process of it."""
        for process in reversed(pod.processes()):
            self.processes.end(process)
        self.running.remove(pod)

    def step(self) -> None:
        """End what has lived its time or outgrown its limit, and start again what waited long enough."""
        now = self.processes.now
        for pod in list(self.running):
            if pod.ends is not None and pod.ends <= now:
                self.end(pod)
                continue
            for place, container in enumerate(pod.containers):
                if container.restart_at is not None and container.restart_at <= now:
                    pod.containers[place] = self._restart(pod, container, pod.app.containers[place])
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
        parent = pod.helpers[0].pid
        for habit in habits:
            container.processes.append(self._spawn(pod, habit, parent, container.cgroup))
            parent = container.processes[0].pid

    def _stop(self, pod: Pod, container: Container) -> None:
        for process in reversed(container.processes):
            self.processes.end(process)
        container.processes.clear()
        if pod.ends is None:
            pause = min(LONGEST_PAUSE, 10.0 * 2**container.restarts)
            container.restart_at = self.processes.now + (pause if "crashes" in pod.app.tags else 3.0)
        else:
            pod.ends = min(pod.ends, self.processes.now + 3.0)

    def _restart(self, pod: Pod, container: Container, habits: Sequence[Habit]) -> Container:
        again = pod.container(self.processes.dice)
        again.restarts = container.restarts + 1
        self._fill(pod, again, habits)
        return again


def _over(process: Process, now: float) -> bool:
    limit = process.habit.limit
    return (process.ends is not None and process.ends <= now) or bool(limit and process.memory > limit)
