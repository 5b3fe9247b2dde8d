"""Suggested thresholds: part of the declaration, refused where they cannot be, and said with their unit."""

from __future__ import annotations

import pytest

from gobs_core import Column, DeclarationError, Kind, Table, Thresholds, Unit, counter, derived, gauge


@pytest.mark.parametrize(
    ("thresholds", "fault"),
    [
        (Thresholds(), "thresholds are one or two finite numbers"),
        (Thresholds(float("nan")), "thresholds are one or two finite numbers"),
        (Thresholds(1, float("inf")), "thresholds are one or two finite numbers"),
        (Thresholds("80"), "thresholds are one or two finite numbers"),  # type: ignore[arg-type]
        (Thresholds(95, 80), "the critical threshold 80 is not above the warning 95"),
        (Thresholds(80, 80), "the critical threshold 80 is not above the warning 80"),
        (Thresholds(10, 20, below=True), "the critical threshold 20 is not below the warning 10"),
    ],
)
def test_what_can_be_no_limit_is_refused_with_its_column(thresholds: Thresholds, fault: str) -> None:
    with pytest.raises(DeclarationError) as refused:
        Table("t", "A table", [gauge("level", "A level", thresholds=thresholds)])
    assert str(refused.value) == f"table 't', column 'level': {fault}"


def test_a_text_has_none() -> None:
    with pytest.raises(DeclarationError, match="only numeric columns have thresholds"):
        Table("t", "A table", [Column("name", Kind.INFO, "A name", thresholds=Thresholds(1)), gauge("a", "A")])


def test_they_are_said_in_the_unit_that_is_shown() -> None:
    used = derived("used", "Share", "level / 2", Unit.PERCENT, thresholds=Thresholds(80, 95.5))
    assert used.suggested == "warning above 80 %, critical above 95.5 %"
    assert counter("read", "Read", Unit.BYTES, thresholds=Thresholds(5)).suggested == "warning above 5 B/s"
    assert gauge("free", "Free", thresholds=Thresholds(None, 3, below=True)).suggested == "critical below 3"
    assert gauge("plain", "Plain").suggested == ""
