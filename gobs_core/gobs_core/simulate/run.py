"""A whole simulation: its folder, its nodes, perhaps a server, and no trace of them afterwards."""

from __future__ import annotations

import asyncio
import os
import sys
from argparse import Namespace
from asyncio.subprocess import Process
from contextlib import AsyncExitStack, suppress

from gobs_core.cli import FAILURE
from gobs_core.errors import UserError
from gobs_core.folders import state_dir
from gobs_core.pidfile import noted
from gobs_core.running import run_until_signal, unless_stopped
from gobs_core.simulate.command import NODES
from gobs_core.simulate.node import Node
from gobs_core.simulate.nodes import make_nodes
from gobs_core.simulate.scratch import scratch
from gobs_core.simulate.server_child import ServerFailedError, server, server_command

HTTP, GRPC = "127.0.0.1:8080", "127.0.0.1:9090"
MAX_NODES = 200
DESCRIPTORS = 1024
"""What one agent may keep open."""


def simulate(args: Namespace) -> int:
    """Run until interrupted; returns the exit code. Raises UserError."""
    count = args.nodes if args.nodes is not None else 0 if args.own else NODES
    if not 0 <= count <= MAX_NODES or count + args.own == 0:
        raise UserError(f"--nodes: expected 1 to {MAX_NODES}, got {count}")
    if args.with_server and args.server:
        raise UserError("--server: leave it away with --with-server, which starts one here")
    if (args.http or args.grpc) and not args.with_server:
        raise UserError(f"{'--http' if args.http else '--grpc'}: belongs to the server of --with-server")
    _raise_descriptor_limit(DESCRIPTORS * (count + args.own))
    simulation = Simulation(args, count)
    with noted(state_dir(os.environ), "simulate"):
        code = run_until_signal(simulation.run)
    return FAILURE if simulation.failed else code


class Simulation:
    """One run of `gobs simulate`; `failed` says afterwards whether it ended otherwise than it was told to."""

    def __init__(self, args: Namespace, count: int) -> None:
        self.args = args
        self.count = count
        self.failed = False

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set or the server is lost; nothing of it is left in the temporary folder."""
        args, http, grpc = self.args, self.args.http or HTTP, self.args.grpc or GRPC
        async with AsyncExitStack() as stack:
            folder = stack.enter_context(scratch())
            nodes = list(make_nodes(args, self.count, folder, grpc if args.with_server else None))
            if not args.with_server:
                await self._run(nodes, stop)
                return
            try:
                command = server_command(args, http, grpc, str(folder / "data"))
                child = await unless_stopped(stop, stack.enter_async_context(server(command, grpc)))
            except ServerFailedError as error:
                self._fail(str(error))
                return
            if child is not None:
                await self._run(nodes, stop, child)

    async def _run(self, nodes: list[Node], stop: asyncio.Event, child: Process | None = None) -> None:
        """Run the nodes, spread over one interval, until one of them, the server or whoever started it has enough."""
        sys.stdout.write(f"Simulating {', '.join(node.name for node in nodes)}\n")
        sys.stdout.flush()
        apart = nodes[0].interval / len(nodes)
        running = [asyncio.create_task(node.run(stop, place * apart)) for place, node in enumerate(nodes)]
        others = [asyncio.create_task(stop.wait()), *([asyncio.create_task(child.wait())] if child else [])]
        await asyncio.wait([*running, *others], return_when=asyncio.FIRST_COMPLETED)
        if child is not None and child.returncode is not None and not stop.is_set():
            self._fail("the server has ended")
        stop.set()
        for task in others:
            task.cancel()
        await asyncio.gather(*running)

    def _fail(self, text: str) -> None:
        self.failed = True
        sys.stderr.write(f"gobs simulate: {text}\n")


def _raise_descriptor_limit(wanted: int) -> None:
    """Allow this process to keep as many files open as its agents need, as far as the system lets it."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
