"""The benchmark of pods by name runs at a reduced size, and its API server is asked for one list."""

from __future__ import annotations

import pytest

from benchmarks.accounting import groups_left
from benchmarks.kube import Size, measure


@pytest.mark.root
def test_every_cost_is_measured_and_nothing_is_listed_twice() -> None:
    report = measure(Size(pods=3, processes=2, ticks=1, warm=1, interval=1.0, lines=200))
    assert all(figure.value > 0 for figure in report.figures)
    bars = {bar.name: bar for bar in report.bars}
    assert bars.keys() == {"memory", "lists after the first"}
    assert bars["lists after the first"].held
    assert groups_left() == []
