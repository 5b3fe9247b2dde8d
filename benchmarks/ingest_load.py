"""The load of the ingest benchmark, a process of its own: many streams of frames that were encoded beforehand."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from dataclasses import asdict, dataclass, field

import grpc
import grpc.aio

from benchmarks.ingest_rival import nested_frame
from gobs_proto import gobs_pb2 as pb
from gobs_sinks.grpc.cells import Cells, Span
from gobs_sinks.grpc.encoder import KEYFRAME_PART_BYTES
from gobs_sinks.grpc.parts import agent_message, join_parts, table_pieces, text_pieces
from gobs_sinks.grpc.pieces import table_frames

ROWS, COLUMNS = 300, 35
CHANGED = 0.03
_VARIANTS = 40


@dataclass
class Plan:
    """What to send."""

    address: str
    streams: int
    rate: float
    """Frames a second over all streams; 0: as fast as the server takes them."""
    seconds: float
    kind: str = "sparse"
    """sparse, dense or nested."""
    warm_up: float = 1.0
    """Seconds from the last Welcome until counting begins."""


@dataclass
class Outcome:
    """What came of it."""

    sent: int = 0
    message_bytes: float = 0.0
    started: float = 0.0
    acks: list[float] = field(default_factory=list)
    """Seconds from a frame's sending to the acknowledgement that named it."""
    errors: list[str] = field(default_factory=list)


def hello(node: str) -> bytes:
    """Return a Hello with one table of 35 counters."""
    columns = [pb.ColumnSchema(name="name", kind=pb.ColumnSchema.KEY)]
    columns += [pb.ColumnSchema(name=f"c{i}", kind=pb.ColumnSchema.COUNTER, scale=1.0) for i in range(COLUMNS)]
    table = pb.TableSchema(name="process", columns=columns)
    said = pb.Hello(protocol=1, node=node, boot_id=node, run=node, interval_ms=1000, tables=[table])
    said.wall_ns = time.time_ns()
    return pb.AgentMessage(hello=said).SerializeToString()


def keyframe(dice: random.Random) -> list[bytes]:
    """Return the parts of a keyframe, encoded, cut as an agent cuts them."""
    columns = [[dice.randrange(1 << dice.randrange(4, 34)) for _ in range(ROWS)] for _ in range(COLUMNS)]
    slots, keys = list(range(ROWS)), [[number + 1] for number in range(ROWS)]
    rows = table_frames(0, 0, [], slots, keys, Cells(dense=[Span(0, columns)]), KEYFRAME_PART_BYTES)
    texts = text_pieces([(i + 1, f"pod-{i // 3}/process-{i}") for i in range(ROWS)], KEYFRAME_PART_BYTES)
    return join_parts(pb.Frame(keyframe=True), texts, table_pieces(rows), KEYFRAME_PART_BYTES)


def changes(kind: str, dice: random.Random) -> bytes:
    """Return one frame's tables, encoded: 3 % of the cells, or all of them."""
    if kind == "dense":
        table = pb.TableFrame()
        deltas = [dice.randrange(1 << dice.choice((3, 6, 6, 12))) for _ in range(ROWS * COLUMNS)]
        table.dense.append(pb.Dense(columns=COLUMNS, deltas=deltas))
        return pb.Frame(tables=[table]).SerializeToString()
    cells = sorted(dice.sample(range(ROWS * COLUMNS), int(ROWS * COLUMNS * CHANGED)))
    gaps = [after - before for before, after in zip([0, *cells], cells, strict=False)]
    deltas = [dice.randrange(1, 1 << dice.choice((3, 6, 12, 16))) for _ in cells]
    return pb.Frame(tables=[pb.TableFrame(gaps=gaps, deltas=deltas)]).SerializeToString()


class Stream:
    """One agent."""

    def __init__(self, plan: Plan, number: int, bodies: list[bytes], outcome: Outcome) -> None:
        self._plan = plan
        self._number = number
        self._bodies = bodies
        self._outcome = outcome
        self._sequence = 0
        self._dice = random.Random(number)
        self._sent: dict[int, float] = {}
        self._welcome = asyncio.Event()

    async def run(self, begin: asyncio.Event, ready: asyncio.Semaphore) -> None:
        """Connect, then send until the time is over."""
        options = (("grpc.use_local_subchannel_pool", 1),)
        async with grpc.aio.insecure_channel(self._plan.address, options=options) as channel:
            call: grpc.aio.StreamStreamCall[bytes, pb.ServerMessage] = channel.stream_stream(
                "/gobs.v1.Gobs/AgentStream", response_deserializer=pb.ServerMessage.FromString
            )()
            listening = asyncio.create_task(self._listen(call))
            try:
                await call.write(hello(f"node-{self._number}"))
                await self._welcome.wait()
                for message in self._first():
                    await call.write(message)
                ready.release()
                await begin.wait()
                await self._send(call)
            except (grpc.aio.AioRpcError, asyncio.InvalidStateError) as error:
                self._outcome.errors.append(str(error)[:300])
                ready.release()
            finally:
                listening.cancel()
                call.cancel()

    async def _send(self, call: grpc.aio.StreamStreamCall[bytes, pb.ServerMessage]) -> None:
        plan, loop = self._plan, asyncio.get_running_loop()
        step = plan.streams / plan.rate if plan.rate else 0.0
        due = loop.time() + step * self._number / plan.streams
        count_from = loop.time() + plan.warm_up
        until = count_from + plan.seconds
        while loop.time() < until:
            if step:
                await asyncio.sleep(max(0.0, due - loop.time()))
                due += step
            message = self._next()
            if plan.rate:
                self._sent[self._sequence] = loop.time()
            await call.write(message)
            if loop.time() >= count_from:
                self._outcome.sent += 1
                self._outcome.message_bytes += len(message)

    def _first(self) -> list[bytes]:
        if self._plan.kind == "nested":
            return self._bodies[:1]
        self._sequence += 1
        return [self._message(part) for part in keyframe(self._dice)]

    def _next(self) -> bytes:
        body = self._bodies[self._dice.randrange(len(self._bodies))]
        if self._plan.kind == "nested":
            return body
        self._sequence += 1
        return self._message(body)

    def _message(self, body: bytes) -> bytes:
        head = pb.Frame(sequence=self._sequence, wall_ns=time.time_ns(), monotonic_ns=self._sequence * 10**9)
        return agent_message(head.SerializeToString() + body)

    async def _listen(self, call: grpc.aio.StreamStreamCall[bytes, pb.ServerMessage]) -> None:
        async for message in call:
            if message.HasField("welcome"):
                self._welcome.set()
            elif message.HasField("ack"):
                sent = self._sent.pop(message.ack.sequence, None)
                if sent is not None:
                    self._outcome.acks.append(asyncio.get_running_loop().time() - sent)
                for old in [number for number in self._sent if number <= message.ack.sequence]:
                    del self._sent[old]


async def load(plan: Plan) -> Outcome:
    """Send as planned. Says `ready` on standard output once all streams are welcome, and waits for a line."""
    dice = random.Random(1)
    nested = plan.kind == "nested"
    bodies = [nested_frame(dice, ROWS, COLUMNS) if nested else changes(plan.kind, dice) for _ in range(_VARIANTS)]
    outcome = Outcome()
    begin, ready = asyncio.Event(), asyncio.Semaphore(0)
    streams = [Stream(plan, number, bodies, outcome) for number in range(plan.streams)]
    tasks = []
    for number, stream in enumerate(streams):
        tasks.append(asyncio.create_task(stream.run(begin, ready)))
        if number % 20 == 19:
            await asyncio.sleep(0.05)
    for _ in streams:
        await ready.acquire()
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    begin.set()
    await asyncio.sleep(plan.warm_up)
    print("counting", flush=True)
    await asyncio.wait(tasks)
    return outcome


if __name__ == "__main__":
    found = asyncio.run(load(Plan(**json.loads(sys.argv[1]))))
    found.acks.sort()
    print(json.dumps(asdict(found)), flush=True)
