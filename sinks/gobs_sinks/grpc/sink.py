"""The sink itself: every frame is encoded once, kept in the ring, and offered to the session that is up."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, ClassVar

from gobs_core import Frame, Sink, Source
from gobs_core.logs import get_logger
from gobs_sinks.grpc.config import GrpcConfig

if TYPE_CHECKING:  # gRPC and protobuf cost 12 MiB, which an agent with other sinks should not pay
    from gobs_sinks.grpc.link import Link
    from gobs_sinks.grpc.recorder import Recorder
    from gobs_sinks.grpc.session import Patience

FLUSH_SECONDS = 1.8
"""What close may take; the agent's own deadline is 2 s."""


class GrpcSink(Sink):
    """Streams frames to a server, and fills in what a lost connection missed."""

    name = "grpc"
    default = True
    Config: ClassVar[type[GrpcConfig]] = GrpcConfig
    config: GrpcConfig

    def __init__(
        self,
        config: GrpcConfig,
        source: Source,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        dice: Callable[[], float] = random.random,
        patience: Patience | None = None,
    ) -> None:
        super().__init__(config, source)
        self._sleep = sleep
        self._dice = dice
        self._patience = patience
        self._log: Any = get_logger("gobs.sink.grpc")
        self._task: asyncio.Task[None] | None = None
        self.link: Link | None = None
        """None before `open`."""
        self.recorder: Recorder | None = None
        """None before `open`."""

    async def open(self) -> None:
        """Begin to connect, in the background."""
        os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # gRPC prints its own lines between ours; it obeys only this
        from gobs_sinks.grpc.badge import Badge
        from gobs_sinks.grpc.channel import dial
        from gobs_sinks.grpc.link import Link
        from gobs_sinks.grpc.recorder import Recorder
        from gobs_sinks.grpc.session import Patience

        config, badge = self.config, Badge(self.config, self.source.node)
        self.recorder = Recorder(self.source.tables, config.ring, config.keyframe)
        self.link = Link(
            lambda: dial(config, badge),
            self.source,
            self.recorder.ring,
            self._log.bind(server=config.server),
            sleep=self._sleep,
            dice=self._dice,
            patience=self._patience or Patience(),
            accepted=badge.accepted,
        )
        if config.exposed:
            self._log.warning("everything is sent in the clear", why="sinks.grpc.insecure is set", server=config.server)
        self._task = asyncio.create_task(self.link.run(), name="sink grpc: link")

    async def send(self, frame: Frame) -> None:
        """Encode, keep and offer one frame; never waits for the network."""
        if self.link is None or self.recorder is None:
            raise RuntimeError("send before open")
        session = self.link.session
        if session is None or session.welcome is None:
            await self.recorder.keep(self.recorder.encode(frame))
            self.recorder.ring.losses.settle()
        else:
            self.recorder.limit(session.limit)
            encoded = self.recorder.encode(frame, keyframe=session.wants_keyframe, mark=session.outbox.mark)
            await self.recorder.keep(encoded)
            session.offer(encoded)
        for table, reason in self.recorder.left_out():
            self._log.warning("left out of a frame", table=table, reason=reason)

    def dropped(self) -> int:
        """Frames that went from the ring, or broke the stream again and again, before the server had them."""
        return 0 if self.recorder is None else self.recorder.ring.losses.count

    def acknowledged(self) -> int | None:
        """The highest live frame the server has taken; None before the first."""
        return None if self.link is None else self.link.totals.acked or None

    async def close(self) -> None:
        """Send what waits, within 2 s, and end the stream in order."""
        task, self._task = self._task, None
        if task is None or self.link is None:
            return
        if self.link.session is not None and self.link.session.welcome is not None:
            self.link.finish()
            await asyncio.wait([task], timeout=FLUSH_SECONDS)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
