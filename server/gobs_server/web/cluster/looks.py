"""What a card, a row and a tile show of a node: its numbers as texts, with what they were rounded from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gobs_core import Unit
from gobs_server.live import Live, Node
from gobs_server.web.cluster.board import CPUS
from gobs_server.web.cluster.heat import Scale
from gobs_server.web.cluster.trends import Trends
from gobs_server.web.format import cell, exact, full
from gobs_server.web.headlines import HEADLINES, PLACES, SHARES, Value, bar, shown, why_unknown
from gobs_server.web.states import attention, meaning

_ON_CARDS = (
    *("cpu", "memory", "memory_used", "net_in", "net_out", "disk_read", "disk_write", "load"),
    *("cpu_pressure", "memory_pressure", "io_pressure"),
)
_MEMORY = (("memory_used", "used"), ("memory_free", "free"), ("memory_total", "total"))
Line = list[float]
"""The values of one node, as a board has them."""


class Face(NamedTuple):
    """What of a node is the same for as long as it is known."""

    id: str
    segment: str
    name: str


class Seen(NamedTuple):
    """One node, ready to be shown."""

    face: Face
    node: Node
    meaning: str
    attention: int
    values: dict[str, Value]
    cpus: str
    trends: dict[str, str]


class Card(NamedTuple):
    """What a card shows besides."""

    seen: Seen
    shares: list[tuple[str, float, float]]
    """Of each part of the CPUs' time its name, where it begins in the bar, and how long it is; in percent."""
    told: str
    """The same in words."""
    memory: str
    """What memory is used for, in words."""
    total: str
    """How much memory there is."""


class Tile(NamedTuple):
    """What a tile shows."""

    face: Face
    state: str
    text: str
    heat: int
    told: str
    """All of it in words: escaping one text costs less than four."""


def cards(
    live: Live, faces: Sequence[Face], nodes: Sequence[Node], lines: Sequence[Line], trends: Trends
) -> list[Card]:
    """Return nodes as cards show them."""
    some = _seen(live, faces, nodes, lines, trends, _ON_CARDS, alone=True)
    return [Card(seen, *told_of(line)) for seen, line in zip(some, lines, strict=True)]


def told_of(line: Line) -> tuple[list[tuple[str, float, float]], str, str, str]:
    """Return the bar of a node's CPUs and what it says, what its memory is used for, and how much of it there is."""
    return (
        _shares(line),
        ", ".join([f"{name} {_text(line, name)}" for name in SHARES]),
        ", ".join([f"{word} {_text(line, name)}" for name, word in _MEMORY]),
        _text(line, "memory_total"),
    )


def rows(live: Live, faces: Sequence[Face], nodes: Sequence[Node], lines: Sequence[Line], trends: Trends) -> list[Seen]:
    """Return nodes as a table shows them."""
    return _seen(live, faces, nodes, lines, trends, tuple(PLACES), alone=False)


def tiles(faces: Sequence[Face], nodes: Sequence[Node], lines: Sequence[Line], scale: Scale) -> list[Tile]:
    """Return nodes as a heat map shows them."""
    place = PLACES[scale.name]
    unit, rate = HEADLINES[place].unit, HEADLINES[place].rate
    each = [(face, node.state, line[place]) for face, node, line in zip(faces, nodes, lines, strict=True)]
    return [
        tile(face, state, value, (cell(value, unit, rate), exact(value, unit, rate)), scale)
        for face, state, value in each
    ]


def tile(face: Face, state: str, value: float, texts: tuple[str, str], scale: Scale) -> Tile:
    """Return a tile of a number, which is shown and told exactly in these `texts`."""
    return Tile(face, state, texts[0], scale.level(value), f"{face.name}: {scale.label} {texts[1]}, {state}")


def _seen(
    live: Live,
    faces: Sequence[Face],
    nodes: Sequence[Node],
    lines: Sequence[Line],
    trends: Trends,
    names: Sequence[str],
    *,
    alone: bool,
) -> list[Seen]:
    drawn = trends.drawn([node.name for node in nodes])
    each = zip(faces, nodes, lines, drawn, strict=True)
    return [
        Seen(
            face,
            node,
            meaning(node),
            attention(node),
            {name: _value(live, node, line, name, alone=alone) for name in names},
            cell(line[CPUS], Unit.ITEMS),
            trend,
        )
        for face, node, line, trend in each
    ]


def _value(live: Live, node: Node, line: Line, name: str, *, alone: bool) -> Value:
    place = PLACES[name]
    value, headline = line[place], HEADLINES[place]
    unknown = value != value  # noqa: PLR0124  NaN
    return shown(headline, value, why_unknown(live, node, headline) if unknown else "", alone=alone)


def _text(line: Line, name: str) -> str:
    headline = HEADLINES[PLACES[name]]
    return full(line[PLACES[name]], headline.unit)


def _shares(line: Line) -> list[tuple[str, float, float]]:
    found = []
    begin = 0.0
    for name, place in _SHARE_PLACES:
        length = line[place]
        if length >= 0.05:  # what is not known is not drawn; its number says so
            end = bar(begin + length)
            found.append((name, begin, round(end - begin, 1)))
            begin = end
    return found


_SHARE_PLACES = [(name, PLACES[name]) for name in SHARES]
