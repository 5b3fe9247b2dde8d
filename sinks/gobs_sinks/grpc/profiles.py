"""Recordings the server has asked for: their news, and their profiles, kept until the server has taken them."""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import msgspec

from gobs_core import Profile, ProfileOrder, ProfileProgress, ProfileTarget
from gobs_core.profiler import ProfileKind
from gobs_core.sink import Recordings
from gobs_proto import gobs_pb2 as pb
from gobs_sinks.grpc.texts import clean

CHUNK = 256 * 1024
"""Bytes of a profile in one message: live frames go between two."""
NEWS = 1.0
"""Seconds by which the end of a recording must have moved to be told again."""
MOST_BYTES = 64 << 20
"""Of a profile, compressed."""
MOST_KEPT = 100
"""Recordings known at once; the oldest that is over goes first."""
_KINDS: dict[str, ProfileKind] = {
    "node": "node",
    "workload": "workload",
    "container": "container",
    "process": "process",
}
_MOST_ID = 64


@dataclass
class _Known:
    """One recording, from its order until the server has taken what came of it."""

    order: ProfileOrder
    progress: ProfileProgress = field(default_factory=lambda: ProfileProgress(state="queued"))
    done: pb.ProfileDone | None = None
    parts: list[bytes] = field(default_factory=list)
    sent: int = 0
    """Parts sent on this stream; one more than there are: all of it was."""
    ends: float | None = None
    """When it ends by what was said last on this stream, where that was that it records."""


class Profiles:
    """All recordings of this agent's run. Lives as long as the sink; one session at a time takes messages from it."""

    def __init__(self, recordings: Recordings | None, *, most: int = MOST_BYTES) -> None:
        self._recordings = recordings
        self._most = most
        self._known: dict[str, _Known] = {}
        self._send: Callable[[bytes], None] | None = None
        self._wake: Callable[[], None] = _nobody
        self._certain = False
        """Whether the server has said on this stream what it waits for: until then no profile is sent."""
        self._packing: set[asyncio.Task[None]] = set()

    @property
    def awaited(self) -> bool:
        """Whether somebody waits for what becomes of a recording."""
        return bool(self._known)

    # -- what the server says

    def connected(self, send: Callable[[bytes], None], wake: Callable[[], None]) -> None:
        """A stream is up."""
        self._send, self._wake = send, wake

    def wanted(self, ids: Iterable[str]) -> None:
        """Say how everything stands that the server waits for, and send what it has not taken; end all else."""
        self._certain, wanted = True, list(ids)
        for id in set(self._known) - set(wanted):  # noqa: A001  the word of the wire
            self._forget(id)
        for id in wanted:  # noqa: A001
            known = self._known.get(id)
            if known is None:
                error = "the agent was restarted meanwhile, and the recording with it"
                self._tell(pb.AgentMessage(profile_done=pb.ProfileDone(id=id, error=error)))
            elif known.done is None:
                known.ends = None
                self.progress(known.order, known.progress)
            else:
                known.sent = 0
        self._wake()

    def disconnected(self) -> None:
        """The stream is over; recordings go on."""
        self._send, self._wake, self._certain = None, _nobody, False

    def start(self, asked: pb.StartProfile) -> None:
        """Begin a recording."""
        if not asked.id or len(asked.id) > _MOST_ID or asked.id in self._known:
            return
        order = ProfileOrder(
            id=asked.id,
            target=ProfileTarget(
                kind=_KINDS.get(asked.kind, "node"),
                workload=asked.workload,
                container=asked.container,
                pid=asked.pid,
                start=asked.start,
            ),
            duration=asked.duration_ms / 1000,
            frequency=asked.frequency,
            call_graph="dwarf" if asked.call_graph == "dwarf" else "fp",
        )
        self._make_room()
        self._known[order.id] = _Known(order)
        if asked.kind not in _KINDS:
            self.failed(order, f"this agent does not know what a {asked.kind[:63]!r} is; it is older than the server")
        elif self._recordings is None:
            self.failed(order, "this agent records no stacks")
        else:
            self._recordings.start(asked.profiler, order, self)

    def cancel(self, id: str) -> None:  # noqa: A002
        """End a recording."""
        if self._recordings is not None:
            self._recordings.cancel(id)

    def taken(self, id: str) -> None:  # noqa: A002
        """The server needs nothing more of it."""
        self._known.pop(id, None)

    # -- what the recordings say

    def progress(self, order: ProfileOrder, progress: ProfileProgress) -> None:
        """It has come so far; what follows from what was said last is not said again."""
        known = self._known.get(order.id)
        if known is None or known.done is not None:
            return
        known.progress = progress
        ends = time.monotonic() + progress.left if progress.state == "recording" else None
        if ends is not None and known.ends is not None and abs(ends - known.ends) < NEWS and progress.samples is None:
            return
        known.ends = ends if self._send is not None else None
        samples = -1 if progress.samples is None else progress.samples
        left = max(int(progress.left * 1000), 0)
        news = pb.ProfileProgress(id=order.id, state=progress.state, left_ms=left, samples=samples)
        self._tell(pb.AgentMessage(profile_progress=news))

    def done(self, order: ProfileOrder, profile: Profile) -> None:
        """It is over: pack what was found beside the event loop, then send it."""
        task = asyncio.create_task(self._pack(order, profile))
        self._packing.add(task)
        task.add_done_callback(self._packing.discard)

    def failed(self, order: ProfileOrder, reason: str, *, cancelled: bool = False) -> None:
        """It came to nothing."""
        self._end(order.id, pb.ProfileDone(id=order.id, error=clean(reason) or "it failed", cancelled=cancelled))

    # -- what is sent

    def next(self) -> bytes | None:
        """The next message there is to be sent, after everything that is more urgent."""
        for known in self._known.values() if self._certain else ():
            if known.done is None or known.sent > len(known.parts):
                continue
            place = known.sent
            known.sent += 1
            if place < len(known.parts):
                chunk = pb.ProfileChunk(id=known.order.id, part=place, data=known.parts[place])
                return pb.AgentMessage(profile_chunk=chunk).SerializeToString()
            return pb.AgentMessage(profile_done=known.done).SerializeToString()
        return None

    async def _pack(self, order: ProfileOrder, profile: Profile) -> None:
        packed = await asyncio.to_thread(_packed, profile)
        if len(packed) > self._most:
            size, most = len(packed) / 2**20, self._most / 2**20
            reason = f"the profile has {size:.3g} MiB, more than {most:.3g}; record less, or for a shorter time"
            self.failed(order, reason)
            return
        parts = [packed[first : first + CHUNK] for first in range(0, len(packed), CHUNK)]
        self._end(order.id, pb.ProfileDone(id=order.id, parts=len(parts), bytes=len(packed)), parts)

    def _end(self, id: str, done: pb.ProfileDone, parts: list[bytes] | None = None) -> None:  # noqa: A002
        known = self._known.get(id)
        if known is not None:
            known.done, known.parts, known.sent = done, parts or [], 0
            self._wake()

    def _tell(self, message: pb.AgentMessage) -> None:
        if self._send is not None:
            self._send(message.SerializeToString())

    def _forget(self, id: str) -> None:  # noqa: A002
        """Let go of what the server does not know any more."""
        if self._known.pop(id).done is None:
            self.cancel(id)

    def _make_room(self) -> None:
        over = [id for id, known in self._known.items() if known.done is not None]  # noqa: A001
        while len(self._known) >= MOST_KEPT and over:
            del self._known[over.pop(0)]


def _packed(profile: Profile) -> bytes:
    return zlib.compress(msgspec.json.encode(profile), 6)


def _nobody() -> None:
    """Wake nobody: there is no stream."""
