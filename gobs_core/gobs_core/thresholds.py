"""From which value on a column is worth a look, as its author suggests: a start for whoever makes a rule."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from gobs_core.errors import DeclarationError


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Two limits of a numeric column, in the unit shown; a counter's are of its rate. Nothing fires by them.

    One may be left out. They are in the column's help on the page, and the start of whoever makes a rule of the column:
    `Thresholds(80, 95)` for a share in percent, `Thresholds(20, 5, below=True)` for what is left.
    """

    warning: float | None = None
    """From which value on it is worth a look: percent, bytes, bytes per second. None: no such value."""
    critical: float | None = None
    """From which value on somebody has to act; beyond `warning`. None: no such value."""
    below: bool = False
    """Whether low values are the bad ones: then `critical` is the smaller of the two."""

    def check(self, where: str) -> None:
        """Raise DeclarationError where these cannot be limits."""
        known = [limit for limit in (self.warning, self.critical) if limit is not None]
        if not known or not _finite(known):
            raise DeclarationError(f"{where}: thresholds are one or two finite numbers")
        if len(known) == 2 and (known[0] == known[1] or (known[0] < known[1]) == self.below):
            order = "below" if self.below else "above"
            raise DeclarationError(
                f"{where}: the critical threshold {known[1]:g} is not {order} the warning {known[0]:g}"
            )

    def said(self, unit: str = "") -> str:
        """Say it to people: `warning above 80 %, critical above 95 %`."""
        side, after = "below" if self.below else "above", f" {unit}" if unit else ""
        limits = (("warning", self.warning), ("critical", self.critical))
        return ", ".join(f"{name} {side} {limit:g}{after}" for name, limit in limits if limit is not None)


def _finite(limits: list[float]) -> bool:
    try:
        return all(map(isfinite, limits))
    except TypeError:
        return False
