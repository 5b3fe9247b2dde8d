"""A session: one stream of one agent. It may change its node only until another session takes the node over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from gobs_proto import gobs_pb2 as pb
from gobs_server.clock import Clock
from gobs_server.ingest.budget import Budget
from gobs_server.ingest.hello import Greeting
from gobs_server.ingest.questions import Questions
from gobs_server.ingest.refusal import Refusal
from gobs_server.live import Node
from gobs_server.tables import BadFrame, RunState

_MOST_PARTS_BYTES = 32 << 20
"""Of one frame in all its parts."""

MOST_WAITING = 8
"""Messages of one stream that are read ahead."""

Send = Callable[[pb.ServerMessage], Awaitable[None]]


class Session:
    """One stream. `epoch` grows from session to session of this server."""

    def __init__(
        self, epoch: int, greeting: Greeting, node: Node, run: RunState, clock: Clock, parts: Budget | None = None
    ) -> None:
        self.epoch = epoch
        self.greeting = greeting
        self.node = node
        self.run = run
        """What its frames are applied to."""
        self.offset = float("inf")
        """What takes the agent's monotonic seconds to the server's wall clock, by the newest frame."""
        self.questions = Questions(clock)
        self.ended: asyncio.Future[Refusal | pb.Bye] = asyncio.get_running_loop().create_future()
        self.waiting = 0
        """Messages that were read and not yet taken."""
        self.room: asyncio.Future[None] | None = None
        """What its reader waits for when too many are."""
        self.unacknowledged = False
        """Whether frames were taken since the last acknowledgement."""
        self.acknowledge_at = 0.0
        """From when on the next acknowledgement is due, in seconds of the event loop; the first is at once."""
        self.acknowledging = False
        """Whether an acknowledgement is being written."""
        self.send: Send = _cannot_send
        """Sends to the agent; set once the stream is up."""
        self.skipping = False
        """Whether frames are passed over until the next keyframe."""
        self._parts = parts or Budget(_MOST_PARTS_BYTES)
        self._inside: int | None = None
        self._raw: list[bytes] = []
        self._raw_bytes = 0

    @property
    def fenced(self) -> bool:
        """Whether it has lost its node, or is ending: nothing it carries counts any more."""
        return self.ended.done()

    def end(self, why: Refusal | pb.Bye) -> None:
        """End it from the server's side; safe twice."""
        if isinstance(why, Refusal):
            why.with_traceback(None)  # which would hold what was refused for as long as the agent takes to go
        if not self.ended.done():
            self.ended.set_result(why)

    def collect(self, part: pb.Frame, raw: bytes) -> tuple[list[pb.Frame], list[bytes]] | None:
        """Take one part of a frame; returns all parts once the last is there. Raises BadFrame when they are too many.

        `raw` is the part encoded, preceded by its length. Until the last is there, no more than these bytes is kept:
        read, a part takes many times as much.
        """
        if not part.more and not self._raw:
            return [part], [raw]
        if self._raw_bytes + len(raw) > _MOST_PARTS_BYTES:
            self.release()
            raise BadFrame("limits", f"frame {part.sequence} has more than {_MOST_PARTS_BYTES} bytes")
        if not self._parts.take(len(raw)):
            self.release()
            raise BadFrame("limits", f"all frames that are not complete have more than {self._parts.most} bytes")
        self._raw.append(raw)
        self._raw_bytes += len(raw)
        if part.more:
            return None
        raws = self._raw
        self.release()
        return [_read(one) for one in raws], raws

    def release(self) -> None:
        """Let go of the parts of a frame that is not complete."""
        self._parts.give(self._raw_bytes)
        self._raw, self._raw_bytes = [], 0

    def skip(self, inside: int | None) -> None:
        """Pass over all frames until the next keyframe; `inside`: the frame of which more parts are to come."""
        self.release()
        self.skipping, self._inside = True, inside

    def passes_over(self, part: pb.Frame) -> bool:
        """Whether a part of a frame is passed over; a keyframe that begins ends that."""
        if self.skipping and part.keyframe and part.sequence != self._inside:
            self.skipping = False
        self._inside = part.sequence if part.more else None
        return self.skipping


def _read(raw: bytes) -> pb.Frame:
    """The frame after the varint that is its length."""
    at = 0
    while raw[at] & 0x80:
        at += 1
    return pb.Frame.FromString(raw[at + 1 :])


async def _cannot_send(message: pb.ServerMessage) -> None:
    raise AssertionError("the stream is not up yet")
