"""A server's recordings over a real database, with agents that are stood for."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from gobs_core import Profile, ProfileTarget
from gobs_proto import gobs_pb2 as pb
from gobs_server.clock import Clock
from gobs_server.db import Database, Store
from gobs_server.profiles.kept import Kept
from gobs_server.profiles.task import Task
from gobs_server.profiles.tasks import Tasks
from tests.server.profiles.made import chance
from tests.support.database import fresh
from tests.support.waiting import until

NODE = ProfileTarget(kind="node")


class Turned(Clock):
    """A clock a test turns."""

    now = 1_700_000_000.0

    def wall(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now


class Post:
    """Takes messages to agents that are there."""

    def __init__(self, *nodes: str) -> None:
        self.there = set(nodes)
        self.silent: set[str] = set()
        self.sent: list[tuple[str, pb.ServerMessage]] = []

    def deliver(self, node: str, message: pb.ServerMessage) -> bool:
        if node not in self.there:
            return False
        self.sent.append((node, message))
        return True

    def nodes(self) -> list[str]:
        return sorted(self.there)

    def present(self, nodes: Iterable[str]) -> list[str]:
        return sorted(self.there.intersection(nodes) - self.silent)

    def kinds(self) -> list[str | None]:
        return [message.WhichOneof("kind") for _, message in self.sent]


class Rig:
    """A server's recordings over a real database, as long as a test lasts."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.post = Turned(), Post("n")
        self._store = Store(Database(fresh(folder)))
        self.tasks = Tasks(Kept(self._store), self.post, self.clock, age=86_400, budget=1 << 20)
        self._running: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._running = [asyncio.create_task(self._store.run()), asyncio.create_task(self.tasks.run())]
        await self._store.opened()
        await until(lambda: self.tasks.version > 0)

    async def stop(self) -> None:
        await self.tasks.close()
        self._running[1].cancel()
        self._store.finish()
        await asyncio.wait(self._running)

    def begin(self, node: str = "n", target: ProfileTarget = NODE, duration: float = 30.0) -> Task:
        self.clock.now += 1
        return self.tasks.begin(
            node, target, profiler="perf", duration=duration, frequency=99, call_graph="fp", by="ann"
        )

    async def done(self, task: Task) -> Task:
        """The recording once its profile is kept."""

        def found() -> Task:
            now = self.tasks.get(task.id)
            assert now is not None
            return now

        await until(lambda: found().state == "done")
        return found()

    def send(self, id: str, data: bytes, *, node: str = "n", parts: int = 2) -> None:  # noqa: A002
        half = len(data) // 2
        for part, piece in enumerate((data[:half], data[half:])):
            self.tasks.chunk(node, pb.ProfileChunk(id=id, part=part, data=piece))
        self.tasks.done(node, pb.ProfileDone(id=id, parts=parts, bytes=len(data)))


def packed(seed: int = 1, of: Profile | None = None) -> bytes:
    """A profile as it is sent and kept."""
    return zlib.compress(msgspec.json.encode(of or chance(seed)))
