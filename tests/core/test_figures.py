"""Numbers as `gobs collect` writes them for people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_core import Table, counter, derived, gauge, key
from gobs_core.cli.figures import LARGE, figure, number
from gobs_core.cli.readings import Result
from gobs_core.cli.show import show
from gobs_core.frame import Reading
from gobs_core.state import PluginState
from gobs_core.units import Unit


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (0.25, "0.25 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (-1536, "-1.5 KiB"),
        (2**20 - 1, "1.0 MiB"),
        (870715000.0, "830.4 MiB"),
        (16 * 2**30, "16.0 GiB"),
        (2**64, "16.0 EiB"),
        (2**80, "1048576.0 EiB"),
    ],
)
def test_bytes_have_binary_prefixes(value: float, text: str) -> None:
    assert figure(value, Unit.BYTES) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 s"),
        (0.0, "0 s"),
        (5e-7, "500 ns"),
        (0.000123456, "123.5 µs"),
        (0.0041, "4.1 ms"),
        (1, "1 s"),
        (12.345, "12.3 s"),
        (59.9, "59.9 s"),
        (60, "1m 0s"),
        (3599.9, "59m 59s"),
        (3660, "1h 1m"),
        (-90.0, "-1m 30s"),
        (10 * 86400 + 7200, "10d 2h"),
    ],
)
def test_seconds_are_a_duration(value: float, text: str) -> None:
    assert figure(value, Unit.SECONDS) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (870715000, "870715000"),
        (870715000.0, "870715000"),
        (8707150.25, "8707150"),
        (12345678901234567890, "12345678901234567890"),
        (0.5, "0.5"),
        (33.3333333, "33.3333"),
        (-0.00001, "-1e-05"),
        (1e300, "1e+300"),
    ],
)
def test_other_numbers_are_bare_and_whole_ones_have_no_exponent(value: float, text: str) -> None:
    assert figure(value, Unit.ITEMS) == number(value) == text


@given(st.integers() | st.floats(-LARGE, LARGE).map(round).map(float))
def test_no_whole_number_has_an_exponent(value: float) -> None:
    assert float(number(value)) == pytest.approx(float(value))
    assert "e" not in number(value)


@given(st.integers(-(2**63), 2**64) | st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(Unit))
def test_any_finite_value_of_any_unit_is_written(value: float, unit: Unit) -> None:
    assert figure(value, unit)


def test_the_header_names_the_unit_only_where_the_values_do_not(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table(
        "t",
        "Things",
        [
            key("id", "Which"),
            counter("read", "Read", Unit.BYTES),
            counter("busy", "Busy", Unit.SECONDS, scale=0.001),
            gauge("free", "Free", Unit.BYTES, scale=1024),
            gauge("hot", "Hot", Unit.CELSIUS),
            derived("used", "Used", "1000000000 - free", Unit.BYTES),
        ],
    )
    before = Reading(table, (("a", 0, 0, 1, 20.5),), 0)
    after = Reading(table, (("a", 3 * 2**20, 250, 126255, None),), 2_000_000_000)
    state = PluginState(kind="collector", name="t")
    show([Result(state, (before,), (after,))], as_json=False)
    show([Result(state, (), (after,))], as_json=False)
    rates, levels = capsys.readouterr().out.split("\n\n")[:2]
    assert [line.split(maxsplit=1) for line in rates.splitlines()[2:]] == [
        ["read", "1.5 MiB/s"],
        ["busy", "%       12.5"],
        ["free", "123.3 MiB"],
        ["hot", "°C          -"],
        ["used", "830.4 MiB"],
    ]
    assert "  read      3.0 MiB" in levels
    assert "  busy       250 ms" in levels
