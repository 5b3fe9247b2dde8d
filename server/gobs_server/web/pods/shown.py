"""What a row, a tile and a row of a group show of pods: names and numbers as texts, and where they lead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gobs_core import Unit
from gobs_server.paths import segment
from gobs_server.web.cluster.heat import Scale
from gobs_server.web.format import UNKNOWN, cell, exact, signed
from gobs_server.web.lists import Field, Sheet
from gobs_server.web.pods.board import Part
from gobs_server.web.pods.columns import BY_NAME, PLACES, VALUES, column_of
from gobs_server.web.pods.groups import COUNTED
from gobs_server.web.pods.health import UNHEALTHY
from gobs_server.web.pods.sheet import LABEL, PodSheet
from gobs_server.web.pods.wanted import asking
from gobs_server.web.text import visible

_HOST = "it is in the node's own network: its traffic is part of the node's"


class Number(NamedTuple):
    """One number, ready to be shown."""

    text: str
    title: str
    unknown: bool


class Text(NamedTuple):
    """One text, ready to be shown."""

    text: str
    filter: str
    """The filter that asks for it; empty: none can."""


class Shown(NamedTuple):
    """One pod, ready to be shown."""

    id: str
    path: str
    name: str
    title: str
    state: str
    """Of its node: fresh, stale or down."""
    node: Text
    node_segment: str
    namespace: Text
    owner: Text
    status: str
    unhealthy: bool
    ready: str
    numbers: list[Number]
    began: float | None
    """Seconds since 1970."""
    heat: int
    number: str
    """What a tile is coloured by."""
    told: str
    """The same exactly."""


class Group(NamedTuple):
    """Some pods taken together, ready to be shown."""

    id: str
    text: Text
    numbers: list[Number]
    unhealthy: bool


def shown(name: str, sheet: PodSheet, where: tuple[Part, int], row: int, why: Mapping[str, str], scale: Scale) -> Shown:
    """Return one pod; `where` it is in the board, `row` in the sheet, `why` columns of its node are not known."""
    part, place = where
    uid, told, line = part.uids[place], {key: texts[place] for key, texts in part.texts.items()}, part.numbers[place]
    hosted = told["network"] == "host"
    here, began = f"/nodes/{segment(part.node)}", float(part.began[place])
    heat = float(sheet.numbers(scale.name)[row])
    return Shown(
        id=name,
        path=f"{here}/workloads/{segment(uid)}",
        name=visible(told["name"] or uid),
        title=visible(uid),
        state=part.state,
        node=text("node", part.node),
        node_segment=segment(part.node),
        namespace=text("ns", told["namespace"]),
        owner=text("owner", told["owner"]),
        status=visible(sheet.texts("status")[row] or UNKNOWN),
        unhealthy=sheet.texts("health")[row] == UNHEALTHY,
        ready="/".join(cell(line[PLACES[one]], Unit.ITEMS) for one in ("ready", "wanted")),
        numbers=[
            _of_field(
                BY_NAME[one], line[PLACES[one]], _HOST if hosted and "net" in one else why.get(column_of(one), "")
            )
            for one in VALUES
        ],
        began=None if began != began else began,  # noqa: PLR0124  NaN
        heat=scale.level(heat),
        number=cell(heat, scale.unit, scale.rate),
        told=exact(heat, scale.unit, scale.rate),
    )


def group(name: str, kind: str, sheet: Sheet, row: int) -> Group:
    """Return one group of a sheet of groups, which are made by the field `kind`."""
    text, asked = sheet.texts("group")[row], kind.removeprefix(LABEL)
    numbers = [_of_field(field, float(sheet.numbers(field.name)[row]), "none of them tells it") for field in COUNTED]
    filter_ = asking(asked, text) if text is not None else "" if kind != asked else f"{asked}:unknown"
    return Group(name, Text(visible(text or "not known"), filter_), numbers, bool(sheet.numbers("unhealthy")[row] > 0))


def text(field: str, told: str | None) -> Text:
    """Return a text of a field of the list of pods, with the filter that asks for it."""
    return Text(visible(told or ""), asking(field, told))


def number(unit: Unit, value: float, *, rate: bool, why: str = "") -> Number:
    """Return a number as it stands under a heading that names its unit; `why` is why it is not known."""
    if value != value:  # noqa: PLR0124  NaN
        return Number(UNKNOWN, visible(f"not known: {why}" if why else "not known now"), unknown=True)
    return Number(cell(value, unit, rate), exact(value, unit, rate), unknown=False)


def difference(field: Field, value: float, note: str) -> Number:
    """Return by how much a number has changed; `note` says from where to where."""
    if value != value:  # noqa: PLR0124  NaN
        return Number(UNKNOWN, "not known at one of the two moments", unknown=True)
    text = cell(value, field.unit, field.rate)
    return Number(signed(value, text), note, unknown=False)


def _of_field(field: Field, value: float, why: str) -> Number:
    return number(field.unit, value, rate=field.rate, why=why)
