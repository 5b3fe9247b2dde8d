"""Making simulated nodes from arguments: the settings, the machine and the agent of each."""

from __future__ import annotations

import random
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec

from gobs_core.agent.loop import Agent
from gobs_core.cli.common import set_up
from gobs_core.proc import Proc
from gobs_core.settings import Flag, Settings
from gobs_core.settings.inside import all_inside
from gobs_core.simulate.cluster import node_machine, pods_beside
from gobs_core.simulate.inventory import Telling
from gobs_core.simulate.mount import MountedMachine
from gobs_core.simulate.names import node_names, seeded
from gobs_core.simulate.node import Node
from gobs_core.simulate.overlay import FIRST_PID, Overlay, OverlayProc

FLAGS = {"--server": "sinks.grpc.server", "--node": "agent.node", "--interval": "agent.interval"}


def make_nodes(args: Namespace, count: int, folder: Path, server: str | None) -> Iterator[Node]:
    """Return each node: this machine's own first where asked for, then `count` simulated ones below `folder`.

    `server` is where their frames go when a server is started here. Raises UserError.
    """
    more = () if server is None else (Flag("sinks.grpc.server", server, "--grpc"),)
    found, plugins = set_up(args, FLAGS, more=more, server=False)
    settings = all_inside(found)
    start = time.time()
    if args.own:
        overlay = _own(settings, folder, seeded(args.seed, "own"), start)
        telling = Telling(overlay)
        agent = Agent(settings, telling.plugins(plugins, alone=False), OverlayProc(overlay.proc, settings.agent.sys))
        yield Node(agent, telling, start)
    for place, name in enumerate(node_names(count)):
        mounted = MountedMachine(node_machine(name, place, seeded(args.seed, name), start), folder / name)
        telling = Telling(mounted)
        named = telling.plugins(plugins, alone=True)
        yield Node(Agent(_named(settings, name), named, Proc(mounted.proc, mounted.sys)), telling, start)


def _own(settings: Settings, folder: Path, dice: random.Random, start: float) -> Overlay:
    real = Path(settings.agent.proc_root)
    return Overlay(pods_beside(dice, start, _boot_time(real, start), FIRST_PID), folder / "own", real)


def _named(settings: Settings, name: str) -> Settings:
    return replace(settings, agent=msgspec.structs.replace(settings.agent, node=name))


def _boot_time(real: Path, otherwise: float) -> float:
    with suppress(OSError):
        for line in (real / "stat").read_bytes().splitlines():
            if line.startswith(b"btime "):
                return float(line.split()[1])
    return otherwise
