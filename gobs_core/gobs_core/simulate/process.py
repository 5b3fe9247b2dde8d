"""One simulated process: what the kernel would count of it. It knows nothing of files."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from gobs_core.simulate.habit import Habit

TICKS = 100
"""Clock ticks per second, as on every Linux a user meets."""
PAGE = 4096


@dataclass(slots=True)
class Process:
    """What the kernel counts of one process. Its counters never fall."""

    pid: int
    parent: int
    habit: Habit
    started: int
    """Clock ticks since boot."""
    cgroup: str
    netns: int
    cpus: int = 1
    """On how many CPUs it may run."""
    ends: float | None = None
    """When it ends by itself, on the model's clock."""
    state: str = "S"
    processor: int = 0
    user: int = 0
    system: int = 0
    children_user: int = 0
    children_system: int = 0
    minor_faults: int = 0
    major_faults: int = 0
    voluntary: int = 0
    involuntary: int = 0
    read: int = 0
    written: int = 0
    cancelled: int = 0
    rchar: int = 0
    wchar: int = 0
    reads: int = 0
    writes: int = 0
    memory: int = 0
    peak: int = 0
    descriptors: int = 0
    wanted: float = 0.0
    """CPU seconds it would like in this step."""
    _owed_user: float = 0.0
    _owed_system: float = 0.0
    _forgotten: float = 0.0
    _switches: float = 0.0
    threads: list[int] = field(default_factory=list)
    """Thread ids, its own pid first."""

    def __post_init__(self) -> None:
        self.memory = int(self.habit.memory * 0.7)
        self.peak = self.memory
        self.descriptors = self.habit.descriptors

    def want(self, load: float, elapsed: float, dice: random.Random) -> None:
        """Say how much CPU it would like in this step."""
        self.wanted = self.habit.cores * load * elapsed * dice.uniform(0.8, 1.2)

    def owed(self, granted: float) -> tuple[int, int]:
        """Take `granted` of what it wanted; return the whole clock ticks (user, system) it may now be charged with."""
        ticks = self.wanted * granted * TICKS
        self._owed_system += ticks * self.habit.system
        self._owed_user += ticks * (1 - self.habit.system)
        return int(self._owed_user), int(self._owed_system)

    def charge(self, user: int, system: int) -> None:
        """Count the clock ticks it really got."""
        self.user += user
        self.system += system
        self._owed_user -= user
        self._owed_system -= system

    def live(self, load: float, elapsed: float, crowded: float, dice: random.Random) -> None:
        """Everything but CPU time: memory, input and output, context switches, descriptors."""
        habit = self.habit
        if not habit.command:
            self._switch(elapsed * habit.wakes, 0.0, dice)
            return
        goal = habit.memory * (0.85 + 0.15 * min(load, 2.0))
        if habit.leak:
            self.memory += int(habit.leak * elapsed * dice.uniform(0.5, 1.5))
        elif abs(goal - self.memory) > 32 * PAGE:
            self.memory += int((goal - self.memory) * min(1.0, elapsed / 15)) // PAGE * PAGE
        self.peak = max(self.peak, self.memory)
        self._transfer(load * elapsed, dice)
        self._switch(elapsed * habit.wakes * max(load, 0.2), self.wanted * (5 + 200 * crowded), dice)
        if habit.descriptor_leak:
            self._forgotten += habit.descriptor_leak * elapsed
            self.descriptors = habit.descriptors + int(self._forgotten)

    def _transfer(self, amount: float, dice: random.Random) -> None:
        habit = self.habit
        if habit.reads and (read := int(habit.reads * amount * dice.uniform(0.5, 1.5)) // PAGE * PAGE):
            self.read += read
            self.rchar += 3 * read
            self.reads += 1 + read // 16_384
            self.major_faults += dice.random() < 0.2
        if habit.writes and (written := int(habit.writes * amount * dice.uniform(0.5, 1.5)) // PAGE * PAGE):
            self.written += written
            self.wchar += written
            self.writes += 1 + written // 8_192
            if dice.random() < 0.01:
                self.cancelled += PAGE

    def _switch(self, voluntary: float, involuntary: float, dice: random.Random) -> None:
        self._switches += voluntary * dice.uniform(0.7, 1.3)
        whole = int(self._switches)
        if whole:
            self._switches -= whole
            self.voluntary += whole
            self.rchar += 40 * whole
            self.reads += whole
            self.minor_faults += whole // 8
        self.involuntary += int(involuntary + dice.random())

    def bury(self, child: Process) -> None:
        """Take over the times of a child that has ended, as wait(2) does."""
        self.children_user += child.user + child.children_user
        self.children_system += child.system + child.children_system
