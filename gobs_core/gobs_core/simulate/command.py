"""The subcommand `gobs simulate`: its arguments, and what is said to whoever typed it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from gobs_core.command import Command

NODES = 7
"""Simulated nodes unless told otherwise; none with --own."""


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    from gobs_core.cli.common import add_common

    parser.add_argument("--nodes", type=int, metavar="N", help=f"how many nodes (default {NODES}; 0 with --own)")
    parser.add_argument("--own", action="store_true", help="this machine too, with simulated pods beside its processes")
    parser.add_argument("--server", metavar="HOST:PORT", help="where the server takes agents (default 127.0.0.1:9090)")
    parser.add_argument("--with-server", action="store_true", help="start a server here as well; it ends with this")
    parser.add_argument("--http", metavar="HOST:PORT", help="where that server shows pages (default 127.0.0.1:8080)")
    parser.add_argument("--grpc", metavar="HOST:PORT", help="where that server takes agents (default 127.0.0.1:9090)")
    parser.add_argument("--interval", metavar="TIME", help="time between two readings (default 5s)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="another seed, other machines (default 1)")
    parser.add_argument("--node", metavar="NAME", help="the name this machine is shown under (default: its host name)")
    add_common(parser)


def run(args: Namespace) -> int:
    """Simulate until interrupted."""
    from gobs_core.simulate.run import simulate

    return simulate(args)


command = Command(
    name="simulate",
    help="Show simulated machines: the real agent over an evolving fake /proc of each.",
    configure=configure,
    run=run,
    examples=(
        "gobs simulate --with-server  # a server and a cluster of seven nodes, on http://127.0.0.1:8080",
        "gobs simulate --own --with-server  # this machine, with simulated pods beside its processes",
        "gobs simulate --nodes 3 --server 10.0.0.5:9090  # three nodes for a server that runs already",
    ),
)
