"""The agent of `gobs up`: a process of its own, started again when it dies, and ended with its parent."""

from __future__ import annotations

import asyncio
import ctypes
import signal
import sys
from argparse import Namespace
from contextlib import suppress

from gobs_core.logs import get_logger

log = get_logger("gobs.up")
_PATIENCE = 8.0
_PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)
_PR_SET_PDEATHSIG = 1
_MISTAKE = 2


def agent_command(args: Namespace, server: str) -> list[str]:
    """The command line of the agent: the parent's own options, and where the server is."""
    gobs = "import sys; from gobs_core.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", gobs, "agent", "--server", server]
    for flag in ("--node", "--interval", "--proc-root", "--config", "--log-level", "--log-format"):
        value = getattr(args, flag.strip("-").replace("-", "_"))
        if value is not None:
            command += [flag, value]
    return command + [word for one in args.set for word in ("--set", one)]


async def keep_running(command: list[str]) -> None:
    """Run it until cancelled, again after a pause whenever it ends; a user's mistake is not tried again."""
    failures = 0
    while True:
        started = asyncio.get_running_loop().time()
        code = await _run_once(command)
        if code == _MISTAKE:
            log.error("the agent cannot start with these settings; the server goes on without it")
            return
        failures = 0 if asyncio.get_running_loop().time() - started > _PAUSES[-1] else failures + 1
        pause = _PAUSES[min(failures, len(_PAUSES)) - 1] if failures else _PAUSES[0]
        log.warning("the agent has ended and is started again", code=code, pause=pause)
        await asyncio.sleep(pause)


async def _run_once(command: list[str]) -> int:
    child = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, process_group=0, preexec_fn=_end_with_parent
    )
    try:
        return await child.wait()
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.terminate()
            try:
                async with asyncio.timeout(_PATIENCE):
                    await child.wait()
            except TimeoutError:
                child.kill()
                await child.wait()


_libc = ctypes.CDLL(None)


def _end_with_parent() -> None:
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
