"""A server's alerts as a process that is killed: boxes grow too large and shrink again, and a webhook is told.

python -m tests.server.alerts.crashing FOLDER DATABASE WEBHOOK OFFSET live|drain
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count
from pathlib import Path

from gobs_core import Secret
from gobs_notifiers.webhook import WebhookConfig, WebhookNotifier
from gobs_server.db import address_of
from tests.server.alerts.living import Living, Ticking
from tests.server.feeding import Cluster

AT_ONCE = 3
"""Boxes that are too large at the same time."""


async def run(folder: Path, database: str, webhook: str, offset: float, *, drain: bool) -> None:
    """Go on for ever, or until everybody knows everything."""
    clock = Ticking()
    clock.move(offset)
    channel = WebhookConfig(url=Secret(webhook), per_minute=600, timeout=5.0)
    living = Living(
        folder, WebhookNotifier, address=address_of(database), cluster=Cluster(clock), configs={"webhook": channel},
        inside=("127.0.0.0/8",),
    )  # fmt: skip
    async with living:
        if not living.alerts.book.rules:
            await living.rule(group_by=["name"])
        machine = living.machine()
        print("ready", flush=True)
        for turn in count(int(offset * 1000)):
            boxes = {} if drain else {f"b{turn + back}": 60.0 for back in range(AT_ONCE)}
            await living.feed(machine, {"small": 1.0, **boxes}, after=0.5)
            living.move(0.5)
            await asyncio.sleep(0.005)
            if drain and await quiet(living):
                return


async def quiet(living: Living) -> bool:
    """Whether nothing fires, nobody waits to be told, and the database has everything."""
    alerts = living.alerts
    waiting = any(alerts.post.waiting().values()) or alerts.post.under_way() or alerts.keeper.alerts
    return not waiting and await alerts.journal.waiting() == 0


if __name__ == "__main__":
    folder, database, webhook, offset, what = sys.argv[1:]
    asyncio.run(run(Path(folder), database, webhook, float(offset), drain=what == "drain"))
