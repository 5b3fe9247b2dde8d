"""/proc/pressure/*."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_collectors.pressure import PRESSURE, PressureCollector, parse_pressure
from gobs_core import Missing, ParseError, Proc
from gobs_core.proc import outcome
from tests.collectors.garbage import cut_everywhere, fixtures, mutated, parses_or_says_why
from tests.collectors.reading import column, machine, read, tree

SOME = b"some avg10=0.41 avg60=1.97 avg300=100.00 total=5098781\n"
FULL = b"full avg10=0.00 avg60=0.01 avg300=0.10 total=7\n"
FILES = [raw for name in ("cpu", "memory", "io", "irq") for raw in fixtures(f"pressure/{name}")]


def parse(raw: bytes) -> object:
    return parse_pressure(raw, "pressure/io")


def test_shares_are_hundredths_of_a_percent_and_totals_microseconds() -> None:
    assert parse(SOME + FULL) == (41, 197, 10000, 5098781, 0, 1, 10, 7)
    assert PRESSURE.column("some_avg10").scale == 0.01
    assert PRESSURE.column("some_total").scale == 1e-6


def test_full_is_not_known_of_the_cpu_before_linux_5_13() -> None:
    rows = read(PressureCollector, machine("docker-v1"))["pressure"]
    assert column(rows, "resource", "full_total") == {"cpu": None, "memory": 2991, "io": 8973}


def test_some_is_not_known_of_interrupts() -> None:
    rows = read(PressureCollector, machine("containerd-v2"))["pressure"]
    assert column(rows, "resource", "some_total") == {"cpu": 139580, "memory": 19940, "io": 99700, "irq": None}
    assert column(rows, "resource", "full_total")["irq"] == 39880


def test_a_kernel_without_pressure_has_no_data_and_says_what_it_takes(tmp_path: Path) -> None:
    with pytest.raises(Missing, match=r"needs Linux 4\.20 with CONFIG_PSI, booted with psi=1"):
        read(PressureCollector, tree(tmp_path, {}))


class SwitchedOff(Proc):
    """Some kernels built with PSI and booted with psi=0 have the files, and refuse to read them."""

    def read(self, path: str) -> bytes:
        raise outcome(OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP)), path)


def test_a_kernel_with_pressure_switched_off_has_no_data(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="psi=1"):
        read(PressureCollector, SwitchedOff(tmp_path))


def test_garbage_is_named_with_its_own_file(tmp_path: Path) -> None:
    proc = tree(tmp_path, {"proc/pressure/cpu": SOME, "proc/pressure/io": b"some avg10=x\n"})
    with pytest.raises(ParseError, match="pressure/io: expected lines like 'some avg10"):
        read(PressureCollector, proc)


@given(mutated(SOME, FULL, SOME + FULL))
def test_any_bytes_parse_or_raise_a_parse_error(raw: bytes) -> None:
    parses_or_says_why(parse, raw, "pressure/io")


@pytest.mark.parametrize("raw", FILES)
def test_a_file_cut_off_inside_a_line_is_refused(raw: bytes) -> None:
    for part in cut_everywhere(raw):
        assert parses_or_says_why(parse, part, "pressure/io") is part.endswith(b"\n")


shares = st.tuples(*[st.integers(0, 10000)] * 3, st.integers(0, 10**18 - 1))


@given(shares, shares)
def test_what_a_kernel_writes_is_read_back(some: tuple[int, ...], full: tuple[int, ...]) -> None:
    text = ""
    for who, values in (("some", some), ("full", full)):
        averages = [f"{value // 100}.{value % 100:02d}" for value in values[:3]]
        text += f"{who} avg10={averages[0]} avg60={averages[1]} avg300={averages[2]} total={values[3]}\n"
    assert parse(text.encode()) == (*some, *full)
