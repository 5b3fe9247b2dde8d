"""Thinning: lines with no more points than a chart has pixels for, that still touch every peak and keep every gap."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gobs_server.history.lines import Lines
from gobs_server.tables.values import Numbers, distinct

_Places: TypeAlias = NDArray[np.intp]


def thinned(lines: Lines, step: float, *, stacked: bool = False) -> Lines:
    """At most two points for every `step` seconds, which are counted from 1970, so that later points change none.

    Of more readings than two each line keeps its lowest and its highest value, in the order they came, at the times of
    the first and the last of the readings. `stacked` lines keep two readings as they were instead, those whose sum is
    lowest and highest, so that parts still add up to their whole. A moment at which nothing is known is always kept.
    """
    times, values = lines
    if not len(times) or not step > 0:
        return lines
    starts, counts = _groups(times, values, step)
    if counts.max() <= 2:
        return lines
    return _readings(lines, starts, counts) if stacked else _extremes(lines, starts, counts)


def _groups(times: Numbers, values: list[Numbers], step: float) -> tuple[_Places, _Places]:
    """Where each group of readings begins, and how many it has; one that is a gap stands alone."""
    gap: NDArray[np.bool_] = np.all(np.isnan(np.stack(values)), axis=0) if values else np.zeros(len(times), dtype=bool)
    new: NDArray[np.bool_] = np.diff(np.floor(times / step), prepend=-np.inf) != 0
    new[1:] |= gap[1:] | gap[:-1]
    starts = np.flatnonzero(new)
    return starts, np.diff(starts, append=len(times))


def _extremes(lines: Lines, starts: _Places, counts: _Places) -> Lines:
    ends = starts + counts - 1
    few = counts <= 2
    two = counts >= 2
    lasts = np.cumsum(1 + two) - 1
    firsts = lasts - two
    times = np.empty(lasts[-1] + 1)
    times[firsts], times[lasts] = lines.times[starts], lines.times[ends]
    found = []
    for line in lines.values:
        low, high = _order(line, starts, counts)
        one, other = np.where(few, starts, np.minimum(low, high)), np.where(few, ends, np.maximum(low, high))
        thin = np.empty(len(times))
        thin[firsts], thin[lasts] = line[one], line[other]
        found.append(thin)
    return Lines(times, found)


def _readings(lines: Lines, starts: _Places, counts: _Places) -> Lines:
    with np.errstate(all="ignore"):
        whole: Numbers = np.sum(lines.values, axis=0)
    low, high = _order(whole, starts, counts)
    few = counts <= 2
    ends = starts + counts - 1
    kept = distinct(np.concatenate((np.where(few, starts, low), np.where(few, ends, high))))
    return Lines(lines.times[kept], [line[kept] for line in lines.values])


def _order(line: Numbers, starts: _Places, counts: _Places) -> tuple[_Places, _Places]:
    """Where in each group its lowest and its highest value stand; what is not known counts as neither."""
    everywhere = np.arange(len(line))
    found = []
    for reduce in (np.fmin, np.fmax):
        best = np.repeat(reduce.reduceat(line, starts), counts)
        places = np.where(line == best, everywhere, len(line))
        place = np.minimum.reduceat(places, starts)
        found.append(np.where(place == len(line), starts, place))
    return found[0], found[1]
