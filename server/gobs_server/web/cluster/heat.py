"""How hot a number is: six levels, of a whole where it is a share, else of a round number no node is above."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from math import floor, isfinite, isnan, log10

import numpy as np

from gobs_core import Unit
from gobs_server.web.format import full
from gobs_server.web.headlines import HEADLINES, PLACES
from gobs_server.web.lists.sheet import Field, Numbers

_STEPS = (0.05, 0.25, 0.5, 0.75, 0.9)
"""Shares of the whole from which on the next level begins."""
LEVELS = len(_STEPS) + 1
UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Scale:
    """What tiles are coloured by. A value."""

    name: str
    label: str
    top: float
    """What counts as full."""
    unit: Unit = Unit.PERCENT
    rate: bool = False

    def level(self, value: float) -> int:
        """Return the level of a number, from 0; UNKNOWN where it is not known."""
        return UNKNOWN if isnan(value) else bisect_right(_STEPS, value / self.top)

    def legend(self) -> list[tuple[int, str]]:
        """Return each level with the number it begins at, as it is shown."""
        starts = [full(step * self.top, self.unit, self.rate) for step in _STEPS]
        return [(0, f"below {starts[0]}"), *((level, f"from {text}") for level, text in enumerate(starts, 1))]


def scale_of(name: str, values: Numbers) -> Scale:
    """Return the scale of a headline over all nodes; of CPU where there is no such headline."""
    headline = HEADLINES[PLACES.get(name, 0)]
    if headline.unit is Unit.PERCENT:
        return Scale(headline.name, headline.label, 100.0)
    column = values[:, PLACES[headline.name]]
    return Scale(headline.name, headline.label, _highest(column), headline.unit, headline.rate)


def scale_of_changes(name: str, values: Numbers) -> Scale:
    """Return the scale of by how much a headline has changed, up or down, of a round number above all."""
    headline = HEADLINES[PLACES.get(name, 0)]
    top = _highest(np.abs(values[:, PLACES[headline.name]]))
    return Scale(headline.name, f"{headline.label}, change", top, headline.unit, headline.rate)


def scale_over(field: Field, values: Numbers) -> Scale:
    """Return the scale of any number of any list: of a whole where all of it are shares of one."""
    highest = _highest(values)
    top = 100.0 if field.unit is Unit.PERCENT and highest <= 100 else highest
    return Scale(field.name, field.label, top, field.unit, field.rate)


def _highest(values: Numbers) -> float:
    """Return the next 1, 2 or 5 times a power of ten that none is above."""
    highest = float(values[np.isfinite(values)].max(initial=0.0))
    if highest <= 0:
        return 1.0
    power = 10.0 ** floor(log10(highest))
    round_ = next((step * power for step in (1.0, 2.0, 5.0) if step * power >= highest), 10.0 * power)
    return round_ if isfinite(round_) else highest
