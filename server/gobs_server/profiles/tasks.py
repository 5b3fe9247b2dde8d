"""All recordings: asked for, handed to agents, followed to a clear end, whoever dies meanwhile."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace

from gobs_core import ProfileTarget
from gobs_core.logs import get_logger
from gobs_core.text import one_line
from gobs_proto import gobs_pb2 as pb
from gobs_server.clock import Clock
from gobs_server.db import Unavailable
from gobs_server.profiles.inbox import BadProfile, Inbox, unpacked
from gobs_server.profiles.kept import Kept, superfluous
from gobs_server.profiles.orders import Courier, Refusal, order_of
from gobs_server.profiles.patience import GONE, Patience
from gobs_server.profiles.targets import NAMELESS, Names
from gobs_server.profiles.task import State, Task
from gobs_server.profiles.writing import Writing

log = get_logger("gobs.profiles")
MOST_OPEN = 500
"""Recordings under way or waiting, over all nodes."""
MOST_TASKS = 5000
"""Recordings remembered; the oldest that is over goes first."""
_TIDY = 60.0
_GONE = f"the agent is gone: it has not been there for {GONE:g} s; should it come back and still record, this goes on"
_STATES: dict[str, State] = {"queued": "queued", "recording": "recording", "processing": "processing"}


class Tasks:
    """Every recording. Lives as long as the server; `run` once. What agents say is taken without awaiting anything.

    Profiles are kept for `age` seconds and within `budget` bytes in all, pinned ones for good.
    """

    def __init__(self, kept: Kept, courier: Courier, clock: Clock, *, age: float, budget: int) -> None:
        self.version = 0
        """Raised with every change of any recording."""
        self._kept = kept
        self._courier = courier
        self._clock = clock
        self._age = age
        self._budget = budget
        self._tasks: dict[str, Task] = {}
        self._patience = Patience()
        self._inbox = Inbox()
        self.loaded = False
        """Whether what an earlier server has recorded is known; before that there may be more than there seems."""
        self._writing = Writing(kept)

    # -- for people and programs

    def all(self) -> list[Task]:
        """Every recording, the newest first."""
        return sorted(self._tasks.values(), key=lambda task: (-task.created, task.id))

    def get(self, id: str) -> Task | None:  # noqa: A002  the word of the wire
        """The recording of that id."""
        return self._tasks.get(id)

    def begin(
        self,
        node: str,
        target: ProfileTarget,
        *,
        profiler: str,
        duration: float,
        frequency: int,
        call_graph: str,
        by: str,
        names: Names = NAMELESS,
    ) -> Task:
        """Ask for a recording; raises Refusal. `names` is what people call the target."""
        if sum(task.open for task in self._tasks.values()) >= MOST_OPEN:
            raise Refusal(f"{MOST_OPEN} recordings are under way; wait until some are over")
        task = Task(
            id=str(uuid.uuid4()),
            node=node,
            target=target,
            profiler=profiler,
            duration=duration,
            frequency=frequency,
            call_graph=call_graph,
            by=by,
            created=self._clock.wall(),
            namespace=names.namespace,
            pod=names.pod,
            container=names.container,
            command=names.command,
        )
        if not self._courier.deliver(node, order_of(task)):
            raise Refusal(f"no agent of node {node!r} is connected now")
        self._tasks[task.id] = task
        self._patience.heard([task.id], self._clock.monotonic())
        self._changed(task)
        return task

    def cancel(self, task: Task, by: str) -> None:
        """End a recording that is not over."""
        if task.open:
            self._courier.deliver(task.node, pb.ServerMessage(cancel_profile=pb.CancelProfile(id=task.id)))
            self._end(task, "cancelled", f"cancelled by {by}" if by else "cancelled")

    async def pin(self, task: Task, pinned: bool) -> None:
        """Keep a profile for good, or not; raises Unavailable."""
        task.pinned = pinned
        await self._writing.save(task)
        self._touch(task)

    async def delete(self, task: Task) -> None:
        """Let go of a recording that is over; raises Unavailable."""
        await self._kept.delete([task.id])
        self._tasks.pop(task.id, None)
        self.version += 1

    def left(self, task: Task) -> float | None:
        """Seconds until recording ends; None: it does not record now."""
        return max(task.ends - self._clock.wall(), 0.0) if task.state == "recording" else None

    async def data(self, task: Task) -> bytes:
        """The profile as it is kept, compressed; empty where there is none. Raises Unavailable."""
        return await self._kept.data(task.id)

    # -- what agents say; never awaits

    def connected(self, node: str) -> None:
        """An agent has connected: tell it whose news is waited for, once that is known."""
        if not self.loaded:
            return
        waiting = [task.id for task in self._tasks.values() if task.node == node and (task.open or task.astray)]
        self._patience.heard(waiting, self._clock.monotonic())
        self._courier.deliver(node, pb.ServerMessage(profiles_wanted=pb.ProfilesWanted(ids=waiting)))

    def progress(self, node: str, news: pb.ProfileProgress) -> None:
        """A recording has come so far."""
        task = self._of(node, news.id)
        if task is None:
            return
        task.state = _STATES.get(news.state, task.state)
        task.ends = self._clock.wall() + min(news.left_ms, 86_400_000) / 1000 if task.state == "recording" else 0.0
        task.samples = None if news.samples < 0 else news.samples
        self._touch(task)

    def chunk(self, node: str, chunk: pb.ProfileChunk) -> None:
        """A part of a profile has come."""
        task = self._of(node, chunk.id)
        if task is not None:
            try:
                self._inbox.add(task.id, chunk.part, chunk.data)
            except BadProfile as bad:
                self._inbox.drop(task.id)
                self._fail(task, str(bad))

    def done(self, node: str, done: pb.ProfileDone) -> None:
        """A recording is over."""
        task = self._of(node, done.id)
        if task is None:
            self._taken(node, done.id)
        elif done.error:
            self._end(task, "cancelled" if done.cancelled else "failed", one_line(done.error))
            self._taken(node, task.id)
        else:
            try:
                data = self._inbox.take(task.id, done.parts, done.bytes)
            except BadProfile as bad:
                self._fail(task, str(bad))
                return
            task.state = "processing"
            self._touch(task)
            self._writing.later(self._keep(task, data))

    # -- its own work

    async def run(self) -> None:
        """Take up what an earlier server left behind, then tidy now and then; until cancelled."""
        await self._kept.opened()
        for task in await self._kept.all():
            if task.id not in self._tasks:
                self._tasks[task.id] = task
                self._patience.begins(task, self._clock.monotonic())
        self.loaded = True
        self.version += 1
        for node in self._courier.nodes():
            self.connected(node)
        since = self._clock.monotonic()
        while True:
            await asyncio.sleep(1)
            self.watch()
            if self._clock.monotonic() - since >= _TIDY:
                since = self._clock.monotonic()
                try:
                    await self.tidy()
                except Unavailable:
                    continue

    def watch(self) -> None:
        """End what has been waited for long enough; called about once a second."""
        now = self._clock.monotonic()
        waited_for = [task for task in self._tasks.values() if task.open]
        self._patience.there(self._courier.present({task.node for task in waited_for}), now)
        for task in waited_for:
            if self._patience.gone(task, now):
                self._end(task, "failed", _GONE)
                task.astray = True
            elif self._patience.silent(task, now):
                self._fail(task, "the agent was not heard of in time, though it is connected")

    async def tidy(self) -> None:
        """Let go of profiles that are too old or too many; raises Unavailable."""
        old = superfluous(self._tasks.values(), self._clock.wall(), self._age, self._budget)
        if old:
            await self._kept.drop([task.id for task in old])
        for task in old:
            task.state, task.reason, task.bytes = "expired", "its profile was let go: too old, or one too many", 0
            await self._writing.save(task)
            self._touch(task)
        over = [task for task in self.all()[MOST_TASKS:] if not task.open and not task.pinned]
        if over:
            await self._kept.delete([task.id for task in over])
            for task in over:
                del self._tasks[task.id]

    async def close(self) -> None:
        """Finish what is being written."""
        await self._writing.close()

    async def _keep(self, task: Task, data: bytes) -> None:
        """Judge a profile and write it down; only then does its agent let go of it."""
        try:
            profile = await asyncio.to_thread(unpacked, data)
        except BadProfile as bad:
            if task.open:
                self._fail(task, str(bad))
            self._taken(task.node, task.id)
            return
        if not (task.open or task.astray):  # cancelled meanwhile
            self._taken(task.node, task.id)
            return
        done = replace(
            task,
            state="done",
            reason="",
            astray=False,
            ended=self._clock.wall(),
            ends=0.0,
            samples=profile.samples,
            lost=profile.lost,
            event=one_line(profile.event)[:64],
            notes=[one_line(note) for note in profile.notes[:20]],
            bytes=len(data),
        )
        try:
            await self._writing.save(done, data)
        except Exception as error:  # noqa: BLE001  whatever the database raises, the recording is in a clear state
            log.warning("a profile could not be kept", id=task.id, node=task.node, error=str(error))
            self._end(task, "failed", "the profile could not be kept: the database does not work now")
            return
        self._tasks[task.id] = done
        self._touch(done)
        self._taken(task.node, task.id)

    def _of(self, node: str, id: str) -> Task | None:  # noqa: A002
        """The recording of that id that this node is to tell of, if it is not over; one that was astray goes on."""
        task = self._tasks.get(id)
        if task is None or task.node != node or not (task.open or task.astray):
            return None
        self._patience.heard([id], self._clock.monotonic())
        if task.astray:
            task.astray, task.state, task.reason, task.ended = False, "queued", "", None
            self._changed(task)
        return task

    def _fail(self, task: Task, reason: str) -> None:
        self._courier.deliver(task.node, pb.ServerMessage(cancel_profile=pb.CancelProfile(id=task.id)))
        self._end(task, "failed", reason)

    def _end(self, task: Task, state: State, reason: str) -> None:
        task.state, task.reason, task.ended, task.ends = state, reason, self._clock.wall(), 0.0
        self._inbox.drop(task.id)
        self._patience.forget(task.id)
        self._changed(task)

    def _changed(self, task: Task) -> None:
        self._touch(task)
        self._writing.note(task)

    def _touch(self, task: Task) -> None:
        self.version += 1
        task.version = self.version

    def _taken(self, node: str, id: str) -> None:  # noqa: A002
        self._courier.deliver(node, pb.ServerMessage(profile_taken=pb.ProfileTaken(id=id)))
