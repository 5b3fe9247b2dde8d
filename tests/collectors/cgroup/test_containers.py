"""One row for every container: what its group counts beside what it is called, known or not known, never guessed."""

from __future__ import annotations

import shutil

import msgspec
import pytest

from gobs_core import ContainerInfo, Missing, WorkloadInfo
from gobs_core.descriptors import Descriptors
from gobs_core.testing import FakeProc
from tests.collectors.cgroup.reading import OTHER, POD, UID, A, B, C, Ticks, group, write
from tests.machines.groups import MIB, trees_1, trees_2, version_1, version_2
from tests.support.hostile import HOSTILE_NAMES

APP = ContainerInfo(
    name="app",
    id=A,
    image="registry.example.org/app:1.2.3",
    state="running",
    ready=True,
    restarts=2,
    last_reason="OOMKilled",
    last_exit_code=137,
    cpu_request=0.1,
    cpu_limit=0.5,
    memory_request=32 * MIB,
    memory_limit=64 * MIB,
    resources="cpu=100m/500m memory=32Mi/64Mi",
)
WEB = WorkloadInfo(id=UID, name="web-0", namespace="shop", owner="StatefulSet/web", containers=(APP,))


def test_a_container_of_version_2_is_told_with_all_its_files(proc: FakeProc) -> None:
    read = version_2(
        group(A), cpu=(500, 250), throttled=(10, 4, 900), cpu_max=b"50000 100000", memory=64 * MIB, limit=128 * MIB,
        events=(1, 2, 3, 4), io=(4096, 8192), pids=5, waits=400,
    )  # fmt: skip
    write(proc, trees_2(), read)
    with Ticks(proc).tick() as ticks:
        row = ticks.containers[A]
    assert {name: cell for name, cell in row.items() if cell is not None} == {
        "workload": UID, "container": A, "runtime": "containerd", "nested": "no",
        "cpu_usage": 750, "cpu_user": 500, "cpu_system": 250, "periods": 10, "throttled_periods": 4,
        "throttled_time": 900, "cpu_limit": 500, "memory": 64 * MIB, "anon": 32 * MIB, "file": 16 * MIB,
        "kernel": 4 * MIB, "working_set": 56 * MIB, "memory_limit": 128 * MIB, "oom": 3, "oom_kill": 4,
        "memory_high": 1, "memory_max": 2, "read_bytes": 4096, "write_bytes": 8192, "reads": 1, "writes": 2, "pids": 5,
        "pids_limit": 9321, "cpu_some": 400, "cpu_full": 200, "memory_some": 100, "memory_full": 50, "io_some": 200,
        "io_full": 100,
    }  # fmt: skip


def test_a_container_of_version_1_is_told_with_what_that_tells(proc: FakeProc) -> None:
    write(proc, trees_1(), version_1(group(A), cpu=(500, 250), quota=150_000, limit=64 * MIB, kills=2, io=(4096, 8192)))
    with Ticks(proc).tick() as ticks:
        row, unknown = ticks.containers[A], ticks.collector.unknown()
    assert (row["cpu_usage"], row["cpu_user"], row["cpu_system"], row["cpu_limit"]) == (750, 500, 250, 1500)
    assert (row["memory"], row["working_set"], row["memory_limit"]) == (8 * MIB, 7 * MIB, 64 * MIB)
    assert (row["oom_kill"], row["memory_max"], row["oom"], row["memory_high"]) == (2, 6, None, None)
    assert (row["read_bytes"], row["write_bytes"], row["reads"], row["writes"]) == (4096, 8192, 1, 2)
    assert row["cpu_some"] is None
    assert "version 1 do not tell it" in unknown["container.oom"]
    assert "only version 2" in unknown["container.cpu_some"]


def test_on_a_hybrid_machine_pressure_comes_from_the_tree_of_version_2(proc: FakeProc) -> None:
    write(proc, trees_1(), version_1(group(A), cpu=(5, 5)))
    two = version_2(group(A), cpu=(1, 1), waits=400)
    proc.write_sys("fs/cgroup/unified/cgroup.controllers", "")
    for path, content in two.items():
        if path.endswith(".pressure"):
            proc.write_sys(path.replace("fs/cgroup/", "fs/cgroup/unified/"), content)
    with Ticks(proc).tick() as ticks:
        row = ticks.containers[A]
    assert (row["cpu_usage"], row["cpu_some"]) == (10, 400)


def test_unlimited_is_not_known_and_never_a_huge_number(proc: FakeProc) -> None:
    write(proc, trees_2(), version_2(group(A), cpu=(1, 1)))
    with Ticks(proc).tick() as ticks:
        row = ticks.containers[A]
        assert (row["cpu_limit"], row["memory_limit"], row["pids_limit"]) == (None, None, None)
        assert ticks.collector.unknown()["container.memory_limit"] == "none is set"


def test_names_states_and_requests_come_from_the_inventory_and_limits_from_the_kernel(proc: FakeProc) -> None:
    write(proc, trees_2(), version_2(group(A), cpu=(1, 1), cpu_max=b"25000 100000"))
    with Ticks(proc) as ticks:
        ticks.workloads.told("kubernetes", [WEB])
        row = ticks.tick().containers[A]
    told = {
        "namespace": "shop", "pod": "web-0", "name": "app", "owner": "StatefulSet/web", "type": "container",
        "image": "registry.example.org/app:1.2.3", "state": "running", "reason": "", "last_reason": "OOMKilled",
        "ready": "yes", "resources": "cpu=100m/500m memory=32Mi/64Mi", "restarts": 2, "last_exit_code": 137,
        "cpu_request": 100, "memory_request": 32 * MIB,
        "cpu_limit": 250, "memory_limit": 64 * MIB,
    }  # fmt: skip
    assert {name: row[name] for name in told} == told


def test_a_container_that_never_ran_has_a_row_by_its_name_until_it_has_an_id(proc: FakeProc) -> None:
    write(proc, trees_2())
    waiting = msgspec.structs.replace(APP, id="", state="waiting", reason="ImagePullBackOff", ready=False)
    with Ticks(proc) as ticks:
        ticks.workloads.told("kubernetes", [msgspec.structs.replace(WEB, containers=(waiting,))])
        row = ticks.tick().containers["unstarted/app"]
        assert (row["name"], row["state"], row["reason"], row["ready"]) == ("app", "waiting", "ImagePullBackOff", "no")
        assert row["cpu_usage"] is None
        write(proc, version_2(group(A), cpu=(1, 1)))
        ticks.workloads.told("kubernetes", [WEB])
        assert list(ticks.tick().containers) == [A]


def test_a_container_that_ended_keeps_its_row_for_as_long_as_its_pod_tells_of_it(proc: FakeProc) -> None:
    write(proc, trees_2(), version_2(group(A), cpu=(7, 7)))
    with Ticks(proc) as ticks:
        ticks.workloads.told("kubernetes", [WEB])
        assert ticks.tick().containers[A]["cpu_usage"] == 14
        shutil.rmtree(proc.sys / "fs/cgroup" / group(A))
        ended = msgspec.structs.replace(APP, state="terminated", reason="Completed")
        ticks.workloads.told("kubernetes", [msgspec.structs.replace(WEB, containers=(ended,))])
        row = ticks.tick().containers[A]
        assert (row["state"], row["reason"], row["cpu_usage"]) == ("terminated", "Completed", None)
        ticks.workloads.told("kubernetes", [])
        assert ticks.tick().containers == {}


def test_what_a_pod_does_not_list_is_said_to_be_so(proc: FakeProc) -> None:
    write(proc, trees_2(), version_2(group(A), cpu=(1, 1)), version_2(group(B), cpu=(1, 1)))
    with Ticks(proc) as ticks:
        ticks.workloads.told("kubernetes", [WEB])
        row = ticks.tick().containers[B]
        assert (row["type"], row["pod"], row["name"]) == ("unlisted", "web-0", None)


def test_a_container_within_another_counts_in_no_total(proc: FakeProc) -> None:
    inner = f"{group(A)}/docker/{B}"
    write(proc, trees_2(), version_2(group(A), cpu=(9, 9)), version_2(inner, cpu=(4, 4)))
    with Ticks(proc).tick() as ticks:
        assert {key: row["nested"] for key, row in ticks.containers.items()} == {A: "no", B: "yes"}
        table, _ = ticks.collector.tables
        assert table.total is not None
        assert table.total.column == "nested"
        assert table.total.values == frozenset({"no"})


def test_of_two_groups_that_claim_to_be_one_container_the_outer_is_believed(proc: FakeProc) -> None:
    """Whoever may make groups within a container can call them what he likes."""
    fake = f"{group(B)}/{POD}/cri-containerd-{A}.scope"
    write(proc, trees_2(), version_2(fake, cpu=(999, 999)), version_2(group(A), cpu=(1, 1)))
    write(proc, version_2(group(B), cpu=(2, 2)))
    with Ticks(proc).tick() as ticks:
        assert ticks.containers[A]["cpu_usage"] == 2
        assert set(ticks.containers) == {A, B}


def test_what_others_do_to_an_idle_container_is_seen_at_once(proc: FakeProc) -> None:
    """Its pages are written to disk, and it waits for them, without its using any CPU time."""
    write(proc, trees_2(), version_2(group(A), cpu=(1, 1)))
    with Ticks(proc).tick().tick() as ticks:
        write(proc, version_2(group(A), cpu=(1, 1), io=(0, 4096), waits=50))
        row = ticks.tick().containers[A]
        assert (row["write_bytes"], row["io_some"]) == (4096, 25)


def test_memory_of_an_idle_container_and_its_limits_are_read_in_their_turn(proc: FakeProc) -> None:
    write(proc, trees_2(), version_2(group(A), cpu=(1, 1), memory=8 * MIB))
    with Ticks(proc, every=4).tick() as ticks:
        write(proc, version_2(group(A), cpu=(1, 1), memory=16 * MIB, limit=32 * MIB))
        seen = [ticks.tick().containers[A]["memory"] for _ in range(4)]
        assert 16 * MIB in seen
        assert ticks.containers[A]["memory_limit"] == 32 * MIB


def test_memory_of_a_container_that_ran_is_read_at_once(proc: FakeProc) -> None:
    write(proc, trees_2(), version_2(group(A), cpu=(1, 1), memory=8 * MIB))
    with Ticks(proc, every=700).tick().tick() as ticks:
        write(proc, version_2(group(A), cpu=(2, 1), memory=16 * MIB))
        assert ticks.tick().containers[A]["memory"] == 16 * MIB


def test_rows_are_the_very_same_while_nothing_changes(proc: FakeProc) -> None:
    write(proc, trees_2(), version_2(group(A), cpu=(1, 1)), version_2(group(B), cpu=(1, 1)))
    with Ticks(proc) as ticks:
        ticks.workloads.told("kubernetes", [WEB])
        before = ticks.tick().tick().rows
        assert all(one is other for one, other in zip(ticks.tick().rows, before, strict=True))
        write(proc, version_2(group(B), cpu=(2, 1)))
        after = ticks.tick().rows
        assert [one is other for one, other in zip(after, before, strict=True)] == [True, False]


def test_containers_come_and_go(proc: FakeProc) -> None:
    write(proc, trees_2(), version_2(group(A), cpu=(1, 1)))
    with Ticks(proc).tick() as ticks:
        write(proc, version_2(group(B), cpu=(1, 1)), version_2(f"system.slice/docker-{C}.scope", cpu=(3, 3)))
        assert set(ticks.tick().containers) == {A, B, C}
        assert ticks.containers[C]["workload"] == C
        assert ticks.containers[C]["runtime"] == "docker"
        shutil.rmtree(proc.sys / "fs/cgroup" / POD)
        assert set(ticks.tick().containers) == {C}


def test_a_group_that_may_not_be_read_is_unknown_and_not_zero(proc: FakeProc) -> None:
    write(proc, trees_2(), version_2(group(A), cpu=(1, 1), io=(4096, 0)))
    folder = proc.sys / "fs/cgroup" / group(A)
    for name in ("io.stat", "memory.stat", "cpu.pressure"):
        (folder / name).unlink()
    with Ticks(proc).tick() as ticks:
        row = ticks.containers[A]
    assert (row["read_bytes"], row["anon"], row["working_set"], row["cpu_some"]) == (None, None, None, None)
    assert row["cpu_usage"] == 2


@pytest.mark.parametrize("missing", ["usage_usec", "user_usec", "nr_throttled"])
def test_a_missing_line_costs_its_own_cell(proc: FakeProc, missing: str) -> None:
    write(proc, trees_2(), version_2(group(A), cpu=(1, 1)))
    path = proc.sys / "fs/cgroup" / group(A) / "cpu.stat"
    path.write_text("".join(line for line in path.read_text().splitlines(True) if not line.startswith(missing)))
    names = {"usage_usec": "cpu_usage", "user_usec": "cpu_user", "nr_throttled": "throttled_periods"}
    with Ticks(proc).tick() as ticks:
        row = ticks.containers[A]
    assert row[names[missing]] is None
    assert row["cpu_system"] == 1


def test_without_control_groups_there_is_no_data_unless_somebody_tells_of_containers(proc: FakeProc) -> None:
    with Ticks(proc) as ticks:
        with pytest.raises(Missing, match="mount the node's /sys"):
            ticks.tick()
        ticks.workloads.told("kubernetes", [WEB])
        row = ticks.tick().containers[A]
        assert (row["name"], row["cpu_usage"], row["cpu_limit"]) == ("app", None, 500)
        assert "mount the node's /sys" in ticks.collector.unknown()["container.cpu_usage"]
        write(proc, trees_2(), version_2(group(A), cpu=(1, 1)))
        assert ticks.tick().containers[A]["cpu_usage"] == 2, "found once it is mounted"


def test_containers_over_the_limit_are_left_out_and_said(proc: FakeProc) -> None:
    write(proc, trees_2(), *(version_2(group(one), cpu=(1, 1)) for one in (A, B, C)))
    with Ticks(proc, max_containers=2).tick() as ticks:
        assert len(ticks.containers) == 2
        assert "1 containers over max_containers = 2" in ticks.collector.unknown()["container.container"]


@pytest.mark.parametrize("limit", [0, 3])
def test_with_few_descriptors_every_container_is_read_all_the_same(proc: FakeProc, limit: int) -> None:
    write(proc, trees_2(), *(version_2(group(one), cpu=(1, 1)) for one in (A, B, C)))
    with Ticks(proc, descriptors=limit).tick() as ticks:
        write(proc, *(version_2(group(one), cpu=(2, 2)) for one in (A, B, C)))
        assert [row["cpu_usage"] for row in ticks.tick().containers.values()] == [4, 4, 4]


def test_descriptors_are_given_back_with_their_container(proc: FakeProc) -> None:
    write(proc, trees_2(), version_2(group(A), cpu=(1, 1)), version_2(group(B), cpu=(1, 1)))
    with Ticks(proc).tick() as ticks:
        reader = ticks.collector._reader
        assert reader is not None
        kept: Descriptors = reader._descriptors
        before = len(kept)
        shutil.rmtree(proc.sys / "fs/cgroup" / group(A))
        ticks.tick()
        assert len(kept) == before // 2
        ticks.collector.close()
        assert len(kept) == 0


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_hostile_name_is_a_cell_like_any_other(proc: FakeProc, name: str) -> None:
    write(proc, trees_2())
    one = ContainerInfo(
        name=name, image=name, reason=name, state=name, last_reason=name, resources=name, restarts=2**80,
        last_exit_code=-(2**80),
    )  # fmt: skip
    with Ticks(proc) as ticks:
        info = WorkloadInfo(id=OTHER, name=name, namespace=name, owner=name, containers=(one,))
        ticks.workloads.told("kubernetes", [info])
        [row] = ticks.tick().containers.values()
    assert str(row["name"])[:100] == name[:100]
    assert (row["restarts"], row["last_exit_code"]) == (None, None)
