"""One recording as the server knows it: what was asked, by whom, and in which state it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gobs_core import ProfileTarget

State = Literal["queued", "recording", "processing", "done", "failed", "cancelled", "expired"]
OPEN: frozenset[State] = frozenset({"queued", "recording", "processing"})
"""States that are followed by another."""


@dataclass(slots=True)
class Task:
    """One recording. Changed by `Tasks` alone. Times: seconds since 1970 by the server's clock."""

    id: str
    node: str
    target: ProfileTarget
    profiler: str
    duration: float
    """Seconds asked for."""
    frequency: int
    call_graph: str
    by: str
    """Who asked."""
    created: float
    namespace: str = ""
    pod: str = ""
    """The pod's name, or the workload's id where it has none."""
    container: str = ""
    command: str = ""
    """The process's name, of a recording of one."""
    state: State = "queued"
    reason: str = ""
    """Why it failed or ended early."""
    ends: float = 0.0
    """When recording ends, of the state `recording`."""
    ended: float | None = None
    samples: int | None = None
    lost: int = 0
    event: str = ""
    bytes: int = 0
    """What the profile takes, compressed."""
    pinned: bool = False
    """Whether it is kept however old it gets."""
    astray: bool = False
    """Whether it has failed for no other reason than that its agent was gone; it goes on where that comes back."""
    notes: list[str] = field(default_factory=list)
    version: int = 0
    """Raised with every change."""

    @property
    def open(self) -> bool:
        """Whether more will become of it."""
        return self.state in OPEN

    @property
    def what(self) -> str:
        """What is recorded, in a few words of strangers."""
        if self.target.kind == "node":
            return f"node {self.node}"
        where = "/".join(filter(None, (self.namespace, self.pod, self.container)))
        if self.target.kind == "process":
            return f"{self.command or 'process'} ({self.target.pid})" + (f" in {where}" if where else "")
        return where or self.target.workload
