"""The settings of the process collector."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from gobs_collectors.process.scrub import compile_patterns
from gobs_core import CollectorConfig


class ProcessConfig(CollectorConfig, frozen=True, kw_only=True):
    """Settings of the process collector."""

    kernel_threads: bool = False
    """Whether the kernel's own threads are processes too."""
    max_processes: Annotated[int, Meta(ge=1)] = 20_000
    """How many processes are read; those above are left out, counted and said."""
    cmdline: bool = True
    """Whether command lines are read. Secrets in them are hidden."""
    hide: tuple[str, ...] = ()
    """Regular expressions for more to hide in command lines: their group `secret`, or the whole match."""
    gate: Literal["auto", "clock", "cgroup", "none"] = "auto"
    """How processes that have not run since the last tick are told, to pass them over: by their own CPU clocks, by the
    CPU time of their control group (version 2), the first of these that works here, or not at all."""
    full_every: Annotated[int, Meta(ge=1, le=12)] = 12
    """Ticks between two readings of a process that are not passed over in any case."""
    details_every: Annotated[int, Meta(ge=1, le=720)] = 60
    """Ticks between two readings of what changes rarely: control group, command line, limits, network namespace."""
    remember: Annotated[float, Meta(ge=0)] = 300.0
    """Seconds for which a workload without processes keeps its row and its sums."""
    descriptors: Annotated[int, Meta(ge=0)] = 9_000
    """How many descriptors are kept, three for a process, each for 4 KiB of kernel memory; others are reopened."""

    def __post_init__(self) -> None:
        compile_patterns(self.hide)
