"""/proc/meminfo."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_collectors.memory import MEMORY, MemoryCollector, parse_meminfo
from gobs_core import Missing, ParseError
from tests.collectors.garbage import cut_everywhere, fixtures, mutated, parses_or_says_why
from tests.collectors.reading import read, tree
from tests.collectors.shown import derived_values, shown_value

FIELDS = {
    "MemTotal": "total",
    "MemFree": "free",
    "MemAvailable": "available",
    "Buffers": "buffers",
    "Cached": "cached",
    "SwapCached": "swap_cached",
    "SwapTotal": "swap_total",
    "SwapFree": "swap_free",
    "Slab": "slab",
    "Dirty": "dirty",
    "Writeback": "writeback",
}
RHEL8 = b"""\
MemTotal:        3880192 kB
MemFree:         1204416 kB
MemAvailable:    2801664 kB
Buffers:            2100 kB
Cached:          1650004 kB
SwapCached:            8 kB
Active(anon):     300000 kB
SwapTotal:       2097148 kB
SwapFree:        2000124 kB
Dirty:               412 kB
Writeback:            16 kB
Slab:             150324 kB
HugePages_Total:       0
DirectMap1G:           0 kB
"""


def test_every_field_is_kept_in_kib_and_shown_in_bytes(tmp_path: Path) -> None:
    row = read(MemoryCollector, tree(tmp_path, {"proc/meminfo": RHEL8}))["memory"][0]
    assert row == {
        "total": 3880192, "free": 1204416, "available": 2801664, "buffers": 2100, "cached": 1650004, "swap_cached": 8,
        "swap_total": 2097148, "swap_free": 2000124, "slab": 150324, "dirty": 412, "writeback": 16,
    }  # fmt: skip
    assert shown_value(MEMORY, "total", row["total"]) == 3880192 * 1024


def test_used_is_what_is_not_available() -> None:
    shown = derived_values(MEMORY, None, parse_meminfo(RHEL8), seconds=5)
    assert shown["used"] == (3880192 - 2801664) * 1024
    assert shown["used_percent"] == pytest.approx(27.7957482)
    assert shown["swap_used"] == (2097148 - 2000124) * 1024
    assert shown["swap_used_percent"] == pytest.approx(4.6264736)


def test_without_mem_available_nothing_is_guessed() -> None:
    row = parse_meminfo(b"MemTotal:  100 kB\nMemFree:  40 kB\nCached:  30 kB\n")
    assert row == (100, 40, None, None, 30, None, None, None, None, None, None)
    shown = derived_values(MEMORY, None, row, seconds=5)
    assert all(map(math.isnan, shown.values()))


def test_the_share_of_swap_is_not_known_without_swap() -> None:
    raw = b"MemTotal: 100 kB\nMemAvailable: 40 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n"
    shown = derived_values(MEMORY, None, parse_meminfo(raw), seconds=5)
    assert shown["swap_used"] == 0
    assert math.isnan(shown["swap_used_percent"])


def test_a_machine_without_the_file_has_no_data(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="meminfo"):
        read(MemoryCollector, tree(tmp_path, {}))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", "at least one line"),
        (b"MemFree: 1 kB\n", "a line 'MemTotal: … kB'"),
        (b"MemTotal: 1\n", "a number of kB after MemTotal:"),
        (b"MemTotal: 1 MB\n", "a number of kB after MemTotal:"),
        (b"MemTotal: -1 kB\n", "a number after MemTotal:"),
        (b"MemTotal: 1_0 kB\n", "a number after MemTotal:"),
        (b"MemTotal: " + b"9" * 5000 + b" kB\n", "a number after MemTotal:"),
    ],
)
def test_garbage_is_named_with_what_was_expected(raw: bytes, expected: str) -> None:
    with pytest.raises(ParseError, match=f"meminfo: expected {expected}, found"):
        parse_meminfo(raw)


@given(mutated(RHEL8))
def test_any_bytes_parse_or_raise_a_parse_error(raw: bytes) -> None:
    parses_or_says_why(parse_meminfo, raw, "meminfo")


@pytest.mark.parametrize("raw", [RHEL8, *fixtures("meminfo")])
def test_a_file_cut_off_inside_a_line_is_refused(raw: bytes) -> None:
    for part in cut_everywhere(raw):
        assert parses_or_says_why(parse_meminfo, part, "meminfo") is part.endswith(b"\n")


@given(st.lists(st.integers(0, 2**54), min_size=len(FIELDS), max_size=len(FIELDS)))
def test_what_a_kernel_writes_is_read_back(values: list[int]) -> None:
    text = "".join(f"{name + ':':16}{value:8} kB\n" for name, value in zip(FIELDS, values, strict=True))
    assert parse_meminfo(text.encode()) == tuple(values)
    assert [column.name for column in MEMORY.stored] == list(FIELDS.values())
