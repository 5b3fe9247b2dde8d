"""Rows of text as columns on a terminal, in blocks that fit its width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gobs_core.text import one_line

GAP = "  "
MAX_CELL = 80


def grid(header: Sequence[str], rows: Sequence[Sequence[str]], *, keys: int = 1, width: int | None = None) -> list[str]:
    """Lines of a table; the first `keys` columns are repeated at the left of every block."""
    cells = [header, *[[one_line(cell, MAX_CELL) for cell in row] for row in rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines: list[str] = []
    for block in _blocks(widths, keys, width):
        lines += [""] if lines else []
        lines += [_line(row, widths, block, keys) for row in cells]
    return lines


def _blocks(widths: Sequence[int], keys: int, width: int | None) -> Iterator[list[int]]:
    left = list(range(min(keys, len(widths))))
    start = sum(widths[place] + len(GAP) for place in left)
    block, used = [*left], start
    for place in range(len(left), len(widths)):
        if width is not None and len(block) > len(left) and used + widths[place] > width:
            yield block
            block, used = [*left], start
        block.append(place)
        used += widths[place] + len(GAP)
    yield block


def _line(row: Sequence[str], widths: Sequence[int], block: Sequence[int], keys: int) -> str:
    texts = [row[place].ljust(widths[place]) if place < keys else row[place].rjust(widths[place]) for place in block]
    return GAP.join(texts).rstrip()
