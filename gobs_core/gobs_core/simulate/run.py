"""A whole simulation: its folder, its nodes, perhaps a server, and no trace of them afterwards."""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
from argparse import Namespace
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from gobs_core.errors import UserError
from gobs_core.simulate.command import NODES
from gobs_core.simulate.nodes import nodes as make_nodes
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
    return asyncio.run(_simulate(args, count))


async def _simulate(args: Namespace, count: int) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    http, grpc = args.http or HTTP, args.grpc or GRPC
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gobs-simulate-")))
        nodes = list(make_nodes(args, count, folder, grpc if args.with_server else args.server))
        child = None
        if args.with_server:
            try:
                child = await stack.enter_async_context(server(server_command(http, grpc, str(folder / "data")), grpc))
            except ServerFailedError as error:
                sys.stderr.write(f"gobs simulate: {error}\n")
                return 1
            sys.stdout.write(f"{len(nodes)} {'node' if len(nodes) == 1 else 'nodes'} on http://{http} (Ctrl-C ends)\n")
            sys.stdout.flush()
        apart = nodes[0][1] / len(nodes)
        running = [asyncio.create_task(node.run(stop, place * apart)) for place, (node, _) in enumerate(nodes)]
        waits = [asyncio.create_task(stop.wait()), *([asyncio.create_task(child.wait())] if child else [])]
        await asyncio.wait([*running, *waits], return_when=asyncio.FIRST_COMPLETED)
        lost = child is not None and child.returncode is not None and not stop.is_set()
        stop.set()
        await asyncio.gather(*running)
        for task in waits:
            task.cancel()
    if lost:
        sys.stderr.write("gobs simulate: the server has ended\n")
    return 1 if lost else 0


def _raise_descriptor_limit(wanted: int) -> None:
    """Allow this process to keep as many files open as its agents need, as far as the system lets it."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
