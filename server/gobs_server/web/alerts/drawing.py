"""The picture of a preview: what the metric was like, when the rule would have fired, and the threshold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from gobs_core import Thresholds, Unit
from gobs_server.alerts.rules.rule import RuleFields
from gobs_server.alerts.trying.preview import Point, Preview
from gobs_server.web.format import clock, full
from gobs_server.web.text import visible

WIDTH, HEIGHT = 720, 180
_MOST_BANDS = 300


class Band(NamedTuple):
    """One time it would have fired."""

    x: float
    width: float
    what: str


class Mark(NamedTuple):
    """A threshold that is suggested."""

    what: str
    """Whether for a warning, or for something critical; empty: by what the values were."""
    value: str
    """As the form has it."""
    text: str
    operator: str
    y: float
    """How far below the top it is."""


class Picture(NamedTuple):
    """Everything that is drawn, in the frame's own units; values grow upwards."""

    areas: list[str]
    """Corners of what the metric was between, over all rows; a new one after each gap."""
    bands: list[Band]
    low: float
    high: float
    low_text: str
    high_text: str
    threshold: float | None
    """How far below the top it is."""
    clear: float | None
    marks: list[Mark]
    since: str
    until: str
    width: int = WIDTH
    height: int = HEIGHT


def draw(found: Preview, rule: RuleFields, unit: tuple[Unit, bool], suggested: Thresholds | None = None) -> Picture:
    """Draw a preview, from when something is known on. Times are the server's, in UTC."""
    asked = list(_suggestions(found, rule, suggested))
    step = (found.until - found.since) / max(found.steps, 1)
    since = max(found.since, found.curve[0].at - step) if found.curve else found.since
    limits = [float(one) for one in (rule.threshold, rule.clear_threshold) if isinstance(one, int | float)]
    marked = [value for _, value, _ in asked]
    low, high = _range([*limits, *marked, *(p.least for p in found.curve), *(p.most for p in found.curve)])
    span = max(found.until - since, 1e-9)

    def x(at: float) -> float:
        return round(WIDTH * max(at - since, 0.0) / span, 1)

    def y(value: float) -> float:
        return round(HEIGHT * (high - value) / (high - low), 1)

    bands = [
        Band(
            x(one.fired),
            max(1.5, round(x(one.resolved or found.until) - x(one.fired), 1)),
            visible(
                " ".join(filter(None, (one.labels.get("pod") or one.labels.get("name") or " ".join(one.key), one.node)))
            ),
        )
        for one in found.firings[:_MOST_BANDS]
    ]
    areas = [
        " ".join([f"{x(p.at)},{y(p.most)}" for p in part] + [f"{x(p.at)},{y(p.least) + 1:.1f}" for p in reversed(part)])
        for part in _parts(found.curve, 4 * step)
    ]
    kind, rate = unit
    return Picture(
        areas=areas,
        bands=bands,
        low=low,
        high=high,
        low_text=full(low, kind, rate),
        high_text=full(high, kind, rate),
        threshold=y(limits[0]) if limits else None,
        clear=y(limits[1]) if len(limits) > 1 else None,
        marks=[Mark(what, f"{value:.12g}", full(value, kind, rate), side, y(value)) for what, value, side in asked],
        since=clock(since),
        until=clock(found.until),
    )


def _suggestions(found: Preview, rule: RuleFields, suggested: Thresholds | None) -> Iterator[tuple[str, float, str]]:
    """What for, the value, and the operator: as the column's author says, then by what the values were."""
    if rule.threshold is None:
        return
    if suggested is not None:
        side = "<" if suggested.below else ">"
        if rule.operator in (side, f"{side}="):
            side = rule.operator
        for what, limit in (("warning", suggested.warning), ("critical", suggested.critical)):
            if limit is not None:
                yield what, float(limit), side
    if found.suggested is not None:
        yield "", found.suggested, rule.operator


def _range(values: Iterable[float]) -> tuple[float, float]:
    """From where to where: zero included unless something is below, with room above."""
    known = list(values) or [1.0]
    low, high = min(0.0, *known), max(known)
    return low, high + 0.1 * (high - low) if high > low else low + 1.0


def _parts(curve: Sequence[Point], gap: float) -> Iterator[list[Point]]:
    """The stretches without a gap."""
    part: list[Point] = []
    for point in curve:
        if part and point.at - part[-1].at > gap:
            yield part
            part = []
        part.append(point)
    if part:
        yield part
