"""One stream from Hello to its end: what is written when, and what is made of what the server says."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from gobs_core import Source
from gobs_proto import gobs_pb2 as pb
from gobs_proto.limits import MAX_MESSAGE_BYTES
from gobs_sinks.grpc.answers import Answers
from gobs_sinks.grpc.backfill import Backfill
from gobs_sinks.grpc.encoder import Encoded
from gobs_sinks.grpc.outbox import Item, Outbox
from gobs_sinks.grpc.poison import Poison
from gobs_sinks.grpc.profiles import Profiles
from gobs_sinks.grpc.ranges import Ranges
from gobs_sinks.grpc.ring import Ring
from gobs_sinks.grpc.schema import hello, news_of, plugin_states
from gobs_sinks.grpc.stream import Stream, StreamEnd

SMALLEST_MESSAGE = 64 * 1024


@dataclass(frozen=True)
class Patience:
    """How long a session waits for its peer, and how fast it fills in the past."""

    welcome: float = 10.0
    """Seconds from dialling to Welcome."""
    stall: float = 60.0
    """Seconds after which a peer that takes nothing is given up."""
    past: int = 1 << 20
    """Bytes of the past in a second."""


class Farewell(Exception):
    """The server said Bye."""

    def __init__(self, reason: str, retry_after: float) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        """Seconds."""


@dataclass
class Progress:
    """How far a session has come."""

    sent: int = 0
    """Sequence of the last live frame written."""
    sent_ns: int = 0
    acked: int = 0
    """Highest live frame the server has taken."""
    frames: int = 0
    bytes: int = 0


class Session:
    """Serves one stream. Lives from dialling until the stream ends, by `run`."""

    def __init__(
        self,
        stream: Stream,
        source: Source,
        ring: Ring,
        poison: Poison,
        welcomed: Callable[[Session], None],
        patience: Patience,
        profiles: Profiles | None = None,
    ) -> None:
        self.progress = Progress()
        self.welcome: pb.Welcome | None = None
        """None until the server has welcomed us."""
        self._stream = stream
        self._source = source
        self._ring = ring
        self._poison = poison
        self._welcomed = welcomed
        self._patience = patience
        self._profiles = profiles or Profiles(None)
        self._wake = asyncio.Event()
        self.outbox = Outbox(self._wake.set)
        self._answers = Answers(source.inspect, self.outbox.note)
        self._backfill: Backfill | None = None
        self._past_open = True
        self._writing = False
        self._closing = False
        self._told: object = None
        self._sent: deque[int] = deque()
        """Live frames that are written, or being written, and not acknowledged."""

    @property
    def limit(self) -> int:
        """Bytes a message may have."""
        asked = self.welcome.max_message_bytes if self.welcome else 0
        return max(SMALLEST_MESSAGE, min(asked or MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES))

    @property
    def wants_keyframe(self) -> bool:
        """Whether the next frame should be a keyframe for this session: it has begun or has skipped, and can write."""
        return self.welcome is not None and self.outbox.whole and not self._writing

    @property
    def segments(self) -> int:
        """Segments of the past sent."""
        return self._backfill.sent if self._backfill else 0

    def offer(self, frame: Encoded) -> None:
        """Take a live frame, or skip it when the peer is too slow."""
        if self.welcome is not None:
            self._tell_plugins(anyway=frame.keyframe)
            self.outbox.offer(frame)
            self._wake.set()

    async def run(self) -> None:
        """Serve until the stream ends; raises StreamEnd or Farewell, always one of them."""
        try:
            async with asyncio.timeout(self._patience.welcome):
                welcome = await self._greet()
        except TimeoutError:
            raise StreamEnd("DEADLINE_EXCEEDED", f"no Welcome within {self._patience.welcome:g} s") from None
        held = Ranges((have.first, have.last) for have in welcome.have)
        self._ring.losses.took(held)
        self._ring.losses.settle()
        self._backfill = Backfill(self._ring, self._poison, held, welcome.history_seconds)
        self.welcome = welcome
        self._welcomed(self)
        self._profiles.connected(self.outbox.note, self._wake.set)
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in tasks:
                if task.done():
                    await task
        finally:
            self._profiles.disconnected()
            self._answers.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def finish(self) -> None:
        """Write what waits, but nothing of the past, and say that this was all; the server then ends the stream."""
        self._closing = True
        self._wake.set()

    async def _greet(self) -> pb.Welcome:
        self._told = news_of(self._source.plugins())
        await self._stream.write(pb.AgentMessage(hello=hello(self._source)).SerializeToString())
        message = await self._stream.read()
        match message.WhichOneof("kind"):
            case "welcome":
                return message.welcome
            case "bye":
                raise _farewell(message.bye)
        raise StreamEnd("FAILED_PRECONDITION", "the server did not answer Hello with Welcome")

    async def _read(self) -> None:
        while True:
            message = await self._stream.read()
            match message.WhichOneof("kind"):
                case "ack":
                    self._acked(message.ack.sequence)
                case "inspect":
                    self._answers.ask(message.inspect)
                case "start_profile":
                    self._profiles.start(message.start_profile)
                case "cancel_profile":
                    self._profiles.cancel(message.cancel_profile.id)
                case "profiles_wanted":
                    self._profiles.wanted(message.profiles_wanted.ids)
                case "profile_taken":
                    self._profiles.taken(message.profile_taken.id)
                case "retry_plugin":
                    self._source.retry(message.retry_plugin.kind, message.retry_plugin.name)
                case "bye":
                    raise _farewell(message.bye)
                # anything else is of a newer protocol, or a second Welcome: nothing to us

    def _acked(self, sequence: int) -> None:
        self.progress.acked = max(self.progress.acked, sequence)
        while self._sent and self._sent[0] <= sequence:
            taken = self._sent.popleft()
            self._ring.losses.took([(taken, taken)])
        self._poison.acked(sequence)
        self._wake.set()

    async def _write(self) -> None:
        while True:
            item = self.outbox.take() or self._profile() or self._past()
            if item is not None:
                await self._put(item)
            elif self._closing:
                await self._stream.finish()
                return
            else:
                self._wake.clear()
                await self._wake.wait()

    async def _put(self, item: Item) -> None:
        self._writing = True
        if item.frame is not None:
            self._sent.append(item.frame.sequence)
        try:
            async with asyncio.timeout(self._patience.stall):
                for message in item.messages:
                    await self._stream.write(message)
                    self.progress.bytes += len(message)
        except TimeoutError:
            raise StreamEnd("DEADLINE_EXCEEDED", f"the server took nothing for {self._patience.stall:g} s") from None
        finally:
            self._writing = False
        if item.frame is not None:
            self._wrote(item.frame)

    def _wrote(self, frame: Encoded) -> None:
        self.progress.frames += 1
        self.progress.sent, self.progress.sent_ns = frame.sequence, frame.monotonic_ns
        if self._backfill is not None:
            self._backfill.held.add(frame.sequence)

    def _profile(self) -> Item | None:
        """The next message of a profile that is ready."""
        message = None if self._closing else self._profiles.next()
        return None if message is None else Item([message])

    def _past(self) -> Item | None:
        """The next part of the past, once live frames flow and not too fast."""
        if (
            self._backfill is None
            or self._closing
            or self.outbox.whole
            or not self.progress.frames
            or not self._past_open
        ):
            return None
        part = self._backfill.next(self.progress.sent, self.progress.sent_ns)
        if part is None:
            return None
        self._past_open = False
        asyncio.get_running_loop().call_later(len(part) / self._patience.past, self._open_past)
        return Item([part])

    def _open_past(self) -> None:
        self._past_open = True
        self._wake.set()

    def _tell_plugins(self, *, anyway: bool) -> None:
        states = self._source.plugins()
        news = news_of(states)
        if anyway or news != self._told:
            self._told = news
            self.outbox.note(pb.AgentMessage(plugins=plugin_states(states)).SerializeToString())


def _farewell(bye: pb.Bye) -> Farewell:
    return Farewell(bye.reason, bye.retry_after_ms / 1000)
