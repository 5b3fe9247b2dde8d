"""A server of one's own for simulated nodes: `gobs server` as a child that ends with its parent."""

from __future__ import annotations

import asyncio
import ctypes
import signal
import sys
from argparse import Namespace
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from gobs_core.errors import GobsError

PATIENCE = 30.0
"""Seconds a server may take until it takes connections, and to end."""
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class ServerFailedError(GobsError):
    """The server ended, or never began to listen."""


def server_command(args: Namespace, http: str, grpc: str, data: str) -> list[str]:
    """Return the command line of the server: the parent's own options where both have them."""
    gobs = "import sys; from gobs_core.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", gobs, "server", "--http", http, "--grpc", grpc, "--data", data]
    for flag in ("--config", "--log-level", "--log-format"):
        value = getattr(args, flag.strip("-").replace("-", "_"))
        if value is not None:
            command += [flag, value]
    return command + [word for one in args.set for word in ("--set", one)]


@asynccontextmanager
async def server(command: Sequence[str], grpc: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the server for as long as the `async with` lasts; begins once it takes agents at `grpc`.

    Raises ServerFailedError; what the server itself said is on its own standard error.
    """
    # In a group of its own, or Ctrl-C would end it before its agents have said what they have to say.
    child = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, process_group=0, preexec_fn=_end_with_parent
    )
    try:
        await _listening(child, grpc)
        yield child
    finally:
        with suppress(ProcessLookupError):
            child.terminate()
        try:
            async with asyncio.timeout(PATIENCE):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()


async def _listening(child: asyncio.subprocess.Process, address: str) -> None:
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(PATIENCE):
            while child.returncode is None:
                with suppress(OSError):
                    _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
                    writer.close()
                    return
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise ServerFailedError(f"the server did not listen on {address} within {PATIENCE:g} seconds") from None
    raise ServerFailedError(f"the server ended with exit code {child.returncode} before it listened on {address}")


def _end_with_parent() -> None:
    """Let the kernel end the child when this process is killed."""
    if sys.platform == "linux":
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
