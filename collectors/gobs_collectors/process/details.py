"""What changes rarely or is dear: control group, command line, limits, network namespace, descriptors.

Read when a process is first seen, when its name has changed, and every so many ticks, a part of the processes at each
tick; control group and command line once more at the tick after the first, because runtimes make a process before they
put it where it belongs.
"""

from __future__ import annotations

from gobs_collectors.process.cmdline import READ, shown_cmdline
from gobs_collectors.process.limits_file import max_fds
from gobs_collectors.process.names import Names
from gobs_collectors.process.settings import ProcessConfig
from gobs_collectors.process.stat_file import Value
from gobs_collectors.process.tracked import Tracked
from gobs_core import ParseError, Workload, Workloads
from gobs_core.cgroup_path import paths
from gobs_core.descriptors import UNREADABLE, Descriptors
from gobs_core.scrub import compile_patterns
from gobs_core.workloads import KERNEL

_CGROUP_BYTES, _LIMITS_BYTES = 2048, 4096
_REMEMBERED = 4096


class Details:
    """Reads what changes rarely of one process at a time."""

    def __init__(self, descriptors: Descriptors, workloads: Workloads, names: Names, config: ProcessConfig) -> None:
        self._descriptors = descriptors
        self._workloads = workloads
        self._names = names
        self._patterns = compile_patterns(config.hide)
        self._settings = config
        self._known: dict[bytes, tuple[bytes, str | None]] = {}
        """Control groups and the path shown for each, because processes share them."""

    def cgroup(self, process: Tracked) -> bytes:
        """The bytes of its cgroup file; empty when it cannot be read, which is no control group at all."""
        raw = self._descriptors.read(-1, f"{process.pid}/cgroup", _CGROUP_BYTES)
        return b"" if raw is UNREADABLE else self._shared(raw)[0]

    def workload(self, process: Tracked) -> Workload:
        """What it belongs to, by its control group and owner as last read."""
        if process.kernel:
            return KERNEL
        return self._workloads.of(process.cgroup, str(process.status[0] or "unknown"))

    def tell(self, process: Tracked, *, whole: bool = True) -> None:
        """Read its command line, unless it has not run since that was read, and its limits; make the infos anew.

        Only a process itself can write its command line, but others set its limits (`prlimit`). Not `whole`: without
        limits.
        """
        cmdline = process.details[0]
        ran = process.used < 0 or process.used != process.told
        if whole:
            process.told = process.used
        if self._settings.cmdline and ran:
            raw = self._raw(f"{process.pid}/cmdline", READ)
            if raw != process.cmdline:
                process.cmdline = raw
                cmdline = None if raw is UNREADABLE else self._shown(raw)
        if whole:
            process.take_fds(process.fds[0], self._limit(process))
        process.called = self._names.of(process.workload)
        process.take_info(cmdline, self._shared(process.cgroup)[1])

    def _shown(self, raw: bytes) -> str | None:
        return shown_cmdline(raw, self._patterns, scrubbed=self._settings.scrub)

    def _shared(self, cgroup: bytes) -> tuple[bytes, str | None]:
        """The same bytes for all processes that share them, and the path that is shown."""
        known = self._known.get(cgroup)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[cgroup] = (cgroup, next(iter(paths(cgroup)), None))
        return known

    def _limit(self, process: Tracked) -> Value:
        raw = self._raw(f"{process.pid}/limits", _LIMITS_BYTES)
        try:
            return max_fds(raw)
        except ParseError:
            return None

    def _raw(self, path: str, size: int) -> bytes:
        return self._descriptors.read(-1, path, size)
