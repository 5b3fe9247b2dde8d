"""The benchmark of alerts runs at a reduced size, and has every bar that is promised."""

from __future__ import annotations

from benchmarks.alerts import Size, judging, large
from benchmarks.alerts_past import past

SMALL = Size(rules=40, fleets=(1, 2), nodes=3, rounds=2)


def test_judging_is_measured_for_every_fleet() -> None:
    report = judging(SMALL)
    assert [figure.name for figure in report.figures][:2] == ["a round of 1 frame", "a round of 2 frames"]
    assert all(figure.value > 0 for figure in report.figures)
    assert [bar.name for bar in report.bars] == ["a round of 2 frames"]


def test_a_large_fleet_is_measured_with_alerts_and_without() -> None:
    report = large(SMALL)
    assert [bar.name for bar in report.bars] == [
        "nothing fires: share of a core",
        "10 alerts fire on each node: share of a core",
    ]


async def test_the_past_is_tried_out_whole() -> None:
    report = await past(2, 1)
    assert all(bar.held for bar in report.bars)
    assert len(report.bars) == 2
