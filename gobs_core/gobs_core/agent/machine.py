"""Whether there is a Linux machine to watch where the settings say."""

from __future__ import annotations

import os
import sys

from gobs_core.errors import NoData, UserError
from gobs_core.proc import Proc
from gobs_core.settings.sections import AgentSettings


def way_in(platform: str) -> str:
    """How to look around without a /proc; what simulates machines needs a Unix."""
    under = " under WSL, the Windows Subsystem for Linux" if platform == "win32" else ""
    return f"To look around without one, try simulated machines{under}: gobs simulate --with-server"


def open_machine(settings: AgentSettings, platform: str = sys.platform) -> Proc:
    """Return the machine's Proc; raises UserError, naming what to do, where there is no /proc of Linux."""
    root, hint = settings.proc_root, way_in(platform)
    if not platform.startswith("linux") and not os.path.isdir(root):
        raise UserError(f"this system has no /proc (it is {platform}, not Linux), so there is nothing to read. {hint}")
    if not os.path.isdir(root):
        raise UserError(
            f"{root}: there is no such folder; agent.proc_root (--proc-root) must be a /proc of Linux. {hint}"
        )
    proc = Proc(root, settings.sys)
    try:
        proc.read_once("stat")
    except NoData as reason:
        raise UserError(
            f"{root}: does not look like a /proc of Linux ({reason}); set agent.proc_root. {hint}"
        ) from None
    return proc


def boot_id(proc: Proc) -> str:
    """The id the kernel gave itself when it started; empty where it is not told."""
    try:
        return proc.read_once("sys/kernel/random/boot_id").decode("ascii", "replace").strip()[:64]
    except (NoData, OSError):
        return ""
