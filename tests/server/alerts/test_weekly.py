"""Silences of every week: the same hours by the clock of a place, whatever that does."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from gobs_server.alerts.telling.silence import Silence, Weekly

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo | None = None) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone or UTC).timestamp()


def night(**more: object) -> Weekly:
    return Weekly(**{"days": ("sat",), "since": "22:00", "until": "06:00", "zone": "Europe/Berlin", **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("moment", "over"),
    [
        ("2026-01-03T21:59", None),
        ("2026-01-03T22:00", "2026-01-04T06:00"),
        ("2026-01-04T05:59", "2026-01-04T06:00"),
        ("2026-01-04T06:00", None),
        ("2026-01-04T22:30", None),
        ("2026-01-09T23:00", None),
        ("2026-01-10T23:00", "2026-01-11T06:00"),
    ],
)
def test_a_night_begins_on_its_day_and_ends_on_the_next(moment: str, over: str | None) -> None:
    assert night().until_when(at(moment, BERLIN)) == (None if over is None else at(over, BERLIN))


def test_the_night_in_which_clocks_are_set_has_the_same_hours_by_the_clock() -> None:
    spring, autumn = night(), night()
    assert spring.until_when(at("2026-03-28T22:00", BERLIN)) == at("2026-03-29T04:00")
    assert autumn.until_when(at("2026-10-24T22:00", BERLIN)) == at("2026-10-25T05:00")
    assert at("2026-03-29T04:00") - at("2026-03-28T21:00") == 7 * 3600
    assert at("2026-10-25T05:00") - at("2026-10-24T20:00") == 9 * 3600


def test_a_day_is_of_the_place_and_not_of_the_server() -> None:
    morning = Weekly(days=("mon",), since="08:00", until="09:00", zone="Pacific/Auckland")
    assert morning.until_when(at("2026-01-04T19:30")) == at("2026-01-04T20:00")
    assert morning.until_when(at("2026-01-05T08:30")) is None


def test_a_silence_of_every_week_holds_in_its_hours_until_it_is_ended() -> None:
    silence = Silence(id="x", weekly=night(), created=at("2026-01-01T00:00"))
    assert silence.holds(at("2026-01-03T23:00", BERLIN))
    assert silence.holds(at("2026-06-06T23:00", BERLIN))
    assert not silence.holds(at("2026-06-07T12:00", BERLIN))
    assert not Silence(id="x", weekly=night(), ended=1.0).holds(at("2026-01-03T23:00", BERLIN))
