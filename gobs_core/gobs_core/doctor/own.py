"""What the agent's own process is and may: its user, its capabilities, its namespaces. Read from its own /proc."""

from __future__ import annotations

import os
from typing import NamedTuple

from gobs_core.errors import NoData
from gobs_core.privileges import KEPT
from gobs_core.proc import Proc

_INITIAL_PIDS, _INITIAL_GROUPS = 0xEFFFFFFC, 0xEFFFFFFB
"""The inodes of the machine's first pid namespace and control group namespace: the same on every Linux."""
_SYS_ADMIN = 21


class Own(NamedTuple):
    """The agent's own process."""

    uid: int
    capabilities: frozenset[str]
    """Those it has now, of the ones that matter here; all of them for root with everything."""
    host_pids: bool | None
    """Whether it shares the machine's pid namespace; None: not known."""
    host_groups: bool | None
    """Whether it sees the machine's whole tree of control groups."""


def own(proc: Proc) -> Own:
    """Return what is known of this process; `proc` is the /proc it runs under, which may be another than it watches."""
    mask = _effective(proc)
    held = {name for name, number in {**KEPT, "SYS_ADMIN": _SYS_ADMIN}.items() if mask >> number & 1}
    return Own(os.geteuid(), frozenset(held), _is(proc, "pid", _INITIAL_PIDS), _is(proc, "cgroup", _INITIAL_GROUPS))


def _effective(proc: Proc) -> int:
    try:
        for line in proc.read_once("self/status").splitlines():
            if line.startswith(b"CapEff:"):
                return int(line.split()[1], 16)
    except (NoData, OSError, ValueError, IndexError):
        pass
    return 0


def _is(proc: Proc, namespace: str, inode: int) -> bool | None:
    try:
        return proc.stat(f"self/ns/{namespace}").st_ino == inode
    except (NoData, OSError):
        return None
