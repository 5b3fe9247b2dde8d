"""The profiler itself: records, keeps what names come from, and folds what perf prints into a profile."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Annotated, ClassVar

import msgspec

from gobs_collectors.perf.probe import NAME, Ability, probe
from gobs_core import (
    NoData,
    Proc,
    Profile,
    ProfileFailed,
    ProfileOrder,
    ProfileProcesses,
    ProfileProgress,
    Profiler,
    ProfilerConfig,
    Size,
)

_DWARF_LONGEST = 60.0
_HELD = 65536
"""Open files the agent allows itself: perf takes one for each thread and CPU."""


class PerfConfig(ProfilerConfig, frozen=True, kw_only=True):
    """Settings under `[profilers.perf]`."""

    perf: str = ""
    """The program; unset: the one that is found."""
    folder: str = ""
    """Where recordings are while they are made; unset: the system's folder for temporary files."""
    most_bytes: Annotated[Size, msgspec.Meta(ge=1 << 20)] = 256 << 20
    """The largest recording; what comes after is left out, and said."""


class PerfProfiler(Profiler):
    """Records by perf(1), as a child, with few rights: PERFMON, and SYS_PTRACE for names inside containers."""

    name = NAME
    title = "CPU, every language (perf)"
    needs = ("the program perf, and the capability PERFMON or a kernel.perf_event_paranoid that lets it record",)
    Config: ClassVar[type[PerfConfig]] = PerfConfig
    config: PerfConfig

    def __init__(self, config: PerfConfig, proc: Proc) -> None:
        super().__init__(config, proc)
        self._ability: Ability | None = None

    def open(self) -> None:
        """Remove what an agent that was killed has left, and try what perf can do; raises NoData with the reason."""
        from gobs_collectors.perf.workplace import sweep

        sweep(self.config.folder)
        if not (self.proc.root / "self").exists() or not os.path.isdir("/proc/self"):
            raise NoData("there is no /proc here")
        self._ability = probe(self.config.perf)
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, _HELD) if hard > 0 else _HELD, hard))

    async def record(
        self, order: ProfileOrder, processes: ProfileProcesses, tell: Callable[[ProfileProgress], None]
    ) -> Profile:
        """Record and fold; what that takes is loaded now, as most agents never do."""
        from gobs_collectors.perf.recording import Recording
        from gobs_collectors.perf.symbols import Symbols
        from gobs_collectors.perf.workplace import Workplace

        if self._ability is None:
            raise ProfileFailed("it was not opened")
        if order.call_graph == "dwarf" and order.duration > _DWARF_LONGEST:
            raise ProfileFailed(f"duration: with the call graph dwarf {_DWARF_LONGEST:g} s are allowed at most")
        try:
            place = Workplace(self.config.folder)
        except OSError as error:
            raise ProfileFailed(f"no folder for the recording can be made: {error.strerror}") from None
        symbols, closing = Symbols(self.proc, place.folder), ExitStack()
        closing.callback(place.close)
        closing.callback(symbols.close)
        try:
            return await Recording(
                self.proc, self._ability, order, processes, symbols, place.folder, tell, self.config.most_bytes
            ).run()
        finally:
            await asyncio.to_thread(closing.close)
