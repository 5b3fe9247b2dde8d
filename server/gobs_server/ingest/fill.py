"""Back-fill: putting segments together from their parts, and into history without holding up what is live."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from gobs_core.logs import get_logger
from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import MAX_SEGMENT_PARTS
from gobs_server.history import History
from gobs_server.ingest.session import Session
from gobs_server.live import Live
from gobs_server.metrics import Metrics
from gobs_server.tables import BadFrame

log = get_logger("gobs.ingest")
_MOST_BYTES = 16 << 20
"""Of one segment, compressed."""
_SLICE = 0.005
"""Seconds of work after which everything else has its turn."""


@dataclass
class _Assembly:
    first: int
    last: int
    parts: int
    data: list[bytes] = field(default_factory=list)
    size: int = 0


class Filling:
    """Takes late segments into history, one at a time. Lives as long as the server; `run` does the work."""

    def __init__(self, live: Live, history: History, metrics: Metrics, *, most: int) -> None:
        self._live = live
        self._history = history
        self._metrics = metrics
        self._most = most
        self._assemblies: dict[int, _Assembly] = {}
        self._waiting: deque[tuple[Session, _Assembly]] = deque()
        self._more = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._broken: set[str] = set()
        self._unfinished = 0
        self._whole = 0

    @property
    def bytes(self) -> int:
        """Of the segments, whole or in part, that are not yet in history."""
        return self._unfinished + self._whole

    @property
    def full(self) -> bool:
        """Whether more whole segments wait than memory is set aside for."""
        return self._whole > self._most

    async def room(self) -> None:
        """Wait while they do: what pushes back is lost to nobody."""
        await self._room.wait()

    def part(self, session: Session, part: pb.SegmentPart) -> None:
        """Take one part of a segment; never raises: a segment that is wrong is counted and left out."""
        if part.part == 0:
            self._forget(session)
            self._assemblies[session.epoch] = _Assembly(part.first_sequence, part.last_sequence, part.parts)
        assembly = self._assemblies.get(session.epoch)
        if assembly is None:
            return
        expected = (assembly.first, assembly.last, assembly.parts, len(assembly.data))
        if (part.first_sequence, part.last_sequence, part.parts, part.part) != expected or not (
            0 < part.parts <= MAX_SEGMENT_PARTS
        ):
            self._lose(session, BadFrame("segment", "a segment's parts do not follow each other"))
            return
        assembly.data.append(part.data)
        assembly.size += len(part.data)
        self._unfinished += len(part.data)
        if len(assembly.data) == assembly.parts and assembly.size <= _MOST_BYTES:
            self._forget(session)
            self._wait(session, assembly)
        elif assembly.size > _MOST_BYTES or self._unfinished > self._most:
            self._lose(
                session, BadFrame("limits", f"a segment of more than {_MOST_BYTES} bytes, or too many unfinished")
            )

    def closed(self, session: Session) -> None:
        """The stream has ended: what it left half sent is forgotten."""
        self._forget(session)

    async def run(self) -> None:
        """Take segments in as they come, letting everything else go first; until cancelled."""
        while True:
            await self._more.wait()
            while self._waiting:
                await self._take_one()
                await asyncio.sleep(0)
            self._more.clear()

    async def _take_one(self) -> None:
        """Take in the segment that has waited longest."""
        session, assembly = self._waiting.popleft()
        name = session.node.name
        try:
            count = await self._fill(session, assembly)
        except BadFrame as bad:
            self._refused(session, bad)
            return
        except Exception:  # a fault of ours: this segment is refused, and those that wait are taken in
            log.exception("taking in a segment of the past failed", node=name)
            self._refused(session, BadFrame("internal", "the server failed to take it in; see its log"))
            return
        finally:
            self._whole -= assembly.size
            if self._whole <= self._most:
                self._room.set()
        self._metrics.add("gobs_server_filled_frames", count)
        self._broken.discard(name)

    async def _fill(self, session: Session, assembly: _Assembly) -> int:
        """Put a segment into history, giving way every few milliseconds."""
        claimed = (assembly.first, assembly.last)
        data = b"".join(assembly.data)
        steps = self._history.filling(session.node.name, session.greeting.run, data, claimed, session.node.skew)
        loop = asyncio.get_running_loop()
        until = loop.time() + _SLICE
        while True:
            try:
                next(steps)
            except StopIteration as done:
                return int(done.value)
            if loop.time() >= until:
                await asyncio.sleep(0)
                until = loop.time() + _SLICE

    def _forget(self, session: Session) -> None:
        assembly = self._assemblies.pop(session.epoch, None)
        if assembly is not None:
            self._unfinished -= assembly.size

    def _wait(self, session: Session, assembly: _Assembly) -> None:
        self._waiting.append((session, assembly))
        self._whole += assembly.size
        self._more.set()
        if self._whole > self._most:
            self._room.clear()

    def _lose(self, session: Session, bad: BadFrame) -> None:
        self._forget(session)
        self._refused(session, bad)

    def _refused(self, session: Session, bad: BadFrame) -> None:
        name = session.node.name
        self._live.drop(session.node, bad.reason)
        self._metrics.add("gobs_server_dropped", reason=bad.reason)
        if name not in self._broken:
            self._broken.add(name)
            log.warning("a segment of the past was refused", node=name, reason=bad.reason, why=str(bad))
