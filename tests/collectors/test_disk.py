"""/proc/diskstats, and which devices count."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_collectors.disk import DISKS, DiskCollector, fold_paths, parse_diskstats, whole_by_name
from gobs_core import Missing, ParseError
from tests.collectors.garbage import cut_everywhere, fixtures, mutated, parses_or_says_why
from tests.collectors.reading import collected, column, machine, read, started, tree
from tests.collectors.shown import derived_values, shown_value

NEW = b" 259       0 nvme0n1 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n"
COLUMNS = [column.name for column in DISKS.cells[2:]]


def numbers_of(raw: bytes, tmp_path: Path) -> list[object]:
    row = read(DiskCollector, tree(tmp_path, {"proc/diskstats": raw}))["disk"][0]
    return [row[name] for name in COLUMNS]


def test_the_columns_are_the_kernels_in_the_kernels_order() -> None:
    assert " ".join(COLUMNS) == (
        "reads read_merges read_bytes read_time writes write_merges write_bytes write_time in_flight busy_time "
        "weighted_time discards discard_merges discard_bytes discard_time flushes flush_time"
    )


def test_a_kernel_since_5_5_tells_everything(tmp_path: Path) -> None:
    assert numbers_of(NEW, tmp_path) == list(range(1, 18))


def test_a_kernel_since_4_18_tells_no_flushes(tmp_path: Path) -> None:
    raw = b"   8       0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n"
    assert numbers_of(raw, tmp_path) == [*range(1, 16), None, None]


def test_an_older_kernel_tells_no_discards(tmp_path: Path) -> None:
    raw = b"   8       0 sda 1 2 3 4 5 6 7 8 9 10 11\n"
    assert numbers_of(raw, tmp_path) == [*range(1, 12), *[None] * 6]


def test_what_a_kernel_is_too_old_to_tell_is_said_with_the_kernel_it_takes() -> None:
    with machine("docker-v1") as proc:
        collector = started(DiskCollector, proc)
        collected(collector, proc)
        assert collector.unknown() == {"disk.flushes": "needs Linux 5.5", "disk.flush_time": "needs Linux 5.5"}


def test_what_a_newer_kernel_adds_is_left_alone() -> None:
    assert parse_diskstats(NEW.replace(b" 17\n", b" 17 18 19\n")) == {"nvme0n1": list(range(1, 18))}


def test_sectors_are_shown_in_bytes_and_milliseconds_in_seconds() -> None:
    assert shown_value(DISKS, "read_bytes", 3) == 1536
    assert shown_value(DISKS, "busy_time", 10) == pytest.approx(0.01)


def test_utilisation_latency_and_queue_come_from_the_counters() -> None:
    before = ("sda", "disk", None, *[0] * 17)
    after = ("sda", "disk", None, 100, 0, 800, 250, 50, 0, 400, 500, 1, 2500, 10000, *[0] * 6)
    shown = derived_values(DISKS, before, after, seconds=5)
    assert shown["utilisation"] == pytest.approx(50)
    assert shown["read_latency"] == pytest.approx(0.0025)
    assert shown["write_latency"] == pytest.approx(0.01)
    assert shown["queue"] == pytest.approx(2)


def test_the_latency_of_a_disk_that_did_nothing_is_not_known() -> None:
    row = ("sda", "disk", None, *[7] * 17)
    shown = derived_values(DISKS, row, row, seconds=5)
    assert math.isnan(shown["read_latency"])
    assert shown["utilisation"] == 0


def rows(name: str) -> dict[object, dict[str, object]]:
    return {row["device"]: dict(row) for row in read(DiskCollector, machine(name))["disk"]}


def test_only_whole_devices_have_rows() -> None:
    assert list(rows("disks")) == [
        "nvme0n1", "nvme1n1", "nvme2n1", "nvme3n1", "sda", "sdb", "md127", "dm-0", "dm-1", "bcache0", "mmcblk0",
        "mmcblk0boot0", "cciss/c0d0", "sr0", "nbd0",
    ]  # fmt: skip


def test_no_byte_is_counted_twice() -> None:
    kinds = {name: row["kind"] for name, row in rows("disks").items()}
    stacked = {"md127", "dm-0", "dm-1", "bcache0"}
    assert {name for name, kind in kinds.items() if kind == "stacked"} == stacked
    assert {name for name, kind in kinds.items() if kind == "virtual"} == {"nbd0"}
    assert DISKS.total is not None
    assert DISKS.total.values == {"disk"}


def test_a_mapped_device_has_the_name_it_was_given() -> None:
    assert {name: row["name"] for name, row in rows("disks").items() if row["name"]} == {
        "dm-0": "luks-7d1e",
        "dm-1": "vg0-root",
    }


def test_a_multipath_disk_that_counts_for_itself_is_left_as_it_is() -> None:
    assert rows("disks")["nvme2n1"]["reads"] == 7000


def test_a_multipath_disk_that_counts_nothing_has_the_sum_of_its_paths() -> None:
    disk = rows("disks")["nvme1n1"]
    assert disk["reads"] == 5000 + 3000
    assert disk["busy_time"] is None  # the times of two paths overlap


def test_with_a_single_path_its_busy_time_is_the_disks() -> None:
    assert rows("disks")["nvme3n1"]["busy_time"] == 16000


def test_what_is_not_known_of_one_path_is_not_known_of_the_disk() -> None:
    paths: dict[str, list[int | None]] = {
        "nvme0c0n1": [1, None, *[3] * 9],
        "nvme0c1n1": [1, 2, *[3] * 9],
        "nvme0n1": [0] * 11,
    }
    assert fold_paths(paths)["nvme0n1"][:3] == [2, None, 6]


@pytest.mark.parametrize(
    ("names", "whole"),
    [
        ("sda sda1 sda2", "sda"),
        ("nvme0n1 nvme0n1p1 nvme0n1p12", "nvme0n1"),
        ("mmcblk0 mmcblk0p1 mmcblk0boot0 mmcblk0boot0p1", "mmcblk0 mmcblk0boot0"),
        ("vda vda1 vdb", "vda vdb"),
        ("xvda1 xvdb xvdb1", "xvda1 xvdb"),
        ("dm-1 dm-10 md1 md12 md127p1 md127", "dm-1 dm-10 md1 md12 md127"),
        ("sdp sdp1 sr0", "sdp sr0"),
        ("cciss/c0d0 cciss/c0d0p1", "cciss/c0d0"),
    ],
)
def test_partitions_are_told_by_name_where_sys_is_out_of_reach(names: str, whole: str) -> None:
    assert whole_by_name(names.split()) == whole.split()


def test_without_sys_kinds_are_told_by_name(tmp_path: Path) -> None:
    names = ("sda", "sda1", "dm-0", "md127", "bcache0", "loop0", "ram0", "zram0", "xvdf1")
    raw = b"".join(b"1 1 %s 1 2 3 4 5 6 7 8 9 10 11\n" % name.encode() for name in names)
    found = read(DiskCollector, tree(tmp_path, {"proc/diskstats": raw}))["disk"]
    expected = {"sda": "disk", "dm-0": "stacked", "md127": "stacked", "bcache0": "stacked", "xvdf1": "disk"}
    assert column(found, "device", "kind") == expected


def test_the_sys_of_another_machine_is_not_believed(tmp_path: Path) -> None:
    proc = tree(tmp_path, {"proc/diskstats": NEW, "sys/block/vda/device": "x"})
    assert column(read(DiskCollector, proc)["disk"], "device", "kind") == {"nvme0n1": "disk"}


def test_a_machine_without_disks_has_no_rows(tmp_path: Path) -> None:
    assert read(DiskCollector, tree(tmp_path, {"proc/diskstats": b""})) == {"disk": []}


def test_a_machine_without_the_file_has_no_data(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="diskstats"):
        read(DiskCollector, tree(tmp_path, {}))


def test_a_disk_that_is_plugged_in_gets_a_row(tmp_path: Path) -> None:
    with tree(tmp_path, {"proc/diskstats": NEW, "sys/block/nvme0n1/device": "x"}) as proc:
        collector = started(DiskCollector, proc)
        assert [row[0] for row in collected(collector, proc)[0][1]] == ["nvme0n1"]
        tree(tmp_path, {"proc/diskstats": NEW + NEW.replace(b"nvme0n1", b"sdq"), "sys/block/sdq/device": "y"})
        assert [row[:2] for row in collected(collector, proc)[0][1]] == [("nvme0n1", "disk"), ("sdq", "disk")]


def test_hostile_names_stay_what_they_are() -> None:
    found = rows("hostile")
    assert list(found) == ["md_a b<i>", "dm-0", "sda"]
    assert found["dm-0"]["name"] == "evil\x1b[31m\\xff<b>"


def test_a_number_that_the_kernel_let_fall_below_zero_is_not_known() -> None:
    assert rows("hostile")["sda"]["in_flight"] is None


@pytest.mark.parametrize(
    "raw", [b"\n", b"8 0 sda 1 2 3\n", b"8 x sda 1 2 3 4 5 6 7 8 9 10 11\n", b"8 0 sda 1 2 3 4 5 6 7 8 9 10 x\n"]
)
def test_garbage_is_named_with_what_was_expected(raw: bytes) -> None:
    with pytest.raises(
        ParseError, match="diskstats: expected two numbers, a device's name and at least 11 numbers, found"
    ):
        parse_diskstats(raw)


@given(mutated(NEW, *fixtures("diskstats")))
def test_any_bytes_parse_or_raise_a_parse_error(raw: bytes) -> None:
    parses_or_says_why(parse_diskstats, raw, "diskstats")


@pytest.mark.parametrize("raw", fixtures("diskstats"))
def test_a_file_cut_off_inside_a_line_is_refused(raw: bytes) -> None:
    for part in cut_everywhere(raw):
        assert parses_or_says_why(parse_diskstats, part, "diskstats") is (part.endswith(b"\n") or not part)


names = st.from_regex(r"[a-z][a-z0-9/-]{0,20}", fullmatch=True)
counts = st.lists(st.integers(0, 2**63 - 1), min_size=11, max_size=17)


@given(st.dictionaries(names, counts, max_size=5))
def test_what_a_kernel_writes_is_read_back(devices: dict[str, list[int]]) -> None:
    raw = "".join(
        f"{8:4} {n:7} {name} {' '.join(map(str, values))}\n" for n, (name, values) in enumerate(devices.items())
    )
    assert parse_diskstats(raw.encode()) == devices
