"""How long streams live: old ones come back, revoked ones end, and none is lost while nobody can tell whose it is."""

from __future__ import annotations

import itertools

import grpc

from gobs_proto import gobs_pb2 as pb
from gobs_server.history import History
from gobs_server.ingest import Door, Identity, Leases, Sessions
from gobs_server.ingest.doors import Caller
from gobs_server.ingest.hello import greeting_from
from gobs_server.ingest.refusal import Refusal
from gobs_server.ingest.session import Session
from gobs_server.live import Live
from gobs_server.metrics import Metrics
from tests.server.feeding import START, HeldClock
from tests.server.ingest.rig import TABLE
from tests.support.frames import hello_of


class Moody(Door):
    """Confirms and revokes as it is told."""

    def __init__(self) -> None:
        self.up = True
        self.revoked: set[str] = set()

    async def identify(self, caller: Caller) -> Identity:
        raise AssertionError

    def stands(self, identity: Identity) -> bool:
        return identity.who not in self.revoked

    async def confirms(self, identity: Identity) -> bool:
        return self.up


class House:
    """Sessions without a network, and how long they may stay."""

    def __init__(self, *dice: float) -> None:
        self.clock, self.door = HeldClock(), Moody()
        self.live = Live(self.clock)
        self.sessions = Sessions(self.live, History(self.clock), self.clock)
        self.metrics = Metrics()
        rolls = iter(dice)
        self.leases = Leases(
            self.sessions, self.door, self.clock, self.metrics, age=100, grace=50, dice=lambda: next(rolls, 0.0)
        )

    def open(self, node: str = "n1") -> Session:
        hello = hello_of(TABLE, node=node, wall_ns=int(START * 1e9))
        return self.sessions.open(greeting_from(hello, Identity(node, "account", node)))

    async def pass_time(self, seconds: float, *, silent: bool = False) -> None:
        self.clock.move(seconds)
        for session in [] if silent else self.sessions.connected():
            self.live.heard(session.node)
        await self.leases.look()


async def test_an_old_stream_is_asked_to_come_back_at_once() -> None:
    house = House()
    session = house.open()
    await house.pass_time(0)
    await house.pass_time(99)
    assert not session.ended.done()
    await house.pass_time(1)
    assert session.ended.result() == pb.Bye(reason="rotation", retry_after_ms=1)
    assert house.metrics.count("gobs_server_rotated_streams") == 1


async def test_streams_that_began_together_do_not_end_together() -> None:
    house = House(*(number / 10 for number in range(10)))
    sessions = [house.open(f"n{number}") for number in range(10)]
    await house.pass_time(0)
    ended = []
    for _ in range(100):
        await house.pass_time(1)
        ended.append(sum(session.ended.done() for session in sessions))
    assert ended[73] == 0
    assert ended[-1] == 10
    assert max(after - before for before, after in itertools.pairwise(ended)) <= 1


async def test_never_are_more_than_some_sent_away_at_once() -> None:
    house = House()
    sessions = [house.open(f"n{number}") for number in range(120)]
    await house.pass_time(0)
    gone = []
    for seconds in (100, 1, 1):
        await house.pass_time(seconds)
        gone.append(sum(session.ended.done() for session in sessions))
    assert gone == [50, 100, 120]


async def test_while_nobody_can_tell_who_they_are_streams_stay_for_a_bounded_time() -> None:
    house = House()
    session = house.open()
    await house.pass_time(0)
    house.door.up = False
    await house.pass_time(149)
    assert not session.ended.done()
    await house.pass_time(2)
    refusal = session.ended.result()
    assert isinstance(refusal, Refusal)
    assert refusal.code == grpc.StatusCode.UNAVAILABLE


async def test_once_it_can_be_told_again_they_are_asked() -> None:
    house = House()
    session = house.open()
    await house.pass_time(0)
    house.door.up = False
    await house.pass_time(120)
    house.door.up = True
    await house.pass_time(1)
    assert isinstance(session.ended.result(), pb.Bye)


async def test_a_stream_whose_identity_was_revoked_ends_within_a_second() -> None:
    house = House()
    revoked, other = house.open("n1"), house.open("n2")
    house.door.revoked.add("n1")
    await house.pass_time(1)
    refusal = revoked.ended.result()
    assert isinstance(refusal, Refusal)
    assert refusal.code == grpc.StatusCode.UNAUTHENTICATED
    assert not other.ended.done()
    assert house.metrics.count("gobs_server_refused_streams", reason="revoked") == 1


async def test_a_stream_that_brings_nothing_is_ended() -> None:
    house = House()
    session = house.open()
    await house.pass_time(60, silent=True)
    assert not session.ended.done()
    await house.pass_time(1, silent=True)
    refusal = session.ended.result()
    assert isinstance(refusal, Refusal)
    assert refusal.code == grpc.StatusCode.DEADLINE_EXCEEDED


async def test_nothing_is_remembered_of_streams_that_are_gone() -> None:
    house = House()
    for _ in range(10):
        session = house.open()
        await house.pass_time(1)
        house.sessions.closed(session)
    await house.pass_time(1)
    assert house.leases._due == {}
