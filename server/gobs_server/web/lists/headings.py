"""The headers of a list's columns: what each says, how the list is ordered by it, and what a click asks for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gobs_core import Unit
from gobs_server.web.lists.asked import Asked
from gobs_server.web.lists.sheet import Field


class Heading(NamedTuple):
    """One column's header, ready to be shown."""

    name: str
    label: str
    kind: str
    """key, info, number."""
    unit: str
    suffix: str
    """The unit to write after a cell that does not carry its own."""
    help: str
    sorted: str
    """ascending, descending, or none."""
    rank: int
    """Its place in an order by several columns, from 1; 0: it is the only one, or none."""
    first: str
    """The order a first click asks for: the highest first, texts from their beginning."""
    next: str
    """The order the next click asks for."""
    query: str
    """The same as part of an address."""


def headings(fields: Iterable[Field], sort: Sequence[str], query: Asked) -> list[Heading]:
    """Return the headers of a list that is in that order."""
    return [_heading(field, sort, query) for field in fields]


def _heading(field: Field, sort: Sequence[str], query: Asked) -> Heading:
    places = {name.removeprefix("-"): place for place, name in enumerate(sort, 1)}
    place = places.get(field.name, 0)
    order = "none" if not place else "descending" if sort[place - 1].startswith("-") else "ascending"
    first, second = (f"-{field.name}", field.name) if field.numeric else (field.name, f"-{field.name}")
    following = second if place and sort[place - 1] == first else first
    own_unit = field.unit is Unit.BYTES or (field.unit is Unit.SECONDS and not field.rate)
    return Heading(
        name=field.name,
        label=field.label,
        kind=field.kind,
        unit=field.symbol,
        suffix="" if own_unit else field.symbol,
        help=field.help,
        sorted=order,
        rank=place if len(sort) > 1 else 0,
        first=first,
        next=following,
        query=query.query(sort=(following,)),
    )
