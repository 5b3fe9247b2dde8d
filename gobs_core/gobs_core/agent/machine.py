"""Whether there is a Linux machine to watch where the settings say."""

from __future__ import annotations

import os
import sys

from gobs_core.errors import NoData, UserError
from gobs_core.proc import Proc
from gobs_core.settings.sections import AgentSettings

WAY_IN = "To look around without one, try simulated machines: gobs simulate --with-server"


def open_machine(settings: AgentSettings, platform: str = sys.platform) -> Proc:
    """Return the machine's Proc; raises UserError, naming what to do, where there is no /proc of Linux."""
    root = settings.proc_root
    if not platform.startswith("linux") and not os.path.isdir(root):
        raise UserError(
            f"this system has no /proc (it is {platform}, not Linux), so there is nothing to read. {WAY_IN}"
        )
    if not os.path.isdir(root):
        raise UserError(
            f"{root}: there is no such folder; agent.proc_root (--proc-root) must be a /proc of Linux. {WAY_IN}"
        )
    proc = Proc(root, settings.sys)
    try:
        proc.read_once("stat")
    except NoData as reason:
        raise UserError(
            f"{root}: does not look like a /proc of Linux ({reason}); set agent.proc_root. {WAY_IN}"
        ) from None
    return proc
