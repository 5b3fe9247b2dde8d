"""Every field of one row, grouped by the kernel file it comes from, with what it means and why it is not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite

from gobs_core import Column, Kind
from gobs_server.live import View
from gobs_server.web.format import UNKNOWN, exact, full, signed
from gobs_server.web.text import visible

_KEY = "What tells it from the others"
_COMPUTED = "Computed here from the others"
_OTHER = "From elsewhere"


@dataclass(frozen=True, slots=True)
class Field:
    """One value, ready to be shown."""

    name: str
    label: str
    text: str
    title: str
    """The value in full."""
    help: str
    more: str = ""
    """What a counter has counted so far."""
    why: str = ""
    """Why it is not known; empty: it is."""
    path: str = ""
    """Where it leads."""
    was: str = ""
    """What it was before, and by how much it has changed since; empty: it has not, or nobody asks."""


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that come from one place."""

    source: str
    file: bool
    """Whether that is a file of the kernel."""
    fields: list[Field]


def grouped(
    view: View,
    row: int,
    unknown: Mapping[str, str],
    paths: Mapping[str, str],
    before: tuple[View, int] | None = None,
) -> list[Group]:
    """Return all fields of a row; `unknown` is why columns are not known, `paths` where some of them lead.

    With `before`, the same row in an earlier reading, each says what it was then where that is something else.
    """
    groups: dict[str, list[Field]] = {}
    for column in view.table.columns:
        field = _field(view, row, column, unknown.get(column.name, ""), paths.get(column.name, ""))
        if before is not None and column.kind is not Kind.KEY:
            field = replace(field, was=_was((view, row), before, column))
        groups.setdefault(_source(column), []).append(field)
    return [Group(source, source.startswith("/"), fields) for source, fields in groups.items()]


def _source(column: Column) -> str:
    if column.kind is Kind.KEY:
        return _KEY
    return _COMPUTED if column.kind is Kind.DERIVED else column.source or _OTHER


def _field(view: View, row: int, column: Column, reason: str, path: str) -> Field:
    label, help_ = column.name.replace("_", " "), visible(_help(column))
    if column.numeric:
        return _number(view, row, column, reason, path)
    if column.kind is Kind.KEY:
        names = [one.name for one in view.table.keys]
        text: str | None = view.keys[row][names.index(column.name)]
    else:
        text = view.infos[column.name][row]
    if text is None:
        return Field(column.name, label, UNKNOWN, "", help_, why=_why(column, reason))
    shown = visible(text)
    return Field(column.name, label, shown, shown, help_, path=path)


def _was(now: tuple[View, int], before: tuple[View, int], column: Column) -> str:
    """Return what a field was before, where that is something else."""
    names = [one.name for one in before[0].table.columns if one == column]
    if not names:
        return "was declared another way"
    if not column.numeric:
        new, old = (view.info(column.name)[row] for view, row in (now, before))
        return "" if new == old else f"was {visible(old or 'not known')}"
    rate = column.kind is Kind.COUNTER
    value, then = (float(view.numbers(column)[row]) for view, row in (now, before))
    if value == then or (value != value and then != then):  # noqa: PLR0124  NaN
        return ""
    if then != then:  # noqa: PLR0124  NaN
        return "was not known"
    told = f"was {full(then, column.unit, rate)}"
    difference = value - then
    if not isfinite(difference):
        return told
    return f"{told}, {signed(difference, full(difference, column.unit, rate))}"


def _number(view: View, row: int, column: Column, reason: str, path: str) -> Field:
    rate, unit = column.kind is Kind.COUNTER, column.unit
    label, help_ = column.name.replace("_", " "), visible(_help(column))
    value = float(view.numbers(column)[row])
    level = float(view.values[column.name][row])
    more = f"{full(level, unit)} so far" if rate and level == level else ""  # noqa: PLR0124  NaN
    if value != value:  # noqa: PLR0124  NaN
        return Field(column.name, label, UNKNOWN, "", help_, more, _why(column, reason))
    title = exact(value, unit, rate) + (f", {exact(level, unit)} so far" if more else "")
    return Field(column.name, label, full(value, unit, rate), title, help_, more, path=path)


def _help(column: Column) -> str:
    said = f"{column.help} ({column.expression.text})" if column.expression is not None else column.help
    return f"{said} · suggested: {column.suggested}" if column.suggested else said


def _why(column: Column, reason: str) -> str:
    if reason:
        return visible(reason)
    if column.kind is Kind.COUNTER:
        return "a rate needs two readings of the same row"
    return visible(f"it takes {column.needs}") if column.needs else "not known at this reading"
