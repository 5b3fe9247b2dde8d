"""A simulated machine: what its kernel would count, moved on by a clock and dice handed in. It knows no files."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Protocol

from gobs_core.simulate import system_apps
from gobs_core.simulate.cpus import Cpus
from gobs_core.simulate.habit import Habit
from gobs_core.simulate.hardware import Disk, Memory, Pressure
from gobs_core.simulate.pod import Traffic
from gobs_core.simulate.pods import Pods
from gobs_core.simulate.process import TICKS, Process
from gobs_core.simulate.processes import Processes

KTHREADD = Habit(comm="kthreadd", memory=0, library=0, seccomp=0, descriptors=0)


class Controller(Protocol):
    """What starts and ends pods: a deployment, a cron job."""

    def step(self, pods: Pods) -> None:
        """Do what is due at `pods.processes.now`."""
        ...


class Machine:
    """One machine. `step` moves it on; everything else is there to be read. Same dice and same times: same machine."""

    def __init__(
        self,
        dice: random.Random,
        now: float,
        *,
        boot: float | None = None,
        cpus: int = 4,
        memory: int = 8 << 30,
        first_pid: int = 2_000,
        place: int = 0,
    ) -> None:
        self.dice = dice
        self.now = now
        self.boot = now - dice.uniform(2, 30) * 86_400 if boot is None else boot
        self.cpus = Cpus(cpus)
        self.memory = Memory(memory, cached=memory // 5, buffers=memory // 200)
        self.disk = Disk("nvme0n1", 259, 0)
        self.pressures = {f"{what} {who}": Pressure() for what in ("cpu", "memory", "io") for who in ("some", "full")}
        self.averages = [0.3, 0.4, 0.4]
        self.uplink = Traffic()
        self.loopback = Traffic()
        self.processes = Processes(dice, self.boot, now, cpus, first_pid)
        self.pods = Pods(self.processes, place)
        self.controllers: list[Controller] = []
        for cpu in self.cpus.each:
            cpu.idle = int(self.uptime * 70)
            cpu.user = int(self.uptime * 20)
            cpu.system = int(self.uptime * 10)
        self._blocked = 0.0

    @property
    def uptime(self) -> float:
        """Seconds since it booted."""
        return self.now - self.boot

    def start_host(self) -> None:
        """Start what runs on every node besides pods: init, services, a login and the kernel's threads."""
        table, after = self.processes, self.processes.next_pid
        table.next_pid = 1
        table.spawn(system_apps.INIT, 0, "/init.scope", started=0)
        table.next_pid = 2
        table.spawn(KTHREADD, 0, "/", started=0)
        for habit in system_apps.kernel_threads(len(self.cpus.each)):
            table.spawn(habit, 2, "/", started=1)
        for unit, habit in system_apps.services():
            table.spawn(habit, 1, f"/system.slice/{unit}", started=800)
        for habit in system_apps.LOGIN:
            table.spawn(habit, 1, "/user.slice/user-1000.slice/user@1000.service/init.scope", started=90_000)
        table.next_pid = max(after, table.next_pid)

    def step(self, now: float) -> None:
        """Move on to `now`; a clock that stands or falls back changes nothing."""
        if now <= self.now:
            return
        before, self.now, self.processes.now = self.now, now, now
        elapsed = now - before
        ticks = int((now - self.boot) * TICKS) - int((before - self.boot) * TICKS)
        for controller in self.controllers:
            controller.step(self.pods)
        self.pods.step()
        everybody = list(self.processes.living.values())
        loads = self.pods.loads(elapsed)
        for process in everybody:
            process.want(loads.get(process.pid, 1.0), elapsed, self.dice)
        containers = [container for pod in self.pods.running for container in pod.groups()]
        for container in containers:
            container.hold_back(elapsed)
        crowded = self.cpus.run(everybody, ticks, self._blocked, self.dice)
        counted = _counts(everybody)
        for process in everybody:
            process.live(loads.get(process.pid, 1.0), elapsed, crowded, self.dice)
            process.state = self._state(process, elapsed)
        read, written, switches = (after - start for after, start in zip(_counts(everybody), counted, strict=True))
        self.cpus.switches += switches
        self._hardware(everybody, read, written, elapsed)
        for container in containers:
            container.wait(crowded, self._blocked, elapsed)

    def _state(self, process: Process, elapsed: float) -> str:
        if not process.habit.command:
            return "I"
        if process.wanted > elapsed * self.dice.random():
            return "R"
        return "D" if process.habit.reads and self.dice.random() < self._blocked else "S"

    def _hardware(self, everybody: Sequence[Process], read: int, written: int, elapsed: float) -> None:
        busy = self.disk.step(read, written, elapsed, self.dice)
        self._blocked = busy / 4
        short = self.memory.step(sum(p.memory for p in everybody), read, self.disk, len(everybody))
        waits = {"cpu some": self.cpus.pressure, "memory some": short, "io some": busy / 2}
        waits |= {"cpu full": 0.0, "memory full": short / 3, "io full": busy / 3}
        for name, share in waits.items():
            self.pressures[name].step(min(1.0, share), elapsed)
        for place, minutes in enumerate((1, 5, 15)):
            keep = math.exp(-elapsed / (60 * minutes))
            self.averages[place] = keep * self.averages[place] + (1 - keep) * self.cpus.running
        received, sent = self.pods.traffic(elapsed)
        self.uplink.add(int(received * 0.8), int(sent * 0.8))
        local = int(3_000 * elapsed)
        self.loopback.add(local, local)


def _counts(processes: Sequence[Process]) -> tuple[int, int, int]:
    read = written = switches = 0
    for process in processes:
        read += process.read
        written += process.written
        switches += process.voluntary + process.involuntary
    return read, written, switches
