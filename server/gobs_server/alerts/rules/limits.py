"""Limits as people write them: a number, or a text with the metric's unit, such as `1.5GiB`, `90 %` or `200ms`."""

from __future__ import annotations

from math import isfinite

from gobs_core import Unit
from gobs_core.units import UNIT_NAMES
from gobs_core.values import parse_duration, parse_size

_EXAMPLES = {
    Unit.BYTES: "a number of bytes, or a text such as 512MiB",
    Unit.SECONDS: "a number of seconds, or a text such as 200ms",
    Unit.PERCENT: "a number of percent, or a text such as 90 %",
}


def expected(unit: Unit, rate: bool) -> str:
    """What may be written for a metric of this unit."""
    symbol = UNIT_NAMES[unit].rate_symbol if rate else UNIT_NAMES[unit].symbol
    text = _EXAMPLES.get(unit, f"a number, in {symbol}" if symbol else "a number")
    return f"{text}, per second" if rate and unit is Unit.BYTES else text


def parse_limit(said: float | str, unit: Unit | None, rate: bool) -> float:
    """The number in the metric's unit, None: it is not known yet; raises ValueError that says what is expected."""
    if unit is None:
        return _parse_any(said)
    number = said if isinstance(said, int | float) else _parse(said, unit, rate)
    if number is None or not isfinite(number):
        raise ValueError(f"{expected(unit, rate)}; got {said!r}")
    return float(number)


def _parse_any(said: float | str) -> float:
    """The number, whatever its unit may be."""
    for unit in (Unit.NONE, Unit.PERCENT, Unit.BYTES, Unit.SECONDS):
        for rate in (False, True):
            number = said if isinstance(said, int | float) else _parse(said, unit, rate)
            if number is not None and isfinite(number):
                return float(number)
    raise ValueError(f"a number, or a text such as 90 %, 512MiB or 200ms; got {said!r}")


def _parse(text: str, unit: Unit, rate: bool) -> float | None:
    text = text.strip()
    names = UNIT_NAMES[unit]
    if rate:
        if unit is Unit.BYTES:
            text = text.removesuffix("/s").strip()
        elif names.rate_symbol:
            text = text.removesuffix(names.rate_symbol).strip()
    elif names.symbol and unit is not Unit.BYTES and unit is not Unit.SECONDS:
        text = text.removesuffix(names.symbol).strip()
    try:
        if unit is Unit.BYTES:
            return parse_size(text)
        return parse_duration(text) if unit is Unit.SECONDS and not rate else float(text)
    except ValueError:
        return None
