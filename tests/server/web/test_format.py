"""How values look."""

from __future__ import annotations

from math import inf, isnan, nan

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gobs_core import Unit
from gobs_server.web.format import UNKNOWN, cell, clock, duration, exact, full, stamp


@pytest.mark.parametrize(
    ("value", "unit", "rate", "in_a_column", "alone"),
    [
        (0, Unit.BYTES, False, "0 B", "0 B"),
        (1023, Unit.BYTES, False, "1023 B", "1023 B"),
        (1024, Unit.BYTES, False, "1.0 KiB", "1.0 KiB"),
        (1_048_575, Unit.BYTES, False, "1.0 MiB", "1.0 MiB"),
        (16 << 30, Unit.BYTES, False, "16.0 GiB", "16.0 GiB"),
        (-2048, Unit.BYTES, False, "-2.0 KiB", "-2.0 KiB"),
        (1536, Unit.BYTES, True, "1.5 KiB/s", "1.5 KiB/s"),
        (37.46, Unit.PERCENT, False, "37.5", "37.5 %"),
        (0, Unit.PERCENT, False, "0.0", "0.0 %"),
        (0.01, Unit.PERCENT, False, "<0.1", "<0.1 %"),
        (150, Unit.PERCENT, False, "150.0", "150.0 %"),
        (-3.5, Unit.PERCENT, False, "-3.5", "-3.5 %"),
        (99.94, Unit.PERCENT, False, "99.9", "99.9 %"),
        (99.987, Unit.PERCENT, False, "99.99", "99.99 %"),
        (99.99999, Unit.PERCENT, False, "99.99", "99.99 %"),
        (-99.987, Unit.PERCENT, False, "-99.99", "-99.99 %"),
        (100, Unit.PERCENT, False, "100.0", "100.0 %"),
        (0.99987, Unit.SECONDS, True, "99.99", "99.99 %"),
        (0.5, Unit.SECONDS, True, "50.0", "50.0 %"),
        (0.25, Unit.SECONDS, False, "250 ms", "250 ms"),
        (0, Unit.SECONDS, False, "0 s", "0 s"),
        (1.5, Unit.NONE, False, "1.50", "1.50"),
        (0.05, Unit.NONE, False, "0.05", "0.05"),
        (1_795_437_571, Unit.NONE, False, "1,795,437,571", "1,795,437,571"),
        (12_345, Unit.OPERATIONS, True, "12.3k", "12.3 kop/s"),
        (9_999, Unit.OPERATIONS, True, "9999", "9999 op/s"),
        (4_401.2, Unit.EVENTS, True, "4401", "4401/s"),
        (2_500_000, Unit.EVENTS, True, "2.50M", "2.50 M/s"),
        (7, Unit.ITEMS, False, "7", "7"),
        (71.5, Unit.CELSIUS, False, "71.5", "71.5 °C"),
        (12.0, Unit.JOULES, True, "12", "12 W"),
        (1e300, Unit.BYTES, False, "1e+300", "1e+300 B"),
        (nan, Unit.BYTES, True, UNKNOWN, UNKNOWN),
        (nan, Unit.PERCENT, False, UNKNOWN, UNKNOWN),
    ],
)
def test_a_value_looks_as_people_write_it(value: float, unit: Unit, rate: bool, in_a_column: str, alone: str) -> None:
    assert (cell(value, unit, rate), full(value, unit, rate)) == (in_a_column, alone)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3e-7, "300 ns"),
        (4.2e-5, "42 µs"),
        (0.0034, "3.40 ms"),
        (5, "5 s"),
        (12.34, "12.3 s"),
        (61, "1 min 1 s"),
        (600, "10 min"),
        (7200, "2 h"),
        (3600 * 3 + 60 * 12, "3 h 12 min"),
        (86400 * 4 + 7200, "4 d 2 h"),
        (-90, "-1 min 30 s"),
    ],
)
def test_a_span_of_time_has_its_two_largest_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_exact_value_has_every_digit() -> None:
    assert exact(1_234_567, Unit.BYTES) == "1,234,567 B"
    assert exact(0.5, Unit.SECONDS, rate=True) == "50 %"
    assert exact(nan, Unit.BYTES) == "not known"
    assert exact(inf, Unit.NONE) == "inf"


@example(value=inf, unit=Unit.BYTES, rate=False)
@example(value=-inf, unit=Unit.SECONDS, rate=False)
@given(st.floats(), st.sampled_from(list(Unit)), st.booleans())
def test_any_number_has_a_short_text_and_only_what_is_not_known_has_the_dash(
    value: float, unit: Unit, rate: bool
) -> None:
    shown = full(value, unit, rate)
    assert 0 < len(shown) < 40
    assert (shown == UNKNOWN) == isnan(value)
    assert exact(value, unit, rate)


@given(st.floats())
def test_any_moment_has_a_text(wall: float) -> None:
    assert clock(wall)
    assert isinstance(stamp(wall), str)
