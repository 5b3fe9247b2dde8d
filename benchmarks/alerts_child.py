"""A server's alerts as a process to be measured: it is told what to do line by line, and says when it has done it.

python -m benchmarks.alerts_child FOLDER URL: boxes that grow too large, a journal and a database in FOLDER, and two
channels, a webhook and a Discord, both below URL.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from gobs_core import RowValues, Secret
from gobs_notifiers.discord import DiscordConfig, DiscordNotifier
from gobs_notifiers.webhook import WebhookConfig, WebhookNotifier
from tests.server.alerts.living import Living, Ticking
from tests.server.alerts.rig import BOX
from tests.server.feeding import Cluster, Machine

LARGE, SMALL = 60.0, 1.0
_ROUND = 5.0
"""Seconds between two frames of one node."""


class Work:
    """What can be asked for. Every method answers with what is to be said."""

    def __init__(self, living: Living) -> None:
        self._living = living
        self._machines: list[Machine] = []

    async def rule(self, **more: Any) -> dict[str, Any]:
        """Save a rule about boxes."""
        await self._living.rule(**more)
        return {}

    async def nodes(self, count: int) -> dict[str, Any]:
        """Let there be so many nodes, with a box that is small."""
        self._machines = [self._living.machine(f"n{number}") for number in range(count)]
        for machine in self._machines:
            _feed(machine, {"b": SMALL})
        return {}

    async def one_by_one(self, count: int, pause: float) -> dict[str, Any]:
        """Let boxes grow too large one after the other, while all nodes go on; says when the frame of each came."""
        rest, last = self._machines[:-1], self._machines[-1]
        beat = asyncio.create_task(_go_on(rest))
        came: dict[str, float] = {}
        for number in range(count):
            names = [f"b{one}" for one in range(number + 1)]
            came[names[-1]] = time.monotonic()
            _feed(last, dict.fromkeys(names, LARGE))
            await asyncio.sleep(pause)
        beat.cancel()
        return {"came": came}

    async def all_at_once(self, boxes: int, size: float) -> dict[str, Any]:
        """Let every node have so many boxes of that size; says when all of it is written down, and how long it took."""
        began = time.monotonic()
        for machine in self._machines:
            _feed(machine, {f"b{number}": size for number in range(boxes)})
        judged = time.monotonic()
        await self._living.settled()
        return {"began": began, "judged": judged - began, "written": time.monotonic() - began}

    async def firing(self) -> dict[str, Any]:
        """Say how many alerts fire."""
        return {"firing": len(self._living.alerts.keeper.alerts)}

    async def later(self, seconds: float) -> dict[str, Any]:
        """Let that much time pass for those who send."""
        self._living.move(seconds)
        return {}


def _feed(machine: Machine, boxes: dict[str, float]) -> None:
    rows: list[RowValues] = [(name, "shop", "", size, 0) for name, size in boxes.items()]
    machine.feed({BOX: rows})


async def _go_on(machines: list[Machine]) -> None:
    """Every node sends a frame every five seconds, one after the other."""
    while machines:
        for machine in machines:
            _feed(machine, {"b": SMALL})
            await asyncio.sleep(_ROUND / len(machines))


async def main(folder: Path, url: str) -> None:
    """Do what comes in, until nothing does any more."""
    configs = {
        "webhook": WebhookConfig(url=Secret(f"{url}/hook"), per_minute=600, timeout=30.0),
        "discord": DiscordConfig(webhook_url=Secret(f"{url}/discord/secret"), per_minute=600, timeout=30.0),
    }
    notifiers = (WebhookNotifier, DiscordNotifier)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # where the log goes
    loop = asyncio.get_running_loop()
    living = Living(folder, *notifiers, cluster=Cluster(Ticking()), configs=configs, inside=("127.0.0.0/8",))
    async with living:
        work = Work(living)
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            asked = json.loads(line)
            do: Callable[..., Awaitable[dict[str, Any]]] = getattr(work, asked.pop("do"))
            print(json.dumps(await do(**asked)), file=answers, flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
