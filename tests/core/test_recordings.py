"""Recordings in the agent: so many at once, each told to its end, whatever its profiler does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from gobs_core import (
    NoData,
    PluginState,
    Profile,
    ProfileFailed,
    ProfileOrder,
    ProfileProcesses,
    ProfileProgress,
    Profiler,
    ProfilerConfig,
    ProfileTarget,
    ProfileThread,
    Stacks,
    Workloads,
)
from gobs_core.agent.recordings import Recorder, Recordings
from gobs_core.profile import StackFrame, check_profile, stack_of
from gobs_core.testing import FakeProc
from tests.support.waiting import until

SHOP = b"0::/kubepods.slice/kubepods-pod11111111_2222_3333_4444_555555555555.slice/cri-containerd-%s.scope\n"
UID = "11111111-2222-3333-4444-555555555555"
ONE, TWO = "a" * 64, "b" * 64


class Told:
    """Hears what becomes of recordings."""

    def __init__(self) -> None:
        self.log: dict[str, list[str]] = {}
        self._news = asyncio.Event()
        self.profiles: dict[str, Profile] = {}

    def progress(self, order: ProfileOrder, progress: ProfileProgress) -> None:
        self._note(order.id, progress.state)

    def done(self, order: ProfileOrder, profile: Profile) -> None:
        self.profiles[order.id] = profile
        self._note(order.id, "done")

    def failed(self, order: ProfileOrder, reason: str, *, cancelled: bool = False) -> None:
        self._note(order.id, f"{'cancelled' if cancelled else 'failed'}: {reason}")

    async def end(self, id: str) -> str:  # noqa: A002
        async with asyncio.timeout(10):
            while not self.log.get(id, [""])[-1].startswith(("done", "failed", "cancelled")):
                self._news.clear()
                await self._news.wait()
        return self.log[id][-1]

    def _note(self, id: str, what: str) -> None:  # noqa: A002
        self.log.setdefault(id, []).append(what)
        self._news.set()


class Fake(Profiler):
    """Records what it is told to, for as long as the test wants."""

    name = "fake"
    title = "a fake"

    def __init__(self, config: ProfilerConfig, proc: FakeProc) -> None:
        super().__init__(config, proc)
        self.go = asyncio.Event()
        self.running = self.most = 0
        self.asked: list[tuple[int, ...]] = []
        self.fault: Exception | None = None
        self.missing = ""

    def open(self) -> None:
        if self.missing:
            raise NoData(self.missing)

    async def record(
        self, order: ProfileOrder, processes: ProfileProcesses, tell: Callable[[ProfileProgress], None]
    ) -> Profile:
        self.asked.append(processes.pids)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            tell(ProfileProgress(state="recording", left=order.duration))
            await self.go.wait()
            if self.fault is not None:
                raise self.fault
        finally:
            self.running -= 1
        stacks = Stacks()
        main = stacks.frame(StackFrame("main"))
        stacks.add(1, 1, [main], 3)
        threads = stacks.threads()
        return Profile(
            profiler="fake", event="wall", frequency=1, started=0, duration=1, frames=stacks.frames,
            parents=stacks.parents, functions=stacks.functions, threads=[ProfileThread(1, 1)],
            counts=stacks.counts(threads), samples=3,
        )  # fmt: skip


@pytest.fixture
def machine(proc: FakeProc) -> FakeProc:
    for pid, container in ((10, ONE), (11, ONE), (12, TWO)):
        proc.write(f"{pid}/cgroup", SHOP.replace(b"%s", container.encode()).decode())
        proc.write(f"{pid}/status", "Name:\tx\nUid:\t1000\t1000\t1000\t1000\nVmSize:\t1 kB\n")
    proc.write("20/cgroup", "0::/system.slice/cron.service\n")
    proc.write("20/status", "Name:\tx\nUid:\t0\t0\t0\t0\nVmSize:\t1 kB\n")
    proc.write("20/stat", f"20 (a) b) S {' '.join(['0'] * 18)} 777 0\n")
    return proc


@pytest.fixture
async def rig(machine: FakeProc) -> AsyncIterator[tuple[Recordings, Fake, Told, Recorder]]:
    fake = Fake(ProfilerConfig(at_once=1, waiting=2), machine)
    recorder = Recorder(fake, PluginState(kind="profiler", name="fake"), str)
    recordings = Recordings({"fake": recorder}, machine, Workloads())
    recordings.open()
    yield recordings, fake, Told(), recorder
    await recordings.close()


Rig = tuple[Recordings, Fake, Told, Recorder]


def order(name: str, **changes: object) -> ProfileOrder:
    given: dict[str, object] = {"target": ProfileTarget(kind="workload", workload=UID), "duration": 2.0, **changes}
    return ProfileOrder(id=name, **given)  # type: ignore[arg-type]


async def test_a_recording_goes_from_queued_to_done(rig: Rig) -> None:
    recordings, fake, told, recorder = rig
    fake.go.set()
    recordings.start("fake", order("a"), told)
    assert await told.end("a") == "done"
    assert told.log["a"] == ["queued", "recording", "done"]
    assert (recorder.state.state, recorder.state.runs, recorder.state.rows) == ("ok", 1, 3)


@pytest.mark.parametrize(
    ("target", "pids"),
    [
        (ProfileTarget(kind="workload", workload=UID), (10, 11, 12)),
        (ProfileTarget(kind="container", workload=UID, container=TWO), (12,)),
        (ProfileTarget(kind="container", container=ONE), (10, 11)),
        (ProfileTarget(kind="workload", workload="cron.service"), (20,)),
        (ProfileTarget(kind="process", pid=20, start="777"), (20,)),
        (ProfileTarget(kind="node"), ()),
    ],
)
async def test_what_is_meant_is_found_when_it_begins(rig: Rig, target: ProfileTarget, pids: tuple[int, ...]) -> None:
    recordings, fake, told, _ = rig
    fake.go.set()
    recordings.start("fake", order("a", target=target), told)
    assert await told.end("a") == "done"
    assert [tuple(sorted(asked)) for asked in fake.asked] == [pids]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (ProfileTarget(kind="workload", workload="nobody"), "no process of this workload runs"),
        (ProfileTarget(kind="container", container="c"), "no process of this container runs"),
        (ProfileTarget(kind="process", pid=99), "process 99 is gone"),
        (ProfileTarget(kind="process", pid=20, start="778"), "another one has its number now"),
    ],
)
async def test_what_is_gone_is_told_and_nothing_is_recorded(rig: Rig, target: ProfileTarget, reason: str) -> None:
    recordings, fake, told, _ = rig
    recordings.start("fake", order("a", target=target), told)
    assert reason in await told.end("a")
    assert fake.asked == []


async def test_only_so_many_run_at_once_and_so_many_wait(rig: Rig) -> None:
    recordings, fake, told, _ = rig
    for name in "abcd":
        recordings.start("fake", order(name), told)
        await asyncio.sleep(0)
    assert "3 recordings are under way or waiting" in told.log["d"][-1]
    fake.go.set()
    assert [await told.end(name) for name in "abc"] == ["done"] * 3
    assert fake.most == 1


async def test_of_many_asked_for_at_once_twenty_wait_and_all_of_them_come_to_their_end(machine: FakeProc) -> None:
    fake, told = Fake(ProfilerConfig(at_once=2), machine), Told()
    recordings = Recordings(
        {"fake": Recorder(fake, PluginState(kind="profiler", name="fake"), str)}, machine, Workloads()
    )
    names = [f"r{number}" for number in range(23)]
    for name in names:
        recordings.start("fake", order(name), told)
        await asyncio.sleep(0)
    assert "22 recordings are under way or waiting" in told.log["r22"][-1]
    assert {told.log[name][0] for name in names[:22]} == {"queued"}
    await until(lambda: fake.running == 2)
    fake.go.set()
    assert [await told.end(name) for name in names[:22]] == ["done"] * 22
    assert fake.most == 2
    await recordings.close()


async def test_a_recording_that_waits_says_so_again_and_again(machine: FakeProc) -> None:
    fake, told = Fake(ProfilerConfig(at_once=1), machine), Told()
    recorder = Recorder(fake, PluginState(kind="profiler", name="fake"), str)
    recordings = Recordings({"fake": recorder}, machine, Workloads(), word=0.01)
    for name in "abc":
        recordings.start("fake", order(name), told)
    await until(lambda: all(told.log[name].count("queued") >= 3 for name in "bc"))
    fake.go.set()
    assert [await told.end(name) for name in "abc"] == ["done"] * 3
    await recordings.close()


async def test_a_recording_that_is_not_wanted_any_more_ends_and_makes_room(rig: Rig) -> None:
    recordings, fake, told, recorder = rig
    recordings.start("fake", order("a"), told)
    recordings.start("fake", order("b"), told)
    await asyncio.sleep(0.05)
    recordings.cancel("a")
    recordings.cancel("nobody")
    assert await told.end("a") == "cancelled: it was cancelled"
    fake.go.set()
    assert await told.end("b") == "done"
    assert recorder.state.failures == 0


@pytest.mark.parametrize("fault", [ProfileFailed("the kernel says no"), RuntimeError("the kernel says no")])
async def test_a_failure_is_told_with_its_reason_and_the_next_one_is_tried(rig: Rig, fault: Exception) -> None:
    recordings, fake, told, recorder = rig
    fake.fault = fault
    fake.go.set()
    recordings.start("fake", order("a"), told)
    assert "the kernel says no" in await told.end("a")
    assert (recorder.state.state, recorder.state.failures) == ("failing", 1)
    fake.fault = None
    recordings.start("fake", order("b"), told)
    assert await told.end("b") == "done"
    assert recorder.state.state == "ok"


async def test_a_profiler_that_cannot_work_here_says_why_and_is_tried_again(machine: FakeProc) -> None:
    fake = Fake(ProfilerConfig(), machine)
    fake.missing = "it needs PERFMON"
    fake.go.set()
    recorder = Recorder(fake, PluginState(kind="profiler", name="fake"), str)
    recordings, told = Recordings({"fake": recorder}, machine, Workloads()), Told()
    recordings.start("fake", order("a"), told)
    assert await told.end("a") == "failed: it needs PERFMON"
    fake.missing = ""
    recordings.start("fake", order("b"), told)
    assert await told.end("b") == "done"
    await recordings.close()


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("other", {}, "no profiler 'other' runs on this node; there is fake"),
        ("fake", {"duration": 0.5}, "duration: 1 to 600 s are allowed here, not 0.5"),
        ("fake", {"duration": 601.0}, "duration: 1 to 600 s"),
        ("fake", {"duration": float("nan")}, "duration: 1 to 600 s"),
        ("fake", {"frequency": 0}, "frequency: 1 to 999"),
        ("fake", {"frequency": 5000}, "frequency: 1 to 999"),
    ],
)
async def test_what_may_not_be_asked_is_refused(rig: Rig, name: str, changes: dict[str, object], reason: str) -> None:
    recordings, _, told, _ = rig
    recordings.start(name, order("a", **changes), told)
    assert reason in told.log["a"][-1]


async def test_all_recordings_end_with_the_agent(machine: FakeProc) -> None:
    fake = Fake(ProfilerConfig(), machine)
    recordings = Recordings(
        {"fake": Recorder(fake, PluginState(kind="profiler", name="fake"), str)}, machine, Workloads()
    )
    told = Told()
    recordings.start("fake", order("a"), told)
    await asyncio.sleep(0.05)
    await recordings.close()
    await recordings.close()
    assert fake.running == 0
    assert told.log["a"][-1].startswith("cancelled")


def test_stacks_share_what_they_have_in_common() -> None:
    stacks = Stacks()
    main, left, right = (stacks.frame(StackFrame(name)) for name in ("main", "left", "right"))
    stacks.add(1, 1, [main, left])
    stacks.add(1, 2, [main, right], 2)
    stacks.add(1, 1, [main, left])
    stacks.add(1, 1, [])
    threads = stacks.threads()
    profile = Profile(
        profiler="p", event="e", frequency=1, started=0, duration=1, frames=stacks.frames, parents=stacks.parents,
        functions=stacks.functions, threads=[], counts=stacks.counts(threads), samples=stacks.samples,
    )  # fmt: skip
    assert profile.parents == [-1, 0, 0]
    found = {tuple(frame.name for frame in stack_of(profile, c.stack)): c.samples for c in profile.counts}
    assert found == {("main", "left"): 2, ("main", "right"): 2}
    with pytest.raises(ValueError, match=r"counts\[0\]: no such thread"):
        check_profile(profile)
