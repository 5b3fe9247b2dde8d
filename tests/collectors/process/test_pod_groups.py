"""A pod's CPU time and memory are the kernel's own where its control group can be read, and jump nowhere else."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_collectors.process.pod_groups import cpu_time, working_set
from gobs_core.testing import FakeProc
from tests.collectors.process.reading import Ticks, write
from tests.collectors.process.written import INIT, Written

UID = "7f3c9a52-1d4e-4b6a-9c8d-0e1f2a3b4c5d"
INNER = "11111111-2222-4333-8444-555555555555"
A, B = "a" * 64, "b" * 64
SLICE = f"kubepods.slice/kubepods-pod{UID.replace('-', '_')}.slice"
APP = Written(101, cgroup=f"/{SLICE}/cri-containerd-{A}.scope")
TICK = 10_000


def version_2(proc: FakeProc, user: int, system: int, *, path: str = SLICE, used: int = 5000, cold: int = 1000) -> None:
    proc.write_sys("fs/cgroup/cgroup.controllers", "cpu io memory pids\n")
    stat = f"usage_usec {user + system}\nuser_usec {user}\nsystem_usec {system}\nnr_periods 0\n"
    proc.write_sys(f"fs/cgroup/{path}/cpu.stat", stat)
    proc.write_sys(f"fs/cgroup/{path}/memory.current", f"{used}\n")
    proc.write_sys(f"fs/cgroup/{path}/memory.stat", f"anon 1\nfile 2\ninactive_file {cold}\n")


def version_1(proc: FakeProc, user: int, system: int) -> None:
    for tree in ("cpuacct", "memory"):
        proc.write_sys(f"fs/cgroup/{tree}/cgroup.procs", "")
    for who, micro in (("user", user), ("sys", system)):
        proc.write_sys(f"fs/cgroup/cpuacct/{SLICE}/cpuacct.usage_{who}", f"{micro * 1000}\n")
    proc.write_sys(f"fs/cgroup/memory/{SLICE}/memory.usage_in_bytes", "5000\n")
    proc.write_sys(f"fs/cgroup/memory/{SLICE}/memory.stat", "inactive_file 1\ntotal_inactive_file 1000\n")


def shown(ticks: Ticks, uid: str = UID) -> tuple[object, ...]:
    row = ticks.pods()[uid]
    return row["cpu_source"], row["cpu_user"], row["cpu_system"], row["memory_working_set"]


@pytest.mark.parametrize("version", [version_1, version_2])
def test_cpu_time_and_memory_of_a_pod_are_those_of_its_control_group(proc: FakeProc, version: object) -> None:
    assert callable(version)
    write(proc, [INIT, APP])
    version(proc, 7_000_000, 3_000_000)
    with Ticks(proc).tick() as ticks:
        assert shown(ticks) == ("cgroup", 7_000_000, 3_000_000, 4000)
        version(proc, 7_000_500, 3_000_001)
        assert shown(ticks.tick()) == ("cgroup", 7_000_500, 3_000_001, 4000)
        assert ticks.pods()["init.scope"]["cpu_source"] == "processes"


def test_without_control_groups_it_is_the_sum_over_processes_and_why_is_said(proc: FakeProc) -> None:
    write(proc, [INIT, APP])
    with Ticks(proc).tick() as ticks:
        assert shown(ticks) == ("processes", 100 * TICK, 50 * TICK, None)
        assert "/sys" in ticks.collector.unknown()["pod.memory_working_set"]


def test_where_its_cpu_time_is_from_never_changes_to_the_group_later(proc: FakeProc) -> None:
    write(proc, [INIT, APP])
    proc.write_sys("fs/cgroup/cgroup.controllers", "cpu\n")
    with Ticks(proc).tick() as ticks:
        assert shown(ticks)[0] == "processes"
        version_2(proc, 900_000_000, 0)
        for _ in range(130):
            ticks.tick()
        assert shown(ticks)[:3] == ("processes", 100 * TICK, 50 * TICK), "a jump would be a spike"
        assert shown(ticks)[3] == 4000, "which memory is not: it is a level"


@pytest.mark.parametrize("spoilt", ["", "garbage", "usage_usec 5\nuser_usec 4\n", "user_usec 4\nsystem_usec 99", "-1"])
def test_a_group_that_does_not_tell_is_not_believed(proc: FakeProc, spoilt: str) -> None:
    write(proc, [INIT, APP])
    version_2(proc, 1, 1)
    proc.write_sys(f"fs/cgroup/{SLICE}/cpu.stat", spoilt)
    with Ticks(proc).tick() as ticks:
        assert shown(ticks)[:3] == ("processes", 100 * TICK, 50 * TICK)


def test_a_group_that_is_made_anew_is_counted_on(proc: FakeProc) -> None:
    write(proc, [INIT, APP])
    version_2(proc, 7_000_000, 3_000_000)
    with Ticks(proc).tick() as ticks:
        shutil.rmtree(proc.sys / "fs/cgroup" / SLICE)
        assert shown(ticks.tick())[:3] == ("cgroup", 7_000_000, 3_000_000)
        (proc.sys / "another inode").mkdir()
        version_2(proc, 10, 20)
        assert shown(ticks.tick())[1] in (7_000_010, 7_000_000), "added to what the one before had, or passed over"
        version_2(proc, 15, 20)
        assert shown(ticks.tick())[1] in (7_000_015, 7_000_005)


def test_a_pod_that_has_no_process_for_a_while_counts_nothing_twice(proc: FakeProc) -> None:
    write(proc, [INIT, APP])
    version_2(proc, 7_000_000, 3_000_000)
    with Ticks(proc).tick() as ticks:
        APP.end(proc)
        ticks.tick().tick()
        version_2(proc, 7_000_100, 3_000_000)
        APP.but(pid=102, start=5).write(proc)
        assert shown(ticks.tick()) == ("cgroup", 7_000_100, 3_000_000, 4000)


def test_a_pod_with_pods_within_is_the_sum_over_its_own_processes(proc: FakeProc) -> None:
    """A cluster in a pod: the outer group holds all of the inner pods, which have rows of their own."""
    write(proc, [INIT, APP])
    version_2(proc, 7_000_000, 3_000_000)
    inner = f"{SLICE}/cri-containerd-{A}.scope/kubelet.slice/kubelet-kubepods.slice"
    inner += f"/kubelet-kubepods-pod{INNER.replace('-', '_')}.slice"
    with Ticks(proc).tick() as ticks:
        assert shown(ticks)[:3] == ("cgroup", 7_000_000, 3_000_000)
        version_2(proc, 90_000_000, 3_000_000)
        version_2(proc, 80_000_000, 0, path=inner)
        Written(300, cgroup=f"/{inner}/cri-containerd-{B}.scope").write(proc)
        APP.but(utime=150).write(proc)
        ticks.tick()
        assert shown(ticks, INNER)[:2] == ("cgroup", 80_000_000)
        source, user, *_ = shown(ticks)
        assert source == "processes"
        assert user == 90_000_000, "it goes on from where it was"
        APP.but(utime=151).write(proc)
        version_2(proc, 190_000_000, 3_000_000)
        assert shown(ticks.tick())[1] == 90_000_000 + TICK


def test_the_files_of_a_pod_are_given_back_with_its_last_process(proc: FakeProc) -> None:
    write(proc, [INIT, APP])
    version_2(proc, 1, 1)
    with Ticks(proc).tick() as ticks:
        reader = ticks.collector._reader
        assert reader is not None
        assert reader.pods.groups._groups.keys() == {UID}
        APP.end(proc)
        ticks.tick().tick()
        assert not reader.pods.groups._groups


def test_memory_of_an_idle_pod_is_read_in_its_turn(proc: FakeProc) -> None:
    write(proc, [INIT, APP])
    version_2(proc, 1, 1)
    with Ticks(proc, full_every=4).tick() as ticks:
        proc.write_sys(f"fs/cgroup/{SLICE}/memory.current", "9000\n")
        for _ in range(4):
            ticks.tick()
        assert shown(ticks)[3] == 8000


@given(st.binary(max_size=120), st.binary(max_size=120))
def test_any_bytes_of_a_groups_files_are_numbers_or_not_known(one: bytes, other: bytes) -> None:
    for found in (*cpu_time([one]), *cpu_time([one, other]), working_set(one, other)):
        assert found is None or 0 <= found < 1 << 63
