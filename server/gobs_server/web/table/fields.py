"""The columns of a table as the fields of a list: what each is called, what it means, and why it is not known."""

from __future__ import annotations

from collections.abc import Mapping

from gobs_core import Column, Kind, Table
from gobs_server.web.lists import Field
from gobs_server.web.text import visible

NOT_THE_SAME = "not known, or not the same in all rows that are taken together"
"""Why a group has no such number."""


def fields_of(table: Table) -> list[Field]:
    """Return the fields as they are shown: keys, then texts that name the row, then numbers, each as declared."""
    fields = [_field(column) for column in table.columns]
    return sorted(fields, key=lambda field: (field.kind == "number", field.kind == "info"))


def reasons_for(table: Table, unknown: Mapping[str, str]) -> dict[str, str]:
    """Return what to say of each column where it is not known; `unknown` is what is known of that on this node."""
    return {column.name: _reason(column, unknown.get(column.name, "")) for column in table.columns}


def _field(column: Column) -> Field:
    notes = [
        column.help,
        f"rate of {column.name} per second" if column.kind is Kind.COUNTER else "",
        column.source,
        column.needs and f"needs {column.needs}",
        column.suggested and f"suggested: {column.suggested}",
    ]
    label, help_ = column.name.replace("_", " "), " · ".join(filter(None, notes))
    if column.numeric:
        return Field(column.name, label, "number", column.unit, column.kind is Kind.COUNTER, help_)
    return Field(column.name, label, "key" if column.kind is Kind.KEY else "info", help=help_)


def _reason(column: Column, reason: str) -> str:
    if reason:
        return f"not known: {visible(reason)}"
    if column.kind is Kind.COUNTER:
        return "not known yet: a rate needs two readings of the same row"
    return f"not known: needs {visible(column.needs)}" if column.needs else "not known now"
