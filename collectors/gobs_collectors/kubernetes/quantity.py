"""How Kubernetes writes amounts, `100m` cores or `1.5Gi` bytes, and how both are said again."""

from __future__ import annotations

import re
from decimal import Decimal

_FORM = re.compile(
    r"([+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30}))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?", re.ASCII
)
_MOST = 1 << 62
"""What no resource has, and no cell of a table could hold."""
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}


def quantity(written: object) -> float | None:
    """The number, or None where this is no amount (a hostile or newer way of writing it)."""
    match = _FORM.fullmatch(str(written)) if isinstance(written, str | int | float) else None
    if match is None:
        return None
    number, suffix, exponent = match.groups()
    value = Decimal(number)
    if exponent:
        value = value.scaleb(int(exponent))
    elif suffix in _BINARY:
        value *= 2 ** _BINARY[suffix]
    elif suffix:
        value = value.scaleb(_DECIMAL[suffix])
    return float(value) if 0 <= value < _MOST else None


def written(requests: dict[str, str | int | float], limits: dict[str, str | int | float]) -> str:
    """Every resource with its request and its limit as they were written: `cpu=100m/1 memory=-/128Mi`."""
    names = sorted({*requests, *limits})
    return " ".join(f"{name}={requests.get(name, '-')}/{limits.get(name, '-')}" for name in names)
