"""In which order one session writes, seen through a stream that takes one message at a time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gobs_core import Source
from gobs_proto import gobs_pb2 as pb
from gobs_sinks.grpc.backfill import PART_BYTES
from gobs_sinks.grpc.encoder import Encoded
from gobs_sinks.grpc.link import Link
from gobs_sinks.grpc.poison import Poison
from gobs_sinks.grpc.ranges import Ranges
from gobs_sinks.grpc.ring import Ring, Segment
from gobs_sinks.grpc.session import Patience, Session
from gobs_sinks.grpc.stream import StreamEnd
from tests.sinks.server import until


class Wire:
    """A stream in memory: every write waits until the test lets it through."""

    def __init__(self, *, welcome: bool = True, spread: int = 0) -> None:
        self.written: list[pb.AgentMessage] = []
        self.waiting: pb.AgentMessage | None = None
        self.finished = False
        self._gate = asyncio.Semaphore(0)
        self._answers: asyncio.Queue[pb.ServerMessage | StreamEnd] = asyncio.Queue()
        if welcome:
            self._gate.release()
            self.say(welcome=pb.Welcome(protocol=1, history_seconds=3600, spread_ms=spread))

    def say(self, **kind: object) -> None:
        self._answers.put_nowait(pb.ServerMessage(**kind))  # type: ignore[arg-type]  # one of its messages

    def end(self, code: str) -> None:
        self._answers.put_nowait(StreamEnd(code))

    async def let(self, count: int = 1) -> None:
        """Let so many messages through."""
        for _ in range(count):
            await until(lambda: self.waiting is not None)
            before = len(self.written)
            self._gate.release()
            await until(lambda: len(self.written) > before)  # noqa: B023  awaited here and now

    async def write(self, message: bytes) -> None:
        self.waiting = pb.AgentMessage.FromString(message)
        await self._gate.acquire()
        self.written.append(self.waiting)
        self.waiting = None

    async def read(self) -> pb.ServerMessage:
        answer = await self._answers.get()
        if isinstance(answer, StreamEnd):
            raise answer
        return answer

    async def finish(self) -> None:
        self.finished = True

    async def close(self) -> None:
        pass

    def kinds(self) -> list[str]:
        return [str(message.WhichOneof("kind")) for message in self.written]


def encoded(sequence: int, *, keyframe: bool = False) -> Encoded:
    raw = [pb.Frame(sequence=sequence, keyframe=keyframe).SerializeToString()]
    return Encoded(sequence, sequence * 10**9, keyframe, raw, sequence, raw)


def full_ring(segments: int = 3, parts: int = 3) -> Ring:
    ring = Ring(1 << 24)
    for first in range(1, segments + 1):
        ring.add(
            Segment(Ranges([(first, first)]), first, first, 10**9, random.Random(first).randbytes(parts * PART_BYTES))
        )
    return ring


@asynccontextmanager
async def session_on(wire: Wire, ring: Ring) -> AsyncIterator[Session]:
    session = Session(wire, Source(node="n"), ring, Poison(), lambda _: None, Patience(past=1 << 40))
    task = asyncio.create_task(session.run())
    await until(lambda: session.welcome is not None)
    try:
        yield session
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_nothing_of_the_past_is_sent_before_the_first_live_frame() -> None:
    wire = Wire()
    async with session_on(wire, full_ring()) as session:
        await asyncio.sleep(0.05)
        assert wire.waiting is None
        assert session.wants_keyframe
        session.offer(encoded(10, keyframe=True))
        await wire.let(3)
        assert wire.kinds() == ["hello", "plugins", "frame", "segment"]


async def test_a_live_frame_waits_for_at_most_one_part_of_the_past() -> None:
    wire = Wire()
    async with session_on(wire, full_ring()) as session:
        session.offer(encoded(10, keyframe=True))
        await wire.let(2)
        for sequence in range(11, 15):
            await until(lambda: wire.waiting is not None and wire.waiting.WhichOneof("kind") == "segment")
            session.offer(encoded(sequence))
            await wire.let(2)
            assert wire.kinds()[-2:] == ["segment", "frame"]
            assert wire.written[-1].frame.sequence == sequence
        await wire.let(5)
        parts = [message.segment for message in wire.written if message.WhichOneof("kind") == "segment"]
        assert [(part.first_sequence, part.part) for part in parts] == [
            (first, at) for first in (1, 2, 3) for at in range(3)
        ]


async def test_finishing_leaves_the_past_and_ends_our_direction_once_live_frames_are_out() -> None:
    wire = Wire()
    async with session_on(wire, full_ring()) as session:
        session.offer(encoded(10, keyframe=True))
        await wire.let(2)
        session.offer(encoded(11))
        session.finish()
        await wire.let(2)
        await until(lambda: wire.finished)
        assert wire.kinds() == ["hello", "plugins", "frame", "segment", "frame"]


class Broken:
    """A link whose streams all break, and how long it waits between them; `acked` is the stream that brings an Ack."""

    def __init__(self, *, acked: int | None = None, bye: int = 0, spread: int = 0) -> None:
        self.pauses: list[float] = []
        self._acked, self._bye, self._spread = acked, bye, spread
        self._dialled = 0
        self._wanted = 0
        self.link = Link(
            self._dial,
            Source(node="n"),
            Ring(1 << 20),
            Quiet(),
            sleep=self._sleep,
            dice=lambda: 1.0,
            patience=Patience(),
        )

    async def run(self, pauses: int) -> list[float]:
        """Its first pauses."""
        self._wanted = pauses
        task = asyncio.create_task(self.link.run())
        await until(lambda: len(self.pauses) == pauses)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return self.pauses

    async def _dial(self) -> Wire:
        wire = Wire(spread=self._spread)
        if self._dialled == self._acked:
            wire.say(ack=pb.Ack(sequence=1))
        if self._bye:
            wire.say(bye=pb.Bye(reason="the server is ending", retry_after_ms=self._bye))
        wire.end("UNAVAILABLE")
        self._dialled += 1
        return wire

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if len(self.pauses) == self._wanted:
            await asyncio.Event().wait()
        await asyncio.sleep(0)


async def test_pauses_grow_while_sessions_break_before_anything_is_acknowledged() -> None:
    broken = Broken(acked=3)
    assert await broken.run(6) == [1, 2, 4, 1, 2, 4]
    assert broken.link.totals.sessions == 6
    assert broken.link.totals.acked == 1


@pytest.mark.parametrize(("bye", "spread_out"), [(0, [50, 50, 50, 50, 50]), (1000, [51, 51, 51, 51, 51])])
async def test_an_agent_whose_recording_is_waited_for_is_back_within_seconds(bye: int, spread_out: list[float]) -> None:
    assert await Broken(bye=bye, spread=50_000).run(5) == spread_out
    awaited = Broken(bye=bye, spread=50_000)
    awaited.link.profiles.start(pb.StartProfile(id="a", kind="node"))
    assert await awaited.run(5) == ([1.25] * 5 if bye else [1, 2, 4, 5, 5])
    taken = Broken(bye=bye, spread=50_000)
    taken.link.profiles.start(pb.StartProfile(id="a", kind="node"))
    taken.link.profiles.taken("a")
    assert await taken.run(5) == spread_out


class Quiet:
    """A logger that says nothing."""

    def info(self, event: str, **details: object) -> None:
        pass

    warning = info


@pytest.mark.parametrize("code", ["OK", "UNAVAILABLE", "ABORTED"])
async def test_the_end_of_a_stream_ends_the_session(code: str) -> None:
    wire = Wire()
    session = Session(wire, Source(node="n"), Ring(1 << 20), Poison(), lambda _: None, Patience())
    wire.end(code)
    with pytest.raises(StreamEnd) as ended:
        await asyncio.wait_for(session.run(), 5)
    assert ended.value.code == code
