"""The agent of `gobs up`: a process of its own, started again when it dies, and ended with its parent."""

from __future__ import annotations

import asyncio
import os
import sys
from argparse import Namespace
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from gobs_core.logs import get_logger
from gobs_server.settings import ServerSettings

log = get_logger("gobs.up")
_PATIENCE = 8.0
_PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)
# It asks the kernel itself to be ended with its parent (PR_SET_PDEATHSIG); between fork and exec gRPC would object.
_GOBS = """
import signal, sys
if sys.platform == "linux":
    import ctypes
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
from gobs_core.cli import main
sys.exit(main())
"""
_MISTAKE = 2


def agent_command(args: Namespace, server: str) -> list[str]:
    """The command line of the agent: the parent's own options, and where the server is."""
    command = [sys.executable, "-c", _GOBS, "agent", "--server", server]
    for flag in ("--node", "--interval", "--proc-root", "--config", "--log-level", "--log-format"):
        value = getattr(args, flag.strip("-").replace("-", "_"))
        if value is not None:
            command += [flag, value]
    return command + [word for one in args.set for word in ("--set", one)]


def agent_environment(
    settings: ServerSettings, authority: Path | None, environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Its environment: the parent's, and what it takes to reach a server on the same machine, unless that is said.

    `authority` is the file of who vouches for the server; None: it speaks plain text.
    """
    found = {"GOBS_SINKS__GRPC__TOKEN": str(settings.token)} if settings.token else {}
    if authority is not None:
        found["GOBS_SINKS__GRPC__CA_FILE"] = str(authority)
    else:
        found["GOBS_SINKS__GRPC__INSECURE"] = "true"
    said = {name for name in found if f"{name}_FILE" in environ}
    return {**{name: value for name, value in found.items() if name not in said}, **environ}


async def keep_running(command: list[str], environment: Mapping[str, str] | None = None) -> None:
    """Run it until cancelled, again after a pause whenever it ends; a user's mistake is not tried again."""
    failures = 0
    while True:
        started = asyncio.get_running_loop().time()
        try:
            code = await _run_once(command, environment)
        except OSError:
            log.exception("the agent cannot be started")
            code = None
        if code == _MISTAKE:
            log.error("the agent cannot start with these settings; the server goes on without it")
            return
        failures = 0 if asyncio.get_running_loop().time() - started > _PAUSES[-1] else failures + 1
        pause = _PAUSES[min(failures, len(_PAUSES)) - 1] if failures else _PAUSES[0]
        log.warning("the agent has ended and is started again", code=code, pause=pause)
        await asyncio.sleep(pause)


async def _run_once(command: list[str], environment: Mapping[str, str] | None) -> int:
    child = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, process_group=0, env=environment
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
