"""What a person may write to filter a list: words, `field:text`, `field>number`, and `-` before what must not be.

worker state:stale cpu>80 -pod:nginx "two words" memory>=1.5GiB net_in:unknown state:stale|down
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite

from gobs_core import Unit
from gobs_server.web.lists.sheet import Field

MAX_LENGTH = 200
"""Characters of a filter that are looked at."""
_TERM = re.compile(r"""(?P<no>[-!])?(?:(?P<field>[A-Za-z][\w-]*)(?P<how>>=|<=|!=|[:=<>]))?(?P<what>"[^"]*"?|\S*)\s*""")
_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d{1,3})?)\s*([^\d\s]*)", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5, "e": 6}
_TIMES = {
    "": 1.0, "s": 1.0, "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3,
    "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Term:
    """One condition; a row is shown if it meets all of them."""

    field: str
    """As it was written; empty: any text of the row."""
    how: str
    """`:` holds the text or is the number, `=` and `!=` are exact, `<` `>` `<=` `>=` compare."""
    what: str
    no: bool
    """Whether the row must not meet it."""

    @property
    def written(self) -> str:
        """The term as a person would write it."""
        return f"{'-' if self.no else ''}{self.field}{self.how if self.field else ''}{self.what}"


def terms(text: str) -> list[Term]:
    """Return the conditions of a filter; any text is one."""
    found = []
    text = text[:MAX_LENGTH].strip()
    at = 0
    while at < len(text) and (match := _TERM.match(text, at)) and match.end() > at:
        at = match.end()
        what = match["what"].strip('"')
        if match["field"] or what:
            found.append(Term(match["field"] or "", match["how"] or ":", what, match["no"] is not None))
    return found


def number(text: str, field: Field) -> float | None:
    """Return a number as a field keeps it, from what a person writes of it: `80`, `80%`, `1.5GiB`, `20ms`, `3k`.

    None: it is no number, or not one of this field.
    """
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return None
    unit = match[2].casefold().removesuffix("/s") if field.rate else match[2].casefold()
    factor = _factor(unit, field)
    value = float(match[1]) * factor if factor is not None else None
    return value if value is not None and isfinite(value) else None


def _factor(unit: str, field: Field) -> float | None:
    """Return what one of `unit` is in the field's own unit."""
    if field.symbol == "%":
        return 1 / field.factor if unit in {"", "%"} else None
    if field.unit is Unit.SECONDS:
        return _TIMES.get(unit)
    if field.unit is Unit.BYTES:
        power = _POWERS.get(unit.removesuffix("b").removesuffix("i"))
        return None if power is None else 1024.0**power
    power = _POWERS.get(unit.removesuffix(field.symbol.casefold().removesuffix("/s")) if unit else "")
    return None if power is None else 1000.0**power
