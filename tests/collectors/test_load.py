"""/proc/loadavg."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_collectors.load import LoadCollector, parse_load
from gobs_core import Missing, ParseError
from gobs_core.testing import FakeProc, collect
from tests.collectors.garbage import cut_everywhere, fixtures, mutated, parses_or_says_why


def test_the_averages_and_the_tasks_are_read(proc: FakeProc) -> None:
    proc.write("loadavg", "0.21 10.37 128.00 3/719 19737\n")
    shown = {"load1": 0.21, "load5": 10.37, "load15": 128.0, "runnable": 3, "tasks": 719}
    assert collect(LoadCollector, proc) == {"load": [pytest.approx(shown)]}


def test_a_machine_without_the_file_has_no_data(proc: FakeProc) -> None:
    with pytest.raises(Missing, match="loadavg"):
        collect(LoadCollector, proc)


def test_garbage_is_named_with_what_was_expected() -> None:
    with pytest.raises(ParseError, match=r"loadavg: expected a line like '0\.21 .*, found b'nonsense'"):
        parse_load(b"nonsense")


@given(mutated(*fixtures("loadavg")))
def test_any_bytes_parse_or_raise_a_parse_error(raw: bytes) -> None:
    parses_or_says_why(parse_load, raw, "loadavg")


@pytest.mark.parametrize("raw", fixtures("loadavg"))
def test_a_file_cut_off_anywhere_is_refused(raw: bytes) -> None:
    assert not any(parses_or_says_why(parse_load, part, "loadavg") for part in cut_everywhere(raw))


hundredths = st.integers(0, 99_999_999)


@given(hundredths, hundredths, hundredths, st.integers(0, 4_000_000), st.integers(0, 4_000_000))
def test_what_a_kernel_writes_is_read_back(one: int, five: int, fifteen: int, runnable: int, tasks: int) -> None:
    averages = " ".join(f"{value // 100}.{value % 100:02d}" for value in (one, five, fifteen))
    assert parse_load(f"{averages} {runnable}/{tasks} 1\n".encode()) == (one, five, fifteen, runnable, tasks)
