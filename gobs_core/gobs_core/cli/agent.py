"""`gobs agent`: read this machine and send what is read, until told to stop."""

from __future__ import annotations

import argparse

from gobs_core.command import Command

FLAGS = {
    "--server": "sinks.grpc.server",
    "--node": "agent.node",
    "--interval": "agent.interval",
    "--proc-root": "agent.proc_root",
    "--sys-root": "agent.sys_root",
    "--sink": "agent.sinks",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    from gobs_core.cli.common import add_common

    parser.add_argument("--server", metavar="HOST:PORT", help="the server's gRPC address (default: 127.0.0.1:9090)")
    parser.add_argument("--node", metavar="NAME", help="the name of this machine (default: its host name)")
    parser.add_argument("--interval", metavar="TIME", help="time between two readings, e.g. 1s (default: 5s)")
    parser.add_argument("--proc-root", metavar="DIR", help="where the machine's /proc is (default: /proc)")
    parser.add_argument("--sys-root", metavar="DIR", help="where the machine's /sys is (default: beside its /proc)")
    parser.add_argument(
        "--sink", metavar="NAME", nargs="+", help="the sinks that run (default: those that do by default)"
    )
    add_common(parser)


def run(args: argparse.Namespace) -> int:
    """Run the agent until SIGINT or SIGTERM."""
    import asyncio

    from gobs_core.agent.build import idle_states
    from gobs_core.agent.loop import Agent
    from gobs_core.agent.machine import open_machine
    from gobs_core.cli.common import set_up
    from gobs_core.errors import UserError
    from gobs_core.logs import get_logger
    from gobs_core.privileges import leave_root
    from gobs_core.running import run_until_signal

    settings, plugins = set_up(args, FLAGS, server=False)
    if settings.agent.run_as is not None:
        leave_root(settings.agent.run_as)
    if not any(state.kind == "sink" and state.state == "ok" for state in idle_states(settings, plugins)):
        raise UserError("no sink would run, so nothing would be sent; `gobs plugins` says why, --sink NAME picks one")
    proc = open_machine(settings.agent)

    async def work(stop: asyncio.Event) -> None:
        agent = Agent(settings, plugins, proc)
        get_logger("gobs.agent").info(
            "agent starts",
            node=agent.source.node,
            interval=agent.source.interval,
            collectors=list(agent.runners),
            sinks=list(agent.outboxes),
        )
        await agent.run(stop)

    return run_until_signal(work)


command = Command(
    "agent",
    "Read this machine and send what is read to a server.",
    configure,
    run,
    (
        "gobs agent --server gobs.example.org:9090",
        "gobs agent --interval 1s --node rack7            # every second, under another name",
        "gobs agent --sink stdout                         # to look at, as JSON lines",
    ),
)
