"""The process table of one simulated machine: who starts, with which ids, and what becomes of who ends."""

from __future__ import annotations

import random

from gobs_core.simulate.habit import Habit
from gobs_core.simulate.process import TICKS, Process

HOST_NETNS = 4026531840


class Processes:
    """All processes that live now, by pid. Whoever owns it moves its `now` on."""

    def __init__(self, dice: random.Random, boot: float, now: float, cpus: int, first_pid: int) -> None:
        self.dice = dice
        self.boot = boot
        self.now = now
        self.living: dict[int, Process] = {}
        self.ended: list[int] = []
        """Pids that ended since somebody cleared this."""
        self.forks = 20_000 + first_pid
        self.next_pid = first_pid
        self._cpus = cpus

    def spawn(
        self, habit: Habit, parent: int, cgroup: str, *, netns: int = HOST_NETNS, started: int | None = None
    ) -> Process:
        """Start one process, now or at a time of the past in ticks since boot."""
        ticks = int((self.now - self.boot) * TICKS) if started is None else started
        ends = None if habit.lasts is None else self.now + self.dice.uniform(*habit.lasts)
        process = Process(self.next_pid, parent, habit, ticks, cgroup, netns, self._cpus, ends)
        process.threads = [self.next_pid + number for number in range(habit.threads)]
        process.processor = self.dice.randrange(self._cpus)
        process.state = "S" if habit.command else "I"
        self.next_pid += habit.threads + self.dice.randrange(3)
        self.forks += habit.threads
        self.living[process.pid] = process
        return process

    def end(self, process: Process) -> None:
        """End one process; its parent inherits its times, its children become init's."""
        if self.living.pop(process.pid, None) is None:
            return
        self.ended.append(process.pid)
        for other in self.living.values():
            if other.parent == process.pid:
                other.parent = 1
        if (parent := self.living.get(process.parent)) is not None:
            parent.bury(process)
