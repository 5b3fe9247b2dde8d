"""The whole diagnosis: what is seen of processes, of the kernel, and with which plugins."""

from __future__ import annotations

from collections.abc import Iterable

from gobs_core.doctor.finding import Finding
from gobs_core.doctor.kernel import kernel
from gobs_core.doctor.own import own
from gobs_core.doctor.plugged import plugged
from gobs_core.doctor.processes import processes
from gobs_core.proc import Proc
from gobs_core.state import PluginState


def diagnose(machine: Proc, mine: Proc, states: Iterable[PluginState]) -> list[Finding]:
    """Return what an agent sees of `machine` that runs under `mine`, its own /proc, with plugins in these states.

    Takes some milliseconds: it opens a few dozen files, and starts nothing.
    """
    me = own(mine)
    return [*processes(machine, me), *kernel(machine, me), *plugged(states)]
