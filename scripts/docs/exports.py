"""Writes what each column is called by those who scrape and receive."""

from __future__ import annotations

from gobs_core.kit.reference.exported import exported
from scripts.docs.builtin import tables


def every_name() -> str:
    """Return a section for each table."""
    return "\n\n".join(exported([item.table for item in tables()]))
