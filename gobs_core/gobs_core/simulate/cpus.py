"""The CPUs of a simulated machine: who gets how many clock ticks, so that processes and node agree to the tick."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from gobs_core.simulate.process import TICKS, Process


@dataclass(slots=True)
class Cpu:
    """What /proc/stat counts of one CPU, in clock ticks."""

    user: int = 0
    nice: int = 0
    system: int = 0
    idle: int = 0
    iowait: int = 0
    irq: int = 0
    softirq: int = 0
    steal: int = 0
    room: int = 0
    """Ticks of this step that nobody has yet."""


class Cpus:
    """All CPUs of one machine."""

    def __init__(self, count: int) -> None:
        self.each = [Cpu() for _ in range(count)]
        self.switches = 0
        self.running = 1
        self.pressure = 0.0
        """The share of the last step in which somebody waited for a CPU."""

    def run(self, processes: Iterable[Process], ticks: int, blocked: float, dice: random.Random) -> float:
        """Share out `ticks` of every CPU among what `processes` want; return by how much they want more than there is.

        `blocked` is the share of the idle time that waits for a disk. Nobody is charged for a tick that is not there.
        """
        running = [p for p in processes if p.wanted > 0]
        capacity = 0.97 * len(self.each) * ticks / TICKS
        total = sum(p.wanted for p in running)
        granted = min(1.0, capacity / total) if total else 1.0
        self._interrupts(ticks, total / capacity if capacity else 0.0, dice)
        for process in running:
            self._charge(process, granted)
        for cpu in self.each:
            waits = int(cpu.room * blocked)
            cpu.iowait += waits
            cpu.idle += cpu.room - waits
            cpu.room = 0
        crowded = max(0.0, total / capacity - 1) if capacity else 0.0
        self.pressure = min(0.95, crowded + (max(0.0, total / capacity - 0.6) ** 2 if capacity else 0.0))
        self.running = max(1, round(total / (ticks / TICKS)) if ticks else 1)
        return crowded

    def _interrupts(self, ticks: int, busy: float, dice: random.Random) -> None:
        for number, cpu in enumerate(self.each):
            cpu.room = ticks
            for name, share in (("irq", 0.001), ("softirq", 0.006 if number == 0 else 0.003), ("steal", 0.002)):
                whole = min(cpu.room, int(ticks * share * (0.3 + busy) + dice.random()))
                setattr(cpu, name, getattr(cpu, name) + whole)
                cpu.room -= whole

    def _charge(self, process: Process, granted: float) -> None:
        user, system = process.owed(granted)
        spent_user = spent_system = 0
        first = process.processor % len(self.each)
        while user + system > 0:
            number = first if self.each[first].room else max(range(len(self.each)), key=lambda n: self.each[n].room)
            cpu = self.each[number]
            if not cpu.room:
                break
            share = cpu.room if process.habit.threads == 1 else max(1, min(cpu.room, (user + system) // 2))
            u = min(user, share)
            s = min(system, share - u)
            if process.habit.nice > 0:
                cpu.nice += u
            else:
                cpu.user += u
            cpu.system += s
            cpu.room -= u + s
            user, system, spent_user, spent_system = user - u, system - s, spent_user + u, spent_system + s
            process.processor = number
            first = (number + 1) % len(self.each) if process.habit.threads > 1 else number
        process.charge(spent_user, spent_system)
