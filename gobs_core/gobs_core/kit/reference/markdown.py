"""Knows how tables and code are written in Markdown, whatever is in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a `|` inside a cell is escaped, also in code, and a line's end becomes a blank."""
    lines = [_row(heads), "|" + "---|" * len(heads), *(_row(row) for row in rows)]
    return "\n".join(lines)


def code(text: str) -> str:
    """Return text as code; nothing for nothing."""
    ticks = "``" if "`" in text else "`"
    return f"{ticks}{text}{ticks}" if text else ""


def fence(language: str, text: str) -> str:
    """Return a block of code."""
    ticks = "````" if "```" in text else "```"
    return f"{ticks}{language}\n{text.strip()}\n{ticks}"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"
