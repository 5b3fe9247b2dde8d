"""One run of a simulated container: its processes, and what its control group counts over them and those before."""

from __future__ import annotations

from dataclasses import dataclass, field

from gobs_core.simulate.habit import FREE, Bounds
from gobs_core.simulate.hardware import Pressure
from gobs_core.simulate.process import PAGE, Process

PERIODS = 10
"""Periods of a CPU limit in a second."""
IDLE = 0.001
"""Cores below which nobody would notice that it waits for one."""


@dataclass(slots=True)
class Usage:
    """What a control group counts. Its numbers never fall."""

    user: int = 0
    """Clock ticks."""
    system: int = 0
    read: int = 0
    """Bytes."""
    written: int = 0

    def add(self, other: Usage | Process) -> None:
        """Count what another has counted."""
        self.user += other.user
        self.system += other.system
        self.read += other.read
        self.written += other.written


@dataclass(slots=True)
class Container:
    """One run of a container: a restart makes a new one."""

    id: str
    cgroup: str
    name: str = ""
    bounds: Bounds = FREE
    began: float = 0.0
    processes: list[Process] = field(default_factory=list)
    restart_at: float | None = None
    """When it starts again, while it waits after a crash."""
    restarts: int = 0
    ended: str = ""
    """Why this run came to its end; empty: it has not, or was ended."""
    code: int | None = None
    """Its exit code, once it has come to its end."""
    before: tuple[str, int | None] = ("", None)
    """Why the run before this one came to its end, and its exit code."""
    periods: int = 0
    throttled: int = 0
    throttled_time: int = 0
    """Microseconds."""
    at_limit: int = 0
    """Times it was about to go over its memory limit."""
    pressures: dict[str, Pressure] = field(
        default_factory=lambda: {
            f"{what} {who}": Pressure() for what in ("cpu", "memory", "io") for who in ("some", "full")
        }
    )
    _gone: Usage = field(default_factory=Usage)

    def usage(self) -> Usage:
        """Return what its processes have counted, those that have ended included."""
        total = Usage()
        total.add(self._gone)
        for process in self.processes:
            total.add(process)
        return total

    def anonymous(self) -> int:
        """Return the bytes that are its processes' own."""
        return sum(p.memory for p in self.processes) * 4 // 5 // PAGE * PAGE

    def files(self) -> int:
        """Return the bytes of files it holds in memory: those its processes have mapped, and some of what was read."""
        mapped = sum(p.memory for p in self.processes) // 5
        read = sum(p.read + p.written for p in self.processes) // 4
        room = (self.bounds.memory_limit or 1 << 40) * 97 // 100 - self.anonymous()
        return max(0, min(mapped + min(read, 200 << 20), room)) // PAGE * PAGE

    def bury(self, process: Process) -> None:
        """Keep what a process has counted that ends now."""
        self._gone.add(process)
        self.processes.remove(process)

    def hold_back(self, elapsed: float) -> None:
        """Let its processes want no more of the CPUs than its limit allows, and count what it was stopped for."""
        limit, wanted = self.bounds.cpu_limit, sum(p.wanted for p in self.processes)
        if limit is None or not wanted:
            return
        self.periods += round(PERIODS * elapsed)
        over = wanted / (limit * elapsed) - 1
        if over <= 0:
            return
        for process in self.processes:
            process.wanted /= 1 + over
        stopped = min(1.0, over)
        self.throttled += round(PERIODS * elapsed * stopped)
        self.throttled_time += int(1e6 * elapsed * stopped / 2)
        self.pressures["cpu some"].step(stopped / 2, elapsed)
        self.pressures["cpu full"].step(stopped / 3, elapsed)

    def wait(self, crowded: float, blocked: float, elapsed: float) -> None:
        """Count how long its processes waited for memory and disks."""
        limit = self.bounds.memory_limit
        short = max(0.0, (self.anonymous() + self.files()) / limit - 0.9) if limit else 0.0
        if short > 0.04:
            self.at_limit += 1
        reads = any(p.habit.reads or p.habit.writes for p in self.processes)
        shares = {"memory some": short, "memory full": short / 2, "io some": blocked if reads else 0.0}
        shares["io full"] = shares["io some"] / 2
        if self.bounds.cpu_limit is None:
            runs = sum(p.wanted for p in self.processes) > IDLE * elapsed
            shares["cpu some"] = min(0.9, crowded) if runs else 0.0
        for name, share in shares.items():
            self.pressures[name].step(min(1.0, share), elapsed)
