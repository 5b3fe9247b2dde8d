"""Recordings over the wire: their news, their profiles in chunks, and what a broken stream costs: nothing."""

from __future__ import annotations

import asyncio
import random
import zlib
from collections.abc import Callable

import msgspec
import pytest

from gobs_core import Profile, ProfileHearer, ProfileOrder, ProfileProgress, StackFrame, Stacks
from gobs_proto import gobs_pb2 as pb
from gobs_sinks.grpc.profiles import CHUNK, Profiles

ASKED = pb.StartProfile(
    id="a", profiler="perf", kind="process", pid=42, start="7", duration_ms=1500, frequency=99, call_graph="dwarf"
)


class Agent:
    """Records what it is told to."""

    def __init__(self) -> None:
        self.orders: dict[str, tuple[str, ProfileOrder, ProfileHearer]] = {}
        self.cancelled: list[str] = []

    def start(self, name: str, order: ProfileOrder, hearer: ProfileHearer) -> None:
        self.orders[order.id] = (name, order, hearer)

    def cancel(self, id: str) -> None:  # noqa: A002
        self.cancelled.append(id)

    def finish(self, id: str, profile: Profile) -> None:  # noqa: A002
        _, order, hearer = self.orders[id]
        hearer.done(order, profile)


class Server:
    """Hears what is sent, and asks for what is to be sent."""

    def __init__(self, profiles: Profiles, *wanted: str) -> None:
        self.heard: list[pb.AgentMessage] = []
        self.woken = asyncio.Event()
        self._profiles = profiles
        profiles.connected(self._hear, self.woken.set)
        assert profiles.next() is None, "nothing is sent before the server has said what it waits for"
        profiles.wanted(wanted)

    def _hear(self, message: bytes) -> None:
        self.heard.append(pb.AgentMessage.FromString(message))

    def pull(self, most: int = 10_000) -> list[pb.AgentMessage]:
        """Take as many messages as the stream has room for."""
        found: list[pb.AgentMessage] = []
        while len(found) < most and (message := self._profiles.next()) is not None:
            found.append(pb.AgentMessage.FromString(message))
        return found

    async def packed(self) -> None:
        """Wait until a profile is ready."""
        async with asyncio.timeout(10):
            await self.woken.wait()
        self.woken.clear()


def large(frames: int = 60_000) -> Profile:
    """A profile that does not compress into one chunk."""
    dice, stacks = random.Random(1), Stacks()
    for number in range(frames):
        stacks.add(1, 1, [stacks.frame(StackFrame(f"{dice.getrandbits(64):x}_{number}", "/bin/a"))])
    threads = stacks.threads()
    return Profile(
        profiler="perf", event="cycles", frequency=99, started=1.0, duration=2.0, frames=stacks.frames,
        parents=stacks.parents, functions=stacks.functions, threads=[], counts=stacks.counts(threads),
        samples=stacks.samples,
    )  # fmt: skip


def whole(messages: list[pb.AgentMessage]) -> Profile:
    """The profile its messages bring; chunks come in order and the end says how many there were."""
    *chunks, last = messages
    assert [message.profile_chunk.part for message in chunks] == list(range(len(chunks)))
    assert (last.profile_done.parts, last.profile_done.error) == (len(chunks), "")
    data = b"".join(message.profile_chunk.data for message in chunks)
    assert len(data) == last.profile_done.bytes
    return msgspec.json.decode(zlib.decompress(data), type=Profile)


async def test_an_order_arrives_as_it_was_given() -> None:
    agent = Agent()
    profiles = Profiles(agent)
    profiles.start(ASKED)
    name, order, _ = agent.orders["a"]
    assert name == "perf"
    assert (order.target.kind, order.target.pid, order.target.start) == ("process", 42, "7")
    assert (order.duration, order.frequency, order.call_graph) == (1.5, 99, "dwarf")


async def test_a_profile_travels_in_chunks_no_larger_than_a_message_may_be() -> None:
    agent = Agent()
    profiles = Profiles(agent)
    profiles.start(ASKED)
    server = Server(profiles, "a")
    server.woken.clear()
    agent.finish("a", profile := large())
    await server.packed()
    messages = server.pull()
    assert len(messages) > 3
    assert all(len(message.profile_chunk.data) <= CHUNK for message in messages)
    assert whole(messages) == profile
    assert server.pull() == []


async def test_a_profile_that_is_too_large_has_failed_and_says_what_helps() -> None:
    agent = Agent()
    profiles = Profiles(agent, most=1 << 20)
    profiles.start(ASKED)
    server = Server(profiles, "a")
    server.woken.clear()
    agent.finish("a", large())
    await server.packed()
    [message] = server.pull()
    assert message.profile_done.parts == 0
    assert "MiB, more than 1; record less" in message.profile_done.error


async def test_after_a_broken_stream_everything_that_was_not_taken_is_sent_again() -> None:
    agent = Agent()
    profiles = Profiles(agent)
    profiles.start(ASKED)
    first = Server(profiles, "a")
    first.woken.clear()
    agent.finish("a", profile := large())
    await first.packed()
    assert len(first.pull(2)) == 2
    profiles.disconnected()
    second = Server(profiles, "a")
    assert whole(second.pull()) == profile
    profiles.disconnected()
    third = Server(profiles, "a")
    profiles.taken("a")
    assert third.pull() == []


async def test_a_server_that_comes_back_is_told_how_far_a_recording_is() -> None:
    agent = Agent()
    profiles = Profiles(agent)
    profiles.start(ASKED)
    _, order, hearer = agent.orders["a"]
    hearer.progress(order, ProfileProgress(state="recording", left=1.25))
    server = Server(profiles, "a")
    [news] = server.heard
    assert (news.profile_progress.state, news.profile_progress.left_ms, news.profile_progress.samples) == (
        "recording",
        1250,
        -1,
    )


async def test_what_follows_from_what_was_said_last_is_not_said_again() -> None:
    agent = Agent()
    profiles = Profiles(agent)
    profiles.start(ASKED)
    server = Server(profiles, "a")
    _, order, hearer = agent.orders["a"]
    for _ in range(2):
        hearer.progress(order, ProfileProgress(state="queued"))
    for left in (60.0, 59.8, 60.0):
        hearer.progress(order, ProfileProgress(state="recording", left=left))
    hearer.progress(order, ProfileProgress(state="recording", left=30.0))
    for samples in (1, 2):
        hearer.progress(order, ProfileProgress(state="recording", left=30.0, samples=samples))
    hearer.progress(order, ProfileProgress(state="processing"))
    heard = [(news.profile_progress.state, news.profile_progress.left_ms) for news in server.heard]
    assert heard == [
        ("queued", 0),
        *[("queued", 0)] * 2,
        ("recording", 60_000),
        ("recording", 30_000),
        *[("recording", 30_000)] * 2,
        ("processing", 0),
    ]
    hearer.progress(order, ProfileProgress(state="recording", left=20.0))
    profiles.disconnected()
    hearer.progress(order, ProfileProgress(state="recording", left=19.9))
    [news] = Server(profiles, "a").heard
    assert news.profile_progress.left_ms == 19_900, "whoever is new has heard nothing"


async def test_what_an_agent_does_not_know_has_failed_and_what_nobody_waits_for_ends() -> None:
    agent = Agent()
    profiles = Profiles(agent)
    profiles.start(ASKED)
    server = Server(profiles, "other")
    assert agent.cancelled == ["a"]
    [news] = server.heard
    assert news.profile_done.id == "other"
    assert "restarted" in news.profile_done.error


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (lambda: Profiles(None), "records no stacks"),
        (lambda: Profiles(Agent()), "does not know what a 'galaxy' is"),
    ],
)
async def test_what_cannot_be_recorded_is_refused_in_words(made: Callable[[], Profiles], reason: str) -> None:
    profiles = made()
    asked = pb.StartProfile()
    asked.CopyFrom(ASKED)
    if "galaxy" in reason:
        asked.kind = "galaxy"
    profiles.start(asked)
    server = Server(profiles, "a")
    [message] = server.pull()
    assert reason in message.profile_done.error


async def test_one_order_is_followed_once_and_a_cancelled_one_is_said_so() -> None:
    agent = Agent()
    profiles = Profiles(agent)
    profiles.start(ASKED)
    _, order, hearer = agent.orders["a"]
    profiles.start(ASKED)
    profiles.cancel("a")
    assert agent.cancelled == ["a"]
    hearer.failed(order, "it was cancelled", cancelled=True)
    server = Server(profiles, "a")
    [message] = server.pull()
    assert message.profile_done.cancelled
