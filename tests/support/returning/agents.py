"""One process of many agents: the real sink each, which joins, sends small frames, is lost and comes back.

Whatever they read would be read once for all and cost the machine what its agents' machines have: it is one counter.
On standard input `found` asks for what became of them since the last time, `end` ends them.
"""

from __future__ import annotations

import asyncio
import os
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import MutableMapping
from typing import Any

import msgspec
import structlog

from gobs_core import Frame, Reading, Secret, Source, Table, counter, key
from gobs_sinks.grpc import GrpcConfig, GrpcSink
from tests.support.returning.found import Found
from tests.support.returning.plan import Plan, node_of
from tests.support.sinks import connected

TABLE = Table("t", "A table.", (key("k", ""), counter("c", "")))
_LOOKS = 0.25
"""Seconds between two looks at who is connected."""


class Agent:
    """One agent. Lives as long as the process."""

    def __init__(self, plan: Plan, number: int, found: Found) -> None:
        node = node_of(number)
        source = Source(node=node, run=node, boot_id=node, interval=plan.interval, tables=(TABLE,))
        config = GrpcConfig(
            server=plan.server,
            tls=True,
            ca_file=plan.ca_file,
            join=Secret(plan.joins[number - plan.first]),
            state=f"{plan.folder}/{node}",
            ring=65536,
        )
        dice = random.Random(number).random if plan.jitter else lambda: 1.0
        self.sink = GrpcSink(config, source, sleep=self._pause, dice=dice)
        self.sent = 0
        self._found = found
        self._began = time.monotonic()
        self._sessions = 0
        self._was_connected = False

    async def run(self, begin: float, interval: float) -> None:
        """Come after so many seconds, and send until cancelled."""
        await asyncio.sleep(begin)
        self._began = time.monotonic()
        await self.sink.open()
        while True:
            await self.tick()
            await asyncio.sleep(interval)

    async def tick(self) -> None:
        """Send the next frame."""
        self.sent += 1
        now = time.monotonic_ns()
        rows = [("a", self.sent)]
        await self.sink.send(Frame(self.sent, time.time_ns(), now, (Reading(TABLE, rows, now),)))

    def look(self) -> None:
        """Note whether it has come back since the last look."""
        now = self.connected
        if now and not self._was_connected:
            self._found.back.append(time.monotonic())
        self._was_connected = now

    @property
    def connected(self) -> bool:
        """Whether a session is up."""
        return connected(self.sink)

    @property
    def acknowledged(self) -> bool:
        """Whether the server has acknowledged a frame on the session that is up."""
        session = self.sink.link.session if self.sink.link is not None else None
        return session is not None and session.progress.acked > 0

    async def _pause(self, seconds: float) -> None:
        """Stand for asyncio.sleep between attempts, and note whether the one that has ended had been welcomed."""
        sessions = self.sink.link.totals.sessions if self.sink.link is not None else 0
        if sessions == self._sessions:
            self._found.failed.append((self._began, time.monotonic()))
        self._sessions = sessions
        await asyncio.sleep(seconds)
        self._began = time.monotonic()


async def _look(agents: list[Agent]) -> None:
    while True:
        await asyncio.sleep(_LOOKS)
        for agent in agents:
            agent.look()


async def _run(plan: Plan) -> None:
    found, said = Found(), Counter[str]()

    def count(_logger: object, _name: str, event: MutableMapping[str, Any]) -> str:
        said[f"{event['event']}: {event.get('why', '')}"[:200]] += 1
        raise structlog.DropEvent

    structlog.configure(processors=[count])
    count_of = len(plan.joins)
    agents = [Agent(plan, plan.first + at, found) for at in range(count_of)]
    tasks = [asyncio.create_task(one.run(plan.over * at / count_of, plan.interval)) for at, one in enumerate(agents)]
    tasks.append(asyncio.create_task(_look(agents)))
    while (await asyncio.to_thread(sys.stdin.readline)).strip() == "found":
        found.connected = sum(agent.connected for agent in agents)
        found.acknowledged = sum(agent.acknowledged for agent in agents)
        found.said = dict(said)
        print(msgspec.json.encode(found).decode(), flush=True)
        found.back.clear()
        found.failed.clear()
        said.clear()
    for task in tasks:
        task.cancel()


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    loop = asyncio.new_event_loop()
    loop.run_until_complete(_run(msgspec.json.decode(sys.stdin.readline(), type=Plan)))
    sys.stdout.flush()
    os._exit(0)  # ten thousand connections would be closed one by one
