"""Recordings from order to end: clear states whoever dies, honest limits, and nothing kept longer than promised."""

from __future__ import annotations

import base64
import os
import subprocess
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest

from gobs_core import Profile
from gobs_proto import gobs_pb2 as pb
from gobs_server.profiles.orders import Refusal
from gobs_server.profiles.patience import BEGUN, GONE, SILENT
from tests.server.profiles.made import chance, profile
from tests.server.profiles.rig import Rig, packed
from tests.support.soak import counts
from tests.support.waiting import until


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    rig = Rig(tmp_path)
    await rig.start()
    yield rig
    await rig.stop()


async def test_an_order_goes_to_its_node_and_its_profile_is_kept(rig: Rig) -> None:
    task = rig.begin(duration=1.5)
    _, message = rig.post.sent[-1]
    assert (message.start_profile.id, message.start_profile.duration_ms) == (task.id, 1500)
    rig.tasks.progress("n", pb.ProfileProgress(id=task.id, state="recording", left_ms=1200, samples=-1))
    assert (task.state, task.ends, task.samples) == ("recording", rig.clock.now + 1.2, None)
    rig.send(task.id, data := packed())
    task = await rig.done(task)
    assert (task.samples, task.event, task.notes) == (chance(1).samples, "cycles", ["a note"])
    assert await rig.tasks.data(task) == data
    assert rig.post.kinds()[-1] == "profile_taken"


async def test_a_restarted_server_goes_on_waiting_and_has_what_was_done(tmp_path: Path) -> None:
    first = Rig(tmp_path)
    await first.start()
    done, waiting = first.begin(), first.begin()
    first.send(done.id, data := packed())
    done = await first.done(done)
    await first.stop()
    second = Rig(tmp_path)
    second.tasks.connected("n")
    assert second.post.sent == [], "nothing is said of what is wanted before it is known"
    await second.start()
    assert list(second.post.sent[-1][1].profiles_wanted.ids) == [waiting.id]
    again = second.tasks.get(done.id)
    assert again is not None
    assert (again.state, await second.tasks.data(again)) == ("done", data)
    second.send(waiting.id, packed(2))
    await second.done(waiting)
    await second.stop()


async def test_what_fails_or_is_cancelled_says_why_and_never_changes_again(rig: Rig) -> None:
    failed, cancelled = rig.begin(), rig.begin()
    rig.tasks.done("n", pb.ProfileDone(id=failed.id, error="the kernel\nsays no"))
    assert failed.state == "failed"
    assert "\n" not in failed.reason
    rig.tasks.cancel(cancelled, "bob")
    assert (cancelled.state, cancelled.reason) == ("cancelled", "cancelled by bob")
    assert rig.post.kinds()[-1] == "cancel_profile"
    for task in (failed, cancelled):
        state = task.state
        rig.tasks.progress("n", pb.ProfileProgress(id=task.id, state="recording"))
        rig.send(task.id, packed())
        assert task.state == state


async def test_an_agent_that_is_not_heard_of_in_time_fails_its_recording(rig: Rig) -> None:
    task = rig.begin(duration=10.0)
    rig.clock.now += SILENT - 1
    rig.tasks.watch()
    assert task.open
    rig.tasks.progress("n", pb.ProfileProgress(id=task.id, state="recording", left_ms=10_000))
    rig.clock.now += SILENT + 9
    rig.tasks.watch()
    assert task.open
    rig.clock.now += 2
    rig.tasks.watch()
    assert task.state == "failed"
    assert "not heard of in time" in task.reason


async def test_an_agent_that_is_gone_fails_its_recordings_whatever_they_were_doing(rig: Rig) -> None:
    waiting, long = rig.begin(duration=600.0), rig.begin(duration=600.0)
    rig.tasks.progress("n", pb.ProfileProgress(id=long.id, state="recording", left_ms=600_000))
    rig.tasks.watch()
    rig.post.there.clear()
    rig.clock.now += GONE
    rig.tasks.watch()
    assert long.open
    rig.clock.now += 1
    rig.tasks.watch()
    assert (waiting.state, long.state) == ("failed", "failed")
    assert "the agent is gone" in long.reason


async def test_a_node_without_power_is_gone_though_its_connection_stands(rig: Rig) -> None:
    task = rig.begin(duration=600.0)
    rig.tasks.watch()
    rig.post.silent.add("n")
    rig.clock.now += GONE + 1
    rig.tasks.watch()
    assert (task.state, rig.post.kinds()[-1]) == ("failed", "start_profile"), "what a hanging agent does is not undone"


async def test_an_agent_that_comes_back_with_a_recording_called_failed_goes_on_and_brings_it(rig: Rig) -> None:
    going, finished = rig.begin(duration=600.0), rig.begin(duration=600.0)
    rig.post.there.clear()
    rig.clock.now += GONE + 1
    rig.tasks.watch()
    assert {going.state, finished.state} == {"failed"}
    rig.post.there.add("n")
    rig.tasks.connected("n")
    assert list(rig.post.sent[-1][1].profiles_wanted.ids) == [going.id, finished.id]
    rig.tasks.progress("n", pb.ProfileProgress(id=going.id, state="recording", left_ms=580_000))
    rig.send(finished.id, packed())
    rig.tasks.watch()
    assert (going.state, going.reason, going.ended) == ("recording", "", None)
    finished = await rig.done(finished)
    assert (finished.reason, finished.bytes) == ("", len(packed()))
    rig.send(going.id, packed(2))
    await rig.done(going)


async def test_an_agent_that_was_restarted_says_so_of_a_recording_that_is_called_failed(rig: Rig) -> None:
    task = rig.begin()
    rig.post.there.clear()
    rig.clock.now += GONE + 1
    rig.tasks.watch()
    rig.tasks.done("n", pb.ProfileDone(id=task.id, error="the agent was restarted meanwhile"))
    assert (task.state, task.reason) == ("failed", "the agent was restarted meanwhile")
    rig.send(task.id, packed())
    assert task.state == "failed"


async def test_a_server_that_has_just_begun_waits_longer_for_those_who_may_not_know_of_it(tmp_path: Path) -> None:
    first = Rig(tmp_path)
    await first.start()
    task = first.begin(duration=600.0)
    await first.stop()
    second = Rig(tmp_path)
    second.post.there.clear()
    await second.start()
    known = second.tasks.get(task.id)
    assert known is not None
    second.clock.now += BEGUN
    second.tasks.watch()
    assert known.open
    second.clock.now += 1
    second.tasks.watch()
    assert known.state == "failed"
    await second.stop()


async def test_what_is_cancelled_while_its_profile_is_being_read_stays_cancelled(rig: Rig) -> None:
    good, bad = rig.begin(), rig.begin()
    rig.send(good.id, packed())
    rig.send(bad.id, zlib.compress(b"{}"))
    for task in (good, bad):
        rig.tasks.cancel(task, "bob")
    await until(lambda: rig.post.kinds().count("profile_taken") == 2)
    await rig.tasks.close()
    assert [rig.tasks.all()[place].state for place in (0, 1)] == ["cancelled", "cancelled"]
    assert await rig.tasks.data(good) == b""


async def test_a_recording_waits_its_turn_as_long_as_its_agent_says_so(rig: Rig) -> None:
    waiting = rig.begin()
    for _ in range(20):
        rig.clock.now += SILENT / 3
        rig.tasks.progress("n", pb.ProfileProgress(id=waiting.id, state="queued"))
        rig.tasks.watch()
    assert waiting.state == "queued"


@pytest.mark.parametrize(
    ("data", "parts", "reason"),
    [
        (packed()[:-5], 2, "not whole"),
        (b"nonsense", 2, "cannot be decompressed"),
        (zlib.compress(b'{"profiler": 1}'), 2, "it is no profile"),
        (packed(), 3, "3 of"),
    ],
)
async def test_what_is_no_profile_is_refused_with_its_fault(rig: Rig, data: bytes, parts: int, reason: str) -> None:
    task = rig.begin()
    rig.send(task.id, data, parts=parts)
    await until(lambda: not task.open)
    assert task.state == "failed"
    assert reason in task.reason


async def test_another_node_cannot_speak_for_a_recording(rig: Rig) -> None:
    task = rig.begin()
    rig.send(task.id, packed(), node="evil")
    rig.tasks.done("evil", pb.ProfileDone(id=task.id, error="x"))
    assert task.state == "queued"


async def test_no_agent_means_no_recording(rig: Rig) -> None:
    with pytest.raises(Refusal, match="no agent of node 'gone' is connected"):
        rig.begin("gone")
    assert rig.tasks.all() == []


async def test_old_profiles_and_those_beyond_the_budget_go_and_pinned_ones_stay(rig: Rig) -> None:
    tasks = [rig.begin() for _ in range(3)]
    for task in tasks:
        rig.send(task.id, packed())
    tasks = [await rig.done(task) for task in tasks]
    await rig.tasks.pin(tasks[0], pinned=True)
    tasks[1].bytes = 2 << 20
    await rig.tasks.tidy()
    assert [task.state for task in tasks] == ["done", "expired", "done"]
    assert await rig.tasks.data(tasks[1]) == b""
    rig.clock.now += 86_401
    await rig.tasks.tidy()
    assert [task.state for task in tasks] == ["done", "expired", "expired"]
    await rig.tasks.delete(tasks[2])
    assert rig.tasks.get(tasks[2].id) is None


async def test_chunks_out_of_order_or_too_many_bytes_fail_the_recording_and_cost_nothing_more(rig: Rig) -> None:
    task = rig.begin()
    rig.tasks.chunk("n", pb.ProfileChunk(id=task.id, part=1, data=b"x"))
    assert "part 1 came where part 0" in task.reason
    large = rig.begin()
    for part in range(70):
        rig.tasks.chunk("n", pb.ProfileChunk(id=large.id, part=part, data=bytes(1 << 20)))
    assert large.state == "failed"
    assert rig.tasks._inbox.bytes == 0


@counts("megabytes", reduced=5, full=50)
async def test_a_large_profile_is_taken_kept_and_given_out(rig: Rig, megabytes: int) -> None:
    large = unlike_anything(megabytes * 1_020_000)
    data = zlib.compress(msgspec.json.encode(large), 1)
    assert len(data) > megabytes * 1_000_000
    task = rig.begin()
    pieces = [data[first : first + (1 << 20)] for first in range(0, len(data), 1 << 20)]
    for part, piece in enumerate(pieces):
        rig.tasks.chunk("n", pb.ProfileChunk(id=task.id, part=part, data=piece))
    rig.tasks.done("n", pb.ProfileDone(id=task.id, parts=len(pieces), bytes=len(data)))
    task = await rig.done(task)
    assert (task.samples, task.bytes) == (large.samples, len(data))
    assert await rig.tasks.data(task) == data


def unlike_anything(size: int) -> Profile:
    """A profile that takes so many bytes however it is compressed."""
    letters = base64.b64encode(os.urandom(size)).decode()
    return profile({(1, 1, (letters[first : first + 500],)): 1 for first in range(0, len(letters), 500)})


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk that holds little."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(tmp_path)], check=True)
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


@pytest.mark.root
async def test_a_profile_that_a_full_disk_does_not_take_has_failed_and_the_next_small_one_is_kept(full: Path) -> None:
    rig = Rig(full)
    await rig.start()
    large, small = rig.begin(), rig.begin()
    rig.send(large.id, packed(of=unlike_anything(2_000_000)))
    await until(lambda: not large.open, 60)
    assert large.state == "failed"
    assert "could not be kept" in large.reason
    rig.send(small.id, data := packed())
    assert await rig.tasks.data(await rig.done(small)) == data
    await rig.stop()
