"""Making simulated nodes from arguments: the settings, the machine and the agent of each."""

from __future__ import annotations

import os
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from gobs_core.agent import Agent
from gobs_core.plugins import Plugins
from gobs_core.proc import Proc
from gobs_core.settings import Flag, Settings, load_settings
from gobs_core.simulate.cluster import node_machine, pods_beside
from gobs_core.simulate.mount import MountedMachine
from gobs_core.simulate.names import node_names, seeded
from gobs_core.simulate.node import Node, World
from gobs_core.simulate.overlay import FIRST_PID, Overlay


def nodes(args: Namespace, count: int, folder: Path, server: str | None) -> Iterator[tuple[Node, float]]:
    """Return each node and its interval: this machine's own first, then `count` simulated ones below `folder`.

    `server` is where their frames go; None: where the settings say. Raises UserError.
    """
    names: list[str | None] = [*([None] if args.own else []), *node_names(count)]
    start = time.time()
    plugins: Plugins | None = None
    for place, name in enumerate(names):
        settings, plugins = _settings(args, name, server, plugins)
        dice = seeded(args.seed, name or "own")
        below = folder / (name or "own")
        world: World
        if name is None:
            boot = _boot_time(Path(settings.agent.proc_root))
            overlay = Overlay(pods_beside(dice, start, boot, FIRST_PID), below, Path(settings.agent.proc_root))
            world, proc = overlay, Proc(overlay.proc, settings.agent.sys_root)
        else:
            mounted = MountedMachine(node_machine(name, place, dice, start), below)
            world, proc = mounted, Proc(mounted.proc, mounted.sys)
        yield Node(Agent(settings, plugins, proc), world, start), settings.agent.interval


def _settings(
    args: Namespace, name: str | None, server: str | None, plugins: Plugins | None
) -> tuple[Settings, Plugins]:
    given = [
        ("agent.node", name or args.node, "--node"),
        ("agent.interval", args.interval, "--interval"),
        ("sinks.grpc.server", server, "--server"),
    ]
    flags = [Flag(path, value, flag) for path, value, flag in given if value is not None]
    setup = load_settings(environ=os.environ, config=args.config, flags=flags, plugins=plugins)
    return setup.settings, setup.plugins


def _boot_time(real: Path) -> float:
    with suppress(OSError):
        for line in (real / "stat").read_bytes().splitlines():
            if line.startswith(b"btime "):
                return float(line.split()[1])
    return time.time()
