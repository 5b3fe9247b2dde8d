"""The settings of the process collector."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from gobs_core import CollectorConfig
from gobs_core.scrub import compile_patterns
from gobs_core.table import MAX_ROWS


class ProcessConfig(CollectorConfig, frozen=True, kw_only=True):
    """Settings of the process collector."""

    kernel_threads: bool = False
    """Whether the kernel's own threads are processes too."""
    max_processes: Annotated[int, Meta(ge=1, le=MAX_ROWS)] = MAX_ROWS
    """How many processes are read; those above are left out, counted and said. No table may have more."""
    cmdline: bool = True
    """Whether command lines are read."""
    scrub: bool = True
    """Whether secrets in command lines are hidden. Switched off, every password, token and key that anybody on the node
    gave on a command line is sent, kept and shown as it is; what `hide` matches is hidden all the same."""
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
