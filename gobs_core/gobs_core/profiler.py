"""The contract of a profiler: records the stacks of processes, on demand.

Lifetime: constructed once with validated settings, the machine's Proc of its own and no I/O; `open` once, in a thread,
within some seconds; raising NoData says why it cannot work here, and it is tried again before the next recording.
`record` for every recording, from the agent's event loop, which it must not block: it starts a child or asks a thread.
Recordings may run beside each other, as many as `ProfilerConfig.at_once`; more wait. A recording that is not wanted any
more is cancelled like any task: it ends its children and removes its files, within a second or two. `close` once.
In a worker, where profilers of others live, all that is done anew for every recording: each has a profiler of its own.

A recording never delays a tick, has a deadline some time after its duration, and leaves nothing behind when the agent
dies: children are told to die with their parent.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, Protocol

import msgspec

from gobs_core.plugin import Plugin, PluginConfig
from gobs_core.proc import Proc
from gobs_core.profile import CallGraph, Profile
from gobs_core.values import Duration

ProfileKind = Literal["node", "workload", "container", "process"]
MAX_DURATION = 3600.0


class ProfilerConfig(PluginConfig, frozen=True, kw_only=True):
    """What may be set for every profiler; subclass it as `Config` to add settings of your own."""

    at_once: Annotated[int, msgspec.Meta(ge=1, le=16)] = 1
    """Recordings that run beside each other on this node; more wait."""
    waiting: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 20
    """Recordings that may wait; more are refused."""
    shortest: Annotated[Duration, msgspec.Meta(gt=0)] = 1.0
    """The shortest recording that may be asked for."""
    longest: Annotated[Duration, msgspec.Meta(gt=0, le=MAX_DURATION)] = 600.0
    """The longest recording that may be asked for."""
    highest: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 999
    """The highest frequency that may be asked for."""


class ProfileTarget(msgspec.Struct, frozen=True, kw_only=True):
    """Whose stacks are wanted. Ids only, as in the tables."""

    kind: ProfileKind
    workload: str = ""
    """`Workload.id`, e.g. a pod's uid; of kind `workload` and `container`."""
    container: str = ""
    """`Workload.container`; of kind `container`."""
    pid: int = 0
    """Of kind `process`."""
    start: str = ""
    """The start of that process as in the table `process`, so that no other is taken for it; empty: whichever it is."""


class ProfileOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One recording that is wanted. A value."""

    id: str
    target: ProfileTarget
    duration: float = 30.0
    """Seconds."""
    frequency: int = 99
    """Samples in a second of CPU time."""
    call_graph: CallGraph = "fp"


@dataclass(frozen=True)
class ProfileProcesses:
    """What an order's target is at the moment the recording begins."""

    pids: tuple[int, ...]
    """Its processes; empty for the whole node."""
    whole: bool = False
    """Whether the whole node is meant."""


class ProfileProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a recording is."""

    state: Literal["queued", "recording", "processing"]
    left: float = 0.0
    """Seconds until recording ends; of the state `recording`."""
    samples: int | None = None
    """Samples so far; None: not known."""


class ProfileFailed(Exception):
    """A recording that came to nothing; the text says why, and what would help."""


class ProfileHearer(Protocol):
    """Who ordered a recording; called from the event loop, and must not block."""

    def progress(self, order: ProfileOrder, progress: ProfileProgress) -> None:
        """It has come so far."""
        ...

    def done(self, order: ProfileOrder, profile: Profile) -> None:
        """It is over, and this is what was found."""
        ...

    def failed(self, order: ProfileOrder, reason: str, *, cancelled: bool = False) -> None:
        """It came to nothing."""
        ...


class Profiler(Plugin, ABC):
    """Records stacks on demand. Subclass it, declare `name` and `title`, write `record`."""

    Config: ClassVar[type[ProfilerConfig]] = ProfilerConfig
    title: ClassVar[str] = ""
    """What people choose it by, e.g. `CPU, all languages (perf)`."""
    kinds: ClassVar[tuple[str, ...]] = ("node", "workload", "container", "process")
    """The kinds of target it can record."""

    def __init__(self, config: ProfilerConfig, proc: Proc) -> None:
        self.config = config
        self.proc = proc

    def open(self) -> None:
        """Find out what this machine allows; raises NoData with the reason. Called in a thread."""

    @abstractmethod
    async def record(
        self, order: ProfileOrder, processes: ProfileProcesses, tell: Callable[[ProfileProgress], None]
    ) -> Profile:
        """Record for `order.duration` seconds and return what was found; raises ProfileFailed. Safe to be cancelled.

        `tell` may be called whenever there is news, from the event loop.
        """

    def close(self) -> None:
        """Give back what is held; safe unopened and twice."""
