"""What a benchmark hands back and how it is printed: figures for context, and bars, ratios within one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figure:
    """One absolute figure: context, good only beside the others of the same run."""

    name: str
    value: float
    unit: str = ""
    note: str = ""


@dataclass(frozen=True)
class Bar:
    """One promise: a value that must not be above, or not below, a limit."""

    name: str
    value: float
    at_most: float | None = None
    at_least: float | None = None
    unit: str = ""

    @property
    def held(self) -> bool:
        """Whether the promise is kept."""
        above = self.at_most is not None and not self.value <= self.at_most
        below = self.at_least is not None and not self.value >= self.at_least
        return not above and not below

    @property
    def limit(self) -> str:
        """The limit as text."""
        return f"<= {self.at_most:g}" if self.at_most is not None else f">= {self.at_least:g}"


@dataclass
class Report:
    """What one benchmark measured. `run(quick)` of every module of this package returns one, or a list of them."""

    title: str
    figures: list[Figure] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)

    def figure(self, name: str, value: float, unit: str = "", note: str = "") -> None:
        """Add a figure."""
        self.figures.append(Figure(name, value, unit, note))

    def bar(
        self, name: str, value: float, *, at_most: float | None = None, at_least: float | None = None, unit: str = ""
    ) -> None:
        """Add a bar."""
        self.bars.append(Bar(name, value, at_most, at_least, unit))

    @property
    def held(self) -> bool:
        """Whether every promise is kept."""
        return all(bar.held for bar in self.bars)

    def text(self, level: int = 2) -> str:
        """Return both tables as Markdown, under a heading of that level."""
        lines = [f"{'#' * level} {self.title}", ""]
        if self.figures:
            rows = [(f.name, number(f.value), f.unit, f.note) for f in self.figures]
            lines += table(("figure", "value", "unit", "note"), rows)
        if self.bars:
            rows = [
                (b.name, number(b.value), f"{b.limit} {b.unit}".strip(), "yes" if b.held else "NO") for b in self.bars
            ]
            lines += table(("bar", "value", "limit", "held"), rows)
        return "\n".join(lines)


def number(value: float) -> str:
    """Return a number in at most four significant digits, or whole where it is large."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Return the lines of a Markdown table with aligned columns, and a blank one."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    cells = [head, tuple("-" * width for width in widths), *rows]
    return [*("| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |" for row in cells), ""]
