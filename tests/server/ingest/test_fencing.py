"""One node, several streams: a newer one takes over, an old one's end or late message never touches it."""

from __future__ import annotations

from collections.abc import Callable

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gobs_proto import gobs_pb2 as pb
from gobs_server.history import History
from gobs_server.ingest import Courier, Filling, Identity, Intake, Sessions
from gobs_server.ingest.hello import greeting_from
from gobs_server.ingest.refusal import Refusal
from gobs_server.ingest.session import Session
from gobs_server.ingest.sessions import TWO_AGENTS
from gobs_server.live import Live
from gobs_server.metrics import Metrics
from tests.server.feeding import START, HeldClock
from tests.server.ingest.rig import TABLE, Rig
from tests.support.frames import Sender, hello_of
from tests.support.soak import counts


async def test_a_newer_stream_of_the_same_run_takes_over() -> None:
    async with Rig() as rig:
        old = await rig.agent()
        await old.send(1)
        await old.acknowledged(1)
        new = await rig.agent()
        new.sender = old.sender
        code, details = await old.end()
        assert code == grpc.StatusCode.ABORTED
        assert "newer stream" in details
        await new.send(7, keyframe=True)
        await new.acknowledged(2)
        assert rig.values() == {("0",): 7}
        assert rig.node().connected
        assert rig.node().tables["t"].view().rates["c"].tolist() == [6]
        assert rig.node().notes == ()


async def test_an_agent_started_anew_on_the_same_machine_takes_over_at_once() -> None:
    async with Rig() as rig:
        old = await rig.agent(run="run-1")
        await old.send(1)
        await old.acknowledged(1)
        new = await rig.agent(run="run-2")
        await new.send(9)
        await new.acknowledged(1)
        assert (await old.end())[0] == grpc.StatusCode.ABORTED
        assert rig.node().run == "run-2"
        assert rig.node().tables["t"].view().rates["c"].tolist() != [8]


async def test_a_second_living_agent_with_the_same_name_is_refused_and_both_are_told_of() -> None:
    async with Rig() as rig:
        first = await rig.agent()
        await first.send(1)
        await first.acknowledged(1)
        second = await rig.call()
        await second.say(hello=hello_of(TABLE, run="run-2", boot_id="boot-2"))
        code, details = await second.end()
        assert code == grpc.StatusCode.ALREADY_EXISTS
        assert "'n1'" in details
        assert "--node" in details
        assert rig.node().notes == (TWO_AGENTS,)
        await first.send(2)
        await first.acknowledged(2)
        assert rig.values() == {("0",): 2}
        rig.clock.ahead += 200
        rig.sessions.tick()
        assert rig.node().notes == ()


async def test_an_agent_on_another_machine_takes_over_from_a_silent_one() -> None:
    async with Rig() as rig:
        await rig.agent()
        rig.clock.ahead += 11
        second = await rig.agent(run="run-2", boot_id="boot-2")
        await second.send(5)
        await second.acknowledged(1)
        assert rig.node().boot_id == "boot-2"
        assert rig.node().notes == ()


async def test_an_agent_that_is_silent_counts_as_away_long_before_its_connection_ends() -> None:
    async with Rig() as rig:
        courier = Courier(rig.sessions)
        agent = await rig.agent()
        assert courier.present(["n1", "n2"]) == courier.nodes() == ["n1"]
        rig.clock.ahead += 11
        assert (courier.present(["n1"]), courier.nodes()) == ([], ["n1"])
        await agent.send(1)
        await agent.acknowledged(1)
        assert courier.present(["n1"]) == ["n1"]


class Streams:
    """Sessions without a network."""

    def __init__(self) -> None:
        self.clock = HeldClock()
        self.live = Live(self.clock)
        self.history = History(self.clock)
        self.owned: set[str] = set()
        self.sessions = Sessions(self.live, self.history, self.clock, self.owned.__contains__)
        metrics = Metrics()
        filling = Filling(self.live, self.history, metrics, most=1 << 20)
        self.intake = Intake(self.live, self.history, self.sessions, filling, metrics, self.clock)

    def open(self, run: str = "run-1", boot_id: str = "boot-1", identity: Identity | None = None) -> Session:
        hello = hello_of(TABLE, run=run, boot_id=boot_id, wall_ns=int(START * 1e9))
        return self.sessions.open(greeting_from(hello, identity or Identity()))

    def frame(self, session: Session, sender: Sender, value: int, *, keyframe: bool = False) -> bool:
        frame = sender.frame({("a",): (value,)}, keyframe=keyframe)
        return self.intake.take(session, pb.AgentMessage(frame=frame).SerializeToString())


async def test_two_agents_of_one_machine_that_take_turns_are_found_out() -> None:
    """The second is taken for the first started anew; when the first comes back they are two."""
    streams = Streams()
    streams.open(run="run-1")
    streams.open(run="run-2")
    with pytest.raises(Refusal) as refused:
        streams.open(run="run-1")
    assert refused.value.code == grpc.StatusCode.ALREADY_EXISTS
    node = streams.live.node("n1")
    assert node is not None
    assert node.notes == (TWO_AGENTS,)
    assert node.run == "run-2"


async def test_an_agent_without_a_boot_id_is_no_other_agents_twin() -> None:
    streams = Streams()
    streams.open(run="run-1", boot_id="")
    with pytest.raises(Refusal):
        streams.open(run="run-2", boot_id="")
    assert streams.open(run="run-1", boot_id="").epoch == 2


MINE, OTHERS = Identity("n1", "account", "agent on n1"), Identity("n1", "credential", "k3v9qz7w")


def refused(streams: Streams, run: str, identity: Identity, boot_id: str = "boot-1") -> grpc.StatusCode:
    with pytest.raises(Refusal) as refusal:
        streams.open(run, boot_id, identity)
    return refusal.value.code


async def test_of_two_with_one_identity_the_newer_wins_from_whatever_machine() -> None:
    streams = Streams()
    old = streams.open("run-1", "boot-1", MINE)
    new = streams.open("run-2", "boot-2", MINE)
    assert old.fenced
    assert streams.sessions.owns(new)
    assert new.node.notes == ()


async def test_one_identity_that_is_used_twice_is_found_out() -> None:
    streams = Streams()
    streams.open("run-1", "boot-1", MINE)
    new = streams.open("run-2", "boot-2", MINE)
    assert refused(streams, "run-1", MINE) == grpc.StatusCode.ALREADY_EXISTS
    assert streams.sessions.owns(new)
    assert new.node.notes == (TWO_AGENTS,)


async def test_another_identity_takes_no_living_node_over_and_both_are_told_of() -> None:
    streams = Streams()
    old = streams.open("run-1", "boot-1", MINE)
    assert refused(streams, "run-1", OTHERS) == grpc.StatusCode.ALREADY_EXISTS
    assert streams.sessions.owns(old)
    assert old.node.notes == (TWO_AGENTS,)


async def test_another_identity_that_is_good_for_the_node_may_follow_a_silent_one() -> None:
    streams = Streams()
    streams.open("run-1", "boot-1", MINE)
    streams.clock.move(11)
    assert streams.sessions.owns(streams.open("run-2", "boot-2", OTHERS))


async def test_who_has_proved_whose_it_is_wins_over_who_has_the_shared_token() -> None:
    streams = Streams()
    impostor = streams.open("run-1", "boot-1")
    owner = streams.open("run-2", "boot-2", MINE)
    assert impostor.fenced
    assert streams.sessions.owns(owner)


async def test_the_shared_token_is_good_for_no_node_that_has_an_identity_connected_or_not() -> None:
    streams = Streams()
    owner = streams.open("run-1", "boot-1", MINE)
    assert refused(streams, "run-1", Identity()) == grpc.StatusCode.PERMISSION_DENIED
    assert streams.sessions.owns(owner)
    streams.sessions.closed(owner)
    streams.clock.move(3600)
    assert refused(streams, "run-1", Identity()) == grpc.StatusCode.PERMISSION_DENIED


async def test_the_shared_token_is_good_for_no_node_that_joined_before_the_server_started() -> None:
    streams = Streams()
    streams.owned.add("n1")
    assert refused(streams, "run-1", Identity()) == grpc.StatusCode.PERMISSION_DENIED
    assert streams.sessions.owns(streams.open("run-1", "boot-1", OTHERS))


def interleave(steps: list[tuple[int, int]]) -> None:
    """Open, feed and close streams of one node in any order; after each step only the newest counts."""
    streams = Streams()
    sender = Sender(TABLE)
    opened: list[Session] = []
    closed: set[int] = set()
    owner: Session | None = None
    shown: int | None = None
    for number, (what, which) in enumerate(steps):
        session = opened[which % len(opened)] if opened else None
        if what == 0 or session is None:
            owner = streams.open()
            opened.append(owner)
        elif what == 1:
            streams.sessions.closed(session)
            closed.add(session.epoch)
            owner = None if session is owner else owner
        else:
            taken = streams.frame(session, sender, number, keyframe=True)
            assert taken == (session is owner)
            shown = number if taken else shown
        node = streams.live.node("n1")
        assert node is not None
        assert node.connected == (owner is not None)
        assert [s.epoch for s in streams.sessions.connected()] == ([owner.epoch] if owner else [])
        assert all(session is owner or session.fenced or session.epoch in closed for session in opened)
        if shown is not None:
            assert node.tables["t"].view().values["c"].tolist() == [shown]


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), max_size=30))
async def test_no_interleaving_lets_an_old_stream_touch_a_new_one(steps: list[tuple[int, int]]) -> None:
    interleave(steps)


@counts("interleavings", reduced=100, full=10_000)
async def test_no_interleaving_of_many_does(interleavings: int) -> None:
    run: Callable[[], None] = settings(max_examples=interleavings)(
        given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), min_size=5, max_size=20))(interleave)
    )
    run()
