"""Back-fill: segments put together from parts, judged, and merged without hurting what is there."""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import Sequence

import pytest

from gobs_proto import gobs_pb2 as pb
from gobs_server.history.segment import delimited
from tests.server.ingest.rig import Agent, Rig
from tests.support.frames import Sender
from tests.support.waiting import until


def packed(frames: Sequence[pb.Frame]) -> bytes:
    return zlib.compress(b"".join(delimited(frame.SerializeToString()) for frame in frames))


def past(sender: Sender, count: int) -> list[pb.Frame]:
    return [sender.frame({("0",): (number,)}, keyframe=number == 0) for number in range(count)]


async def send(agent: Agent, frames: Sequence[pb.Frame], *, size: int = 40, **changed: object) -> None:
    data = packed(frames)
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    for number, piece in enumerate(pieces):
        part = pb.SegmentPart(
            first_sequence=frames[0].sequence,
            last_sequence=frames[-1].sequence,
            part=number,
            parts=len(pieces),
            data=piece,
        )
        for name, value in changed.items():
            setattr(part, name, value)
        await agent.say(segment=part)


async def test_a_segment_in_many_parts_fills_the_past() -> None:
    async with Rig() as rig:
        told: list[tuple[str, int]] = []
        rig.history.observer = lambda node, start, end: told.append((node, round(end - start)))
        agent = await rig.agent()
        frames = past(agent.sender, 10)
        await agent.send(10, keyframe=True)
        await send(agent, frames)
        await until(lambda: rig.history.ranges("n1", "run-1") == [(1, 11)])
        now = rig.clock.wall()
        times, values = rig.history.series("n1", "t", "c", ("0",), now - 60, now + 1, rate=False)
        assert values.tolist() == list(range(11))
        assert times[-1] - times[0] == pytest.approx(10, abs=0.01)
        assert rig.metrics.count("gobs_server_filled_frames") == 10
        assert rig.filling.bytes == 0
        assert told == [("n1", 9)]
        again = await rig.agent()
        assert [(have.first, have.last) for have in again.welcome.have] == [(1, 11)]


async def test_a_segment_that_comes_twice_counts_once() -> None:
    async with Rig() as rig:
        agent = await rig.agent()
        frames = past(agent.sender, 4)
        await agent.send(10, keyframe=True)
        await send(agent, frames)
        await until(lambda: rig.history.ranges("n1", "run-1") == [(1, 5)])
        before = rig.history.bytes
        await send(agent, frames)
        await agent.send(11)
        await agent.acknowledged(6)
        await until(lambda: rig.filling.bytes == 0)
        assert rig.metrics.count("gobs_server_filled_frames") == 4
        assert rig.history.bytes <= before + 100


def damaged(frames: list[pb.Frame], how: str) -> tuple[bytes, int, int]:
    """A segment that is wrong in one way: its data and the sequences it claims."""
    first, last = frames[0].sequence, frames[-1].sequence
    data = packed(frames)
    if how == "not zlib":
        data = b"plain"
    elif how == "cut off":
        data = data[:-9]
    elif how == "a bomb":
        data = zlib.compress(bytes(65 << 20))
    elif how == "no frames":
        data = zlib.compress(b"\x05hello")
    elif how == "nothing":
        data = zlib.compress(b"")
    elif how == "ends inside a frame":
        frames[-1].more = True
        data = packed(frames)
    elif how == "no keyframe":
        data = packed(frames[1:])
        first += 1
    elif how == "other frames than said":
        last += 1
    elif how == "a bad cell":
        frames[-1].tables[0].gaps.append(999)
        frames[-1].tables[0].deltas.append(1)
        data = packed(frames)
    elif how == "backwards":
        data = packed([frames[0], *frames[:0:-1]])
    elif how == "an endless length":
        data = zlib.compress(b"\xff" * 20)
    return data, first, last


@pytest.mark.parametrize(
    "how",
    [
        "not zlib",
        "cut off",
        "a bomb",
        "no frames",
        "nothing",
        "ends inside a frame",
        "no keyframe",
        "other frames than said",
        "a bad cell",
        "backwards",
        "an endless length",
    ],
)
async def test_a_segment_that_is_wrong_is_left_out_and_the_stream_goes_on(how: str) -> None:
    async with Rig() as rig:
        agent = await rig.agent()
        data, first, last = damaged(past(agent.sender, 5), how)
        await agent.send(10, keyframe=True)
        part = pb.SegmentPart(first_sequence=first, last_sequence=last, part=0, parts=1, data=data)
        await agent.say(segment=part)
        await until(lambda: sum(rig.node().dropped.values()) == 1)
        await agent.send(11)
        await agent.acknowledged(7)
        assert rig.history.ranges("n1", "run-1") == [(6, 7)]
        assert rig.filling.bytes == 0


async def test_parts_that_do_not_follow_each_other_are_left_out() -> None:
    async with Rig() as rig:
        agent = await rig.agent()
        frames = past(agent.sender, 3)
        await agent.send(10, keyframe=True)
        await send(agent, frames, part=1)
        for parts in (0, 5000):
            await agent.say(segment=pb.SegmentPart(first_sequence=1, last_sequence=3, parts=parts, data=b"x"))
        await agent.say(segment=pb.SegmentPart(first_sequence=1, last_sequence=3, parts=3, data=b"x"))
        await agent.say(segment=pb.SegmentPart(first_sequence=1, last_sequence=2, part=1, parts=3, data=b"x"))
        await until(lambda: rig.node().dropped.get("segment") == 3)
        await send(agent, frames)
        await until(lambda: rig.history.ranges("n1", "run-1") == [(1, 4)])
        assert rig.filling.bytes == 0


async def test_a_segment_half_sent_is_forgotten_with_its_stream() -> None:
    async with Rig() as rig:
        agent = await rig.agent()
        await agent.say(segment=pb.SegmentPart(first_sequence=1, last_sequence=2, parts=3, data=b"x" * 1000))
        await until(lambda: rig.filling.bytes == 1000)
        agent.cancel()
        await until(lambda: rig.filling.bytes == 0)


async def test_more_segments_than_there_is_room_for_wait_and_none_is_lost() -> None:
    async with Rig(most=100) as rig:
        agent = await rig.agent()
        segments = [past(agent.sender, 4) for _ in range(40)]
        await agent.send(10, keyframe=True)
        for frames in segments:
            await send(agent, frames)
        await until(lambda: rig.history.ranges("n1", "run-1") == [(1, 161)])
        assert rig.metrics.count("gobs_server_filled_frames") == 160
        assert rig.node().dropped == {}
        assert rig.filling.bytes == 0


async def test_a_long_segment_lets_everything_else_go_between_its_frames() -> None:
    async with Rig() as rig:
        agent = await rig.agent()
        frames = past(agent.sender, 9000)
        await agent.send(10, keyframe=True)
        longest, last = 0.0, time.process_time()

        def filled() -> bool:
            nonlocal longest, last
            now = time.process_time()
            longest, last = max(longest, now - last), now
            return rig.history.ranges("n1", "run-1") == [(1, 9001)]

        await send(agent, frames, size=1 << 20)
        began = last = time.process_time()
        while not filled():  # noqa: ASYNC110  every turn of the loop counts
            await asyncio.sleep(0)
        assert longest < (time.process_time() - began) / 3
