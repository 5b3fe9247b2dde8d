"""How hot a number is."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest

from gobs_server.web.cluster.heat import LEVELS, UNKNOWN, Scale, scale_of
from gobs_server.web.headlines import HEADLINES, PLACES


def scale(name: str, *values: float) -> Scale:
    matrix = np.full((max(len(values), 1), len(HEADLINES) + 1), nan)
    for line, value in enumerate(values):
        matrix[line, PLACES.get(name, 0)] = value
    return scale_of(name, matrix)


@pytest.mark.parametrize(
    ("percent", "level"), [(0, 0), (4.9, 0), (5, 1), (25, 2), (50, 3), (75, 4), (90, 5), (250, 5), (-3, 0)]
)
def test_a_share_is_measured_by_its_whole(percent: float, level: int) -> None:
    assert scale("cpu", 3.0).level(percent) == level


def test_what_is_not_known_has_no_level() -> None:
    assert scale("cpu").level(nan) == UNKNOWN


@pytest.mark.parametrize(
    ("highest", "top"),
    [(0.0, 1.0), (-4.0, 1.0), (0.3, 0.5), (1.0, 1.0), (1.1, 2.0), (6.0, 10.0), (1e300, 1e300), (1.7e308, 1.7e308)],
)
def test_anything_else_by_a_round_number_nobody_is_above(highest: float, top: float) -> None:
    assert scale("load", highest, nan).top == pytest.approx(top)


def test_the_legend_says_where_each_level_begins() -> None:
    assert [text for _, text in scale("load", 8.0).legend()] == [
        "below 0.50", "from 0.50", "from 2.50", "from 5", "from 7.50", "from 9",
    ]  # fmt: skip
    assert len(scale("memory").legend()) == LEVELS


def test_a_headline_that_is_not_there_is_cpu() -> None:
    assert scale("nonsense", 1.0).name == "cpu"
