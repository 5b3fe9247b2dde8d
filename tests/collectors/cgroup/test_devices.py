"""One row for every block device that a container has used, by the name the table `disk` has it under."""

from __future__ import annotations

from gobs_core import ContainerInfo, WorkloadInfo
from gobs_core.testing import FakeProc
from tests.collectors.cgroup.reading import UID, A, B, Ticks, group, write
from tests.machines.groups import trees_1, trees_2, version_1, version_2

APP = ContainerInfo(name="app", id=A)
WEB = WorkloadInfo(id=UID, name="web-0", namespace="shop", owner="StatefulSet/web", containers=(APP,))
NUMBERS = ("read_bytes", "write_bytes", "reads", "writes")


def test_every_device_has_a_row_and_the_one_that_lies_on_another_counts_in_no_total(proc: FakeProc) -> None:
    write(proc, trees_2(), version_2(group(A), cpu=(1, 1), io=(4096, 8192)))
    with Ticks(proc) as ticks:
        ticks.workloads.told("kubernetes", [WEB])
        found = ticks.tick().devices
        assert {device: row["counted"] for (_, device), row in found.items()} == {"vda": "yes", "dm-1": "no"}
        row = found[A, "vda"]
        assert [row[name] for name in NUMBERS] == [4096, 8192, 1, 2]
        assert [row[name] for name in ("workload", "namespace", "pod", "name", "owner")] == [
            UID, "shop", "web-0", "app", "StatefulSet/web",
        ]  # fmt: skip
        assert ticks.containers[A]["read_bytes"] == 4096, "the sum over those that count"


def test_version_1_tells_of_devices_too(proc: FakeProc) -> None:
    write(proc, trees_1(), version_1(group(A), cpu=(1, 1), io=(4096, 8192)))
    with Ticks(proc).tick() as ticks:
        [row] = ticks.devices.values()
    assert [row[name] for name in ("device", "counted", *NUMBERS)] == ["8:0", "yes", 4096, 8192, 1, 2]
    assert (row["namespace"], row["name"]) == (None, None)


def test_what_of_version_1_is_not_there_is_not_known(proc: FakeProc) -> None:
    write(proc, trees_1(), version_1(group(A), cpu=(1, 1), io=(4096, 8192)))
    (proc.sys / "fs/cgroup/blkio" / group(A) / "blkio.throttle.io_serviced").unlink()
    with Ticks(proc).tick() as ticks:
        [row] = ticks.devices.values()
        assert [row[name] for name in NUMBERS] == [4096, 8192, None, None]
        assert "does not tell it" in ticks.collector.unknown()["container_io.reads"]


def test_memory_and_files_that_are_mounted_are_no_devices(proc: FakeProc) -> None:
    write(proc, trees_2(), version_2(group(A), cpu=(1, 1)))
    for number, name in (("7:0", "loop0"), ("1:0", "ram0"), ("251:0", "zram0")):
        write(
            proc,
            {
                f"devices/virtual/block/{name}/size": b"1\n",
                f"dev/block/{number}": f"../../devices/virtual/block/{name}",
            },
        )
    told = b"".join(b"%s rbytes=1 wbytes=1 rios=1 wios=1\n" % one for one in (b"7:0", b"1:0", b"251:0", b"253:0"))
    proc.write_sys(f"fs/cgroup/{group(A)}/io.stat", told + b"8:0 \n")
    with Ticks(proc).tick() as ticks:
        assert [device for _, device in ticks.devices] == ["vda"]


def test_a_container_that_used_none_has_no_row_and_one_that_cannot_be_read_neither(proc: FakeProc) -> None:
    write(proc, trees_2(), version_2(group(A), cpu=(1, 1)), version_2(group(B), cpu=(1, 1), io=(4096, 0)))
    with Ticks(proc).tick() as ticks:
        assert {container for container, _ in ticks.devices} == {B}
        proc.write_sys(f"fs/cgroup/{group(B)}/io.stat", b"garbage\n")
        assert ticks.tick().devices == {}
        assert ticks.containers[B]["read_bytes"] is None


def test_of_a_container_within_another_no_byte_counts_again(proc: FakeProc) -> None:
    write(proc, trees_2(), version_2(group(A), cpu=(9, 9), io=(4096, 0)))
    write(proc, version_2(f"{group(A)}/docker/{B}", cpu=(4, 4), io=(4096, 0)))
    with Ticks(proc).tick() as ticks:
        assert [ticks.devices[one, "vda"]["counted"] for one in (A, B)] == ["yes", "no"]
        _, table = ticks.collector.tables
        assert table.total is not None
        assert (table.total.column, table.total.values) == ("counted", frozenset({"yes"}))


def test_rows_of_devices_are_the_very_same_while_nothing_is_read_or_written(proc: FakeProc) -> None:
    write(proc, trees_2(), version_2(group(A), cpu=(1, 1), io=(4096, 0)), version_2(group(B), cpu=(1, 1), io=(1, 0)))
    with Ticks(proc) as ticks:
        ticks.workloads.told("kubernetes", [WEB])
        before = ticks.tick().tick().device_rows
        assert all(one is other for one, other in zip(ticks.tick().device_rows, before, strict=True))
        write(proc, version_2(group(B), cpu=(1, 1), io=(2, 0)))
        after = ticks.tick().device_rows
        assert [one is other for one, other in zip(after, before, strict=True)] == [True, True, False, False]
