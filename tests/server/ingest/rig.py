"""The agents' side of a server, on a real port, and agents that say just what a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from typing import Any, Self

import grpc
import grpc.aio

from gobs_core import Table, counter, key
from gobs_proto import gobs_pb2 as pb
from gobs_server.clock import Clock
from gobs_server.history import History
from gobs_server.ingest import (
    Acks,
    Complaints,
    Door,
    Filling,
    GrpcServer,
    Intake,
    OpenDoor,
    Penalties,
    Sessions,
    Streams,
)
from gobs_server.live import Live, Node
from gobs_server.metrics import Metrics
from gobs_server.settings import ServerSettings
from tests.support.frames import Sender, hello_of

TABLE = Table("t", "A table.", (key("k", ""), counter("c", "")))
METHOD = "/gobs.v1.Gobs/AgentStream"


class MovableClock(Clock):
    """The real clock, moved."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def wall(self) -> float:
        return super().wall() + self.ahead

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


class Rig:
    """A server without pages. Use it by `async with`."""

    def __init__(
        self,
        *,
        door: Door | None = None,
        settings: ServerSettings | None = None,
        history: float = 3600,
        patience: float = 5.0,
        most: int = 64 << 20,
        most_nodes: int = 5000,
    ) -> None:
        self.clock = MovableClock()
        self.metrics = Metrics()
        self.live = Live(self.clock, most=most_nodes)
        self.history = History(self.clock, retention=history)
        self.sessions = Sessions(self.live, self.history, self.clock)
        self.filling = Filling(self.live, self.history, self.metrics, most=most)
        self.intake = Intake(self.live, self.history, self.sessions, self.filling, self.metrics, self.clock)
        complaints = Complaints(self.clock)
        self.streams = Streams(
            self.sessions,
            self.intake,
            self.filling,
            self.history,
            self.metrics,
            complaints,
            patience=patience,
        )
        self.acks = Acks(self.sessions, self.metrics, every=0.2)
        settings = settings or ServerSettings(grpc="127.0.0.1:0")
        penalties = Penalties(self.clock)
        self.server = GrpcServer(self.streams.serve, door or OpenDoor(), settings, self.metrics, complaints, penalties)
        self.port = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self.port = await self.server.start()
        for work in (self.filling.run(), self.acks.run()):
            self._tasks.append(asyncio.create_task(work))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()
        await self.server.stop(0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def node(self, name: str = "n1") -> Node:
        found = self.live.node(name)
        assert found is not None
        return found

    def values(self, name: str = "n1") -> dict[tuple[str, ...], float]:
        """What is live of table `t`."""
        view = self.node(name).tables["t"].view()
        return dict(zip(view.keys, view.values["c"].tolist(), strict=True))

    async def call(
        self, metadata: Sequence[tuple[str, str]] = (), credentials: grpc.ChannelCredentials | None = None
    ) -> Agent:
        """A stream on which nothing has been said."""
        options = (("grpc.use_local_subchannel_pool", 1), ("grpc.ssl_target_name_override", "localhost"))
        address = f"127.0.0.1:{self.port}"
        if credentials is None:
            channel = grpc.aio.insecure_channel(address, options=options)
        else:
            channel = grpc.aio.secure_channel(address, credentials, options=options)
        await self._stack.enter_async_context(channel)
        method: Any = channel.stream_stream(METHOD, response_deserializer=pb.ServerMessage.FromString)
        return Agent(method(metadata=metadata), self)

    async def agent(self, *, tables: Sequence[Table] = (TABLE,), **hello: object) -> Agent:
        """An agent that was welcomed."""
        agent = await self.call()
        agent.sender = Sender(*tables)
        now = {"wall_ns": int(self.clock.wall() * 1e9)}
        await agent.say(hello=hello_of(*tables, **{**now, **hello}))  # type: ignore[arg-type]
        agent.welcome = (await agent.hear()).welcome
        return agent


class Agent:
    """One stream, from the agent's side."""

    def __init__(self, call: Any, rig: Rig) -> None:
        self._call = call
        self._rig = rig
        self.sender = Sender(TABLE)
        self.welcome = pb.Welcome()

    async def say(self, **kind: Any) -> None:
        await self.say_bytes(pb.AgentMessage(**kind).SerializeToString())

    async def say_bytes(self, raw: bytes) -> None:
        with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
            await self._call.write(raw)

    async def hear(self) -> pb.ServerMessage:
        message = await asyncio.wait_for(self._call.read(), 10)
        assert isinstance(message, pb.ServerMessage), message
        return message

    async def hear_of(self, kind: str) -> Any:
        """The next message of that kind."""
        while True:
            message = await self.hear()
            if message.WhichOneof("kind") == kind:
                return getattr(message, kind)

    async def send(self, *values: int, **more: Any) -> None:
        """Send a frame: the rows 0, 1, … with those values."""
        rows = {(str(row),): (value,) for row, value in enumerate(values)}
        await self.say(frame=self.sender.frame(rows, **more))

    async def acknowledged(self, sequence: int) -> None:
        while (await self.hear_of("ack")).sequence < sequence:
            pass

    async def done(self) -> None:
        await self._call.done_writing()

    async def end(self) -> tuple[grpc.StatusCode, str]:
        """Wait for the stream's end; what the server gave as the reason."""
        async with asyncio.timeout(10):
            with suppress(grpc.aio.AioRpcError):
                while await self._call.read() is not grpc.aio.EOF:
                    pass
            return await self._call.code(), await self._call.details() or ""

    def cancel(self) -> None:
        self._call.cancel()
