"""Frames refused again and again: the stream goes on without them, and somebody can look at them."""

from __future__ import annotations

import json
from pathlib import Path

import grpc
import pytest

from gobs_proto import gobs_pb2 as pb
from gobs_server.history import History
from gobs_server.ingest import DeadLetters, Filling, Identity, Intake, Sessions
from gobs_server.ingest.hello import greeting_from
from gobs_server.ingest.refusal import Refusal
from gobs_server.ingest.session import Session
from gobs_server.live import Live
from gobs_server.metrics import Metrics
from tests.server.feeding import START, HeldClock
from tests.server.ingest.rig import TABLE, Rig
from tests.support.frames import Sender, hello_of

NONSENSE = b"\xff\xff no message"


class House:
    """Sessions and an intake without a network, and a folder for dead letters."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "dead-letters"
        self.clock, self.metrics = HeldClock(), Metrics()
        self.live, history = Live(self.clock), History(self.clock)
        self.sessions = Sessions(self.live, history, self.clock)
        self.letters = DeadLetters(self.folder)
        filling = Filling(self.live, history, self.metrics, most=1 << 20)
        self.intake = Intake(self.live, history, self.sessions, filling, self.metrics, self.clock, self.letters)

    def open(self, node: str = "n1") -> Session:
        hello = hello_of(TABLE, node=node, wall_ns=int(START * 1e9))
        return self.sessions.open(greeting_from(hello, Identity()))

    def take(self, session: Session, raw: bytes) -> bool:
        return self.intake.take(session, raw)

    async def strike(self, node: str = "n1", times: int = 3, raw: bytes = NONSENSE) -> Session:
        """Let so many frames in a row be refused, each on a stream of its own; the last one's."""
        for _ in range(times - 1):
            with pytest.raises(Refusal):
                self.take(self.open(node), raw)
        session = self.open(node)
        assert not self.take(session, raw)
        await self.letters.settled()
        return session


def frame(sender: Sender, value: int, *, keyframe: bool = False, more: bool = False) -> bytes:
    made = sender.frame({("a",): (value,)}, keyframe=keyframe)
    made.more = more
    return pb.AgentMessage(frame=made).SerializeToString()


def bad_frame(sequence: int = 1, *, keyframe: bool = False) -> bytes:
    """A frame that names a table which there is not, in a way no newer agent would."""
    made = pb.Frame(sequence=sequence, keyframe=keyframe, monotonic_ns=1, wall_ns=1)
    made.tables.add(table=0, new=[999_999], keys=[1])
    return pb.AgentMessage(frame=made).SerializeToString()


async def test_twice_the_stream_ends_and_the_third_time_it_goes_on(tmp_path: Path) -> None:
    house = House(tmp_path)
    session = await house.strike()
    assert not session.fenced
    assert house.metrics.count("gobs_server_set_aside") == 1
    sender = Sender(TABLE)
    assert house.take(session, frame(sender, 7, keyframe=True))
    node = house.live.node("n1")
    assert node is not None
    assert node.tables["t"].view().values["c"].tolist() == [7]
    assert node.dropped == {"malformed": 3}


@pytest.mark.parametrize("raw", [NONSENSE, bad_frame(), bad_frame(keyframe=True)], ids=["bytes", "frame", "keyframe"])
async def test_what_was_refused_is_kept_with_whose_it_was_and_why(raw: bytes, tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.strike(raw=raw)
    [letter] = house.folder.glob("*.bin")
    assert letter.read_bytes() == raw
    told = json.loads(letter.with_suffix(".json").read_text())
    assert told["node"] == "n1"
    assert told["reason"]
    assert told["why"]
    assert told["tables"] == ["t"]
    assert letter.stat().st_mode & 0o077 == 0


async def test_until_a_keyframe_comes_frames_are_passed_over_and_counted(tmp_path: Path) -> None:
    house = House(tmp_path)
    sender = Sender(TABLE)
    frame(sender, 1, keyframe=True)
    session = await house.strike()
    assert not house.take(session, frame(sender, 2))
    assert not house.take(session, frame(sender, 3, more=True))
    assert house.take(session, frame(sender, 4, keyframe=True))
    assert house.take(session, frame(sender, 5))
    node = house.live.node("n1")
    assert node is not None
    assert node.state == "fresh"
    assert node.dropped == {"malformed": 3, "waits for a keyframe": 2}


async def test_the_rest_of_a_frame_that_was_refused_half_way_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    house = House(tmp_path)
    session = house.open()
    session.skip(inside=1)
    assert not house.take(session, frame(Sender(TABLE), 1, keyframe=True, more=True))
    assert not house.take(session, frame(Sender(TABLE), 1, keyframe=True))
    assert house.take(session, frame(Sender(TABLE), 1, keyframe=True))


async def test_a_frame_that_is_taken_begins_the_count_anew(tmp_path: Path) -> None:
    house = House(tmp_path)
    for _ in range(4):
        for _ in range(2):
            with pytest.raises(Refusal):
                house.take(house.open(), NONSENSE)
        assert house.take(house.open(), frame(Sender(TABLE), 1, keyframe=True))
    await house.letters.settled()
    assert not house.folder.exists()


async def test_of_a_node_that_sends_nothing_else_one_letter_an_hour_is_kept(tmp_path: Path) -> None:
    house = House(tmp_path)
    session = await house.strike()
    for _ in range(100):
        assert not house.take(session, bad_frame(keyframe=True))
    await house.letters.settled()
    assert house.letters.kept == 1
    house.clock.move(3601)
    assert not house.take(session, bad_frame(keyframe=True))
    await house.letters.settled()
    assert house.letters.kept == 2


async def test_letters_are_bounded_in_number_and_size_and_the_oldest_go_first(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path / "letters")
    for number in range(60):
        letters.put("n", b"%d" % number, {})
        await letters.settled()
    kept = sorted((tmp_path / "letters").glob("*.bin"))
    assert [path.read_bytes() for path in kept] == [b"%d" % number for number in range(10, 60)]
    assert len(list((tmp_path / "letters").glob("*.json"))) == 50
    for _ in range(20):
        letters.put("n", bytes(1 << 20), {})
        await letters.settled()
    assert sum(path.stat().st_size for path in (tmp_path / "letters").glob("*.bin")) <= 16 << 20


async def test_a_folder_that_cannot_be_written_costs_nobody_anything(tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("a file")
    letters = DeadLetters(tmp_path / "letters")
    letters.put("n", b"x", {})
    await letters.settled()
    assert letters.kept == 0
    DeadLetters(None).put("n", b"x", {})


async def test_no_more_than_some_are_being_written_at_once(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path / "letters")
    for _ in range(100):
        letters.put("n", b"x", {})
    await letters.settled()
    assert letters.kept == 4


async def test_over_the_wire_an_agent_is_asked_to_come_back_twice_and_then_let_be() -> None:
    async with Rig() as rig:
        for _ in range(2):
            agent = await rig.agent()
            await agent.say_bytes(NONSENSE)
            assert (await agent.end())[0] == grpc.StatusCode.INVALID_ARGUMENT
        agent = await rig.agent()
        await agent.say_bytes(NONSENSE)
        await agent.send(5, keyframe=True)
        await agent.acknowledged(1)
        assert rig.values() == {("0",): 5}
