"""Acknowledgements: who is told when, and how many in a second."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter

from gobs_proto import gobs_pb2 as pb
from gobs_server.ingest import Acks, Identity
from gobs_server.ingest.hello import greeting_from
from gobs_server.ingest.session import Session
from gobs_server.metrics import Metrics
from tests.server.feeding import START
from tests.server.ingest.rig import TABLE
from tests.server.ingest.test_fencing import Streams
from tests.support.frames import Sender, hello_of


class Fleet:
    """Agents whose frames come every second, and what each of them is told."""

    def __init__(self, count: int, *, every: float = 5.0, a_second: float = 10.0) -> None:
        self.streams = Streams()
        self.told: list[list[int]] = [[] for _ in range(count)]
        self.sessions = [self._open(number) for number in range(count)]
        self.senders = [Sender(TABLE) for _ in range(count)]
        self.acks = Acks(self.streams.sessions, Metrics(), every=every, a_second=a_second)

    def _open(self, number: int) -> Session:
        said = hello_of(TABLE, node=f"n{number}", boot_id=f"boot-{number}", wall_ns=int(START * 1e9))
        session = self.streams.sessions.open(greeting_from(said, Identity()))

        async def send(message: pb.ServerMessage) -> None:
            self.told[number].append(message.ack.sequence)

        session.send = send
        return session

    async def second(self, now: float) -> int:
        """Let one frame of each come, then tell whoever is due; returns how many were told."""
        before = sum(map(len, self.told))
        for session, sender in zip(self.sessions, self.senders, strict=True):
            session.unacknowledged |= self.streams.frame(session, sender, int(now))
        self.acks.tell(now)
        await asyncio.sleep(0)
        return sum(map(len, self.told)) - before


async def test_the_first_frame_is_acknowledged_at_once_and_the_others_every_few_seconds() -> None:
    fleet = Fleet(1)
    told = [now for now in range(20) if await fleet.second(now)]
    assert told[0] == 0
    assert all(4 <= after - before <= 7 for before, after in itertools.pairwise(told))
    assert fleet.told[0] == [now + 1 for now in told]


async def test_who_sent_nothing_is_told_nothing() -> None:
    fleet = Fleet(1)
    await fleet.second(0)
    for now in range(100, 110):
        fleet.acks.tell(now)
        await asyncio.sleep(0)
    assert fleet.told == [[1]]


async def test_of_many_agents_each_is_told_less_often_and_no_second_brings_all_of_them() -> None:
    fleet = Fleet(200, a_second=10)
    counts = [await fleet.second(now) for now in range(100)]
    assert counts[0] == 200
    later = counts[40:]
    assert 7 * len(later) <= sum(later) <= 13 * len(later)
    assert max(later) <= 60
    assert min(Counter(len(told) for told in fleet.told)) >= 4
