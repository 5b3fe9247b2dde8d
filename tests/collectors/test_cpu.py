"""/proc/stat."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_collectors.cpu import CPU, CpuCollector, parse_stat
from gobs_core import Missing, ParseError
from tests.collectors.garbage import cut_everywhere, fixtures, mutated, parses_or_says_why
from tests.collectors.reading import collected, column, machine, named, read, started, tree
from tests.collectors.shown import derived_values

KERNEL = b"ctxt 7\nbtime 1700000000\nprocesses 9\nprocs_running 2\nprocs_blocked 1\nintr 300 1 2 3\n"
NAMES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice")


def test_there_is_a_row_for_all_cpus_and_one_for_each() -> None:
    rows = read(CpuCollector, machine("bare-vm"))["cpu"]
    assert [row["cpu"] for row in rows] == ["all", "0", "1"]
    assert column(rows, "cpu", "user") == {"all": 79998, "0": 40121, "1": 39877}
    assert column(rows, "cpu", "steal") == {"all": 197, "0": 96, "1": 101}


def test_the_columns_are_the_kernels_in_the_kernels_order() -> None:
    cpus, _ = parse_stat(b"cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\n")
    assert named(CPU, cpus)[1] == {"cpu": "0"} | {name: number for number, name in enumerate(NAMES, 1)}
    assert {CPU.column(name).scale for name in NAMES} == {0.01}


def test_what_a_newer_kernel_adds_is_left_alone() -> None:
    cpus, _ = parse_stat(b"cpu  1 2 3 4 5 6 7 8 9 10 11\nnew_thing 3\n")
    assert cpus == [("all", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)]


def test_what_an_older_kernel_does_not_tell_is_not_known() -> None:
    cpus, kernel = parse_stat(b"cpu  1 2 3 4\ncpu0 1 2 3 4 5 6 7\n")
    assert cpus == [("all", 1, 2, 3, 4, *[None] * 6), ("0", 1, 2, 3, 4, 5, 6, 7, None, None, None)]
    assert kernel == (None,) * 6


def test_the_kernels_own_counts_are_one_row_without_key(tmp_path: Path) -> None:
    proc = tree(tmp_path, {"proc/stat": b"cpu  1 2 3 4\n" + KERNEL})
    assert read(CpuCollector, proc)["kernel"] == [
        {"context_switches": 7, "forks": 9, "interrupts": 300, "running": 2, "blocked": 1, "boot_time": 1700000000}
    ]


def test_a_cpu_that_goes_offline_has_no_row_any_more(tmp_path: Path) -> None:
    proc = tree(tmp_path, {"proc/stat": b"cpu  5 0 0 5\ncpu0 3 0 0 2\ncpu1 2 0 0 3\n"})
    with proc:
        collector = started(CpuCollector, proc)
        assert len(collected(collector, proc)[0][1]) == 3
        (tmp_path / "proc/stat").write_bytes(b"cpu  6 0 0 5\ncpu0 4 0 0 2\n")
        assert [row[0] for row in collected(collector, proc)[0][1]] == ["all", "0"]


def derive(before: tuple[int, ...], after: tuple[int, ...]) -> dict[str, float]:
    return derived_values(CPU, ("0", *before), ("0", *after), seconds=1.0)


def test_busy_is_everything_but_idle_and_iowait() -> None:
    after = (10, 5, 8, 50, 20, 1, 2, 4, 0, 0)
    shown = derive((0,) * 10, after)
    assert shown["busy"] == pytest.approx(30)
    assert shown["iowait_percent"] == pytest.approx(20)
    assert shown["steal_percent"] == pytest.approx(4)


def test_a_guest_is_already_in_user_and_is_counted_once() -> None:
    shown = derive((0,) * 10, (50, 0, 0, 50, 0, 0, 0, 0, 40, 0))
    assert shown["busy"] == pytest.approx(50)
    assert shown["user_percent"] == pytest.approx(50)
    assert shown["guest_percent"] == pytest.approx(40)


def test_iowait_that_falls_is_a_gap() -> None:
    shown = derive((0, 0, 0, 0, 9, 0, 0, 0, 0, 0), (50, 0, 0, 50, 8, 0, 0, 0, 0, 0))
    assert math.isnan(shown["busy"])


@given(st.tuples(*[st.integers(0, 2**50)] * 8), st.tuples(*[st.integers(0, 10**6)] * 8))
def test_busy_stays_within_a_hundred_and_the_shares_add_up(before: tuple[int, ...], grown: tuple[int, ...]) -> None:
    guests = (0, 0)
    after = tuple(a + b for a, b in zip(before, grown, strict=True))
    shown = derive(before + guests, after + guests)
    if sum(grown):
        assert -1e-9 <= shown["busy"] <= 100 + 1e-9
        assert sum(shown[f"{name}_percent"] for name in NAMES[:8]) == pytest.approx(100)


def test_a_machine_without_the_file_has_no_data(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="stat"):
        read(CpuCollector, tree(tmp_path, {}))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", "at least one line"),
        (b"ctxt 7\n", "a line 'cpu' with the sum of all CPUs first"),
        (b"cpu0 1 2 3 4\n", "a line 'cpu' with the sum of all CPUs first"),
        (b"cpu  1 2 3\n", "'cpu' or 'cpuN' and at least four numbers"),
        (b"cpu  1 2 3 4\ncpux 1 2 3 4\n", "'cpu' or 'cpuN' and at least four numbers"),
        (b"cpu  1 2 -3 4\n", "times after cpu"),
        (b"cpu  1 2 3 4\nctxt\n", "a number after ctxt"),
        (b"cpu  1 2 3 4\nintr x\n", "a number after intr"),
    ],
)
def test_garbage_is_named_with_what_was_expected(raw: bytes, expected: str) -> None:
    with pytest.raises(ParseError, match=f"stat: expected {expected}, found"):
        parse_stat(raw)


@given(mutated(*fixtures("stat")))
def test_any_bytes_parse_or_raise_a_parse_error(raw: bytes) -> None:
    parses_or_says_why(parse_stat, raw, "stat")


@pytest.mark.parametrize("raw", fixtures("stat"))
def test_a_file_cut_off_inside_a_line_is_refused(raw: bytes) -> None:
    for part in cut_everywhere(raw):
        assert parses_or_says_why(parse_stat, part, "stat") is part.endswith(b"\n")


@given(st.lists(st.tuples(*[st.integers(0, 2**63 - 1)] * 10), min_size=1, max_size=4))
def test_what_a_kernel_writes_is_read_back(times: list[tuple[int, ...]]) -> None:
    names = ["cpu ", *(f"cpu{number}" for number in range(len(times) - 1))]
    text = "".join(f"{name} {' '.join(map(str, values))}\n" for name, values in zip(names, times, strict=True))
    cpus, _ = parse_stat(text.encode())
    assert [row[1:] for row in cpus] == times
