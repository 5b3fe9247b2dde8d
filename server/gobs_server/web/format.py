"""How values look: the one place that turns numbers into text, with units people read."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from math import isfinite, isnan

from gobs_core import Unit
from gobs_core.units import UNIT_NAMES

UNKNOWN = "\N{EN DASH}"
"""Shown for what is not known now; never 0."""

_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_DECIMAL = ("", "k", "M", "G", "T", "P")
_FARTHEST = 4e10
_BEYOND = 1e18
"""From here on no prefix helps."""
_TINY_SECONDS = ((1e-6, 1e9, "ns"), (1e-3, 1e6, "µs"), (1.0, 1e3, "ms"))


def cell(value: float, unit: Unit, rate: bool = False) -> str:
    """Return a value as it stands in a column whose header names the unit: `1.2 MiB`, `37.5`, `12.3k`."""
    if isnan(value):
        return UNKNOWN
    if not isfinite(value) or abs(value) >= _BEYOND:
        return f"{value:.3g}"
    if unit is Unit.BYTES:
        return _binary(value) + ("/s" if rate else "")
    if unit is Unit.SECONDS:
        return _percent(100 * value) if rate else duration(value)
    if unit is Unit.PERCENT:
        return _percent(value)
    if unit is Unit.NONE and not rate and abs(value) >= 1000:
        return f"{value:,.0f}"
    return _decimal(value)


def full(value: float, unit: Unit, rate: bool = False) -> str:
    """Return a value that stands alone, with its unit: `1.2 MiB/s`, `37.5 %`, `12.3 kop/s`."""
    text = cell(value, unit, rate)
    scaled = unit is Unit.BYTES or (unit is Unit.SECONDS and not rate)
    if text == UNKNOWN or (scaled and abs(value) < _BEYOND):
        return text
    symbol = unit_symbol(unit, rate)
    if not symbol:
        return text
    if text[-1] in "kMGTP":
        return f"{text[:-1]} {text[-1]}{symbol}"
    return f"{text}{symbol}" if symbol == "/s" else f"{text} {symbol}"


def signed(value: float, text: str) -> str:
    """Return the text of a difference with its sign; one that is too small to be told has none."""
    return f"+{text}" if value > 0 and not text.startswith("<") else text


def exact(value: float, unit: Unit, rate: bool = False) -> str:
    """Return every digit that is known, with the plain unit: `1,234,567 B`."""
    if isnan(value):
        return "not known"
    if unit is Unit.SECONDS and rate:
        value *= 100
    if not isfinite(value):
        text = str(value)
    else:
        text = f"{int(value):,}" if abs(value) < 1e15 and value == int(value) else f"{value:,.6g}"
    symbol = unit_symbol(unit, rate)
    return f"{text} {symbol}".rstrip()


def unit_symbol(unit: Unit, rate: bool = False) -> str:
    """Return the unit as a header shows it: `B/s`, `%`."""
    names = UNIT_NAMES[unit]
    return names.rate_symbol if rate else names.symbol


def duration(seconds: float) -> str:
    """Return a span of time in its two largest units: `340 µs`, `12.5 s`, `3 h 12 min`, `4 d 2 h`."""
    size = abs(seconds)
    if size == 0:
        return "0 s"
    for limit, factor, name in _TINY_SECONDS:
        if size < limit:
            return f"{_three(seconds * factor)} {name}"
    if size < 60:
        return f"{_three(seconds)} s"
    sign = "-" if seconds < 0 else ""
    minutes, rest = divmod(int(size), 60)
    if minutes < 60:
        return f"{sign}{minutes} min{_and(rest, 's')}"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{sign}{hours} h{_and(minutes, 'min')}"
    days, hours = divmod(hours, 24)
    return f"{sign}{days:,} d{_and(hours, 'h')}"


def _and(rest: int, unit: str) -> str:
    return f" {rest} {unit}" if rest else ""


def clock(wall: float) -> str:
    """Return a moment as the time of day in UTC; the page turns it into an age."""
    return _moment(wall)[0]


def stamp(wall: float) -> str:
    """Return a moment in RFC 3339, for machines and tooltips."""
    return _moment(wall)[1]


def _moment(wall: float) -> tuple[str, str]:
    return _second(int(wall)) if abs(wall) < _FARTHEST else (UNKNOWN, "")


@lru_cache(maxsize=4096)
def _second(second: int) -> tuple[str, str]:
    moment = datetime.fromtimestamp(second, UTC)
    return moment.strftime("%H:%M:%S UTC"), moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _binary(value: float) -> str:
    size, power = abs(value), 0
    while size >= 1023.95 and power < len(_BINARY) - 1:
        size /= 1024
        power += 1
    sign = "-" if value < 0 else ""
    return f"{sign}{size:.0f} B" if power == 0 else f"{sign}{size:.1f} {_BINARY[power]}"


def _decimal(value: float) -> str:
    size, power = abs(value), 0
    if size < 9999.5:
        return _three(value) if size < 999.5 else f"{value:.0f}"
    while size >= 999.5 and power < len(_DECIMAL) - 1:
        size /= 1000
        power += 1
    return f"{'-' if value < 0 else ''}{_three(size)}{_DECIMAL[power]}"


def _percent(value: float) -> str:
    if value == 0:
        return "0.0"
    if 0 < abs(value) < 0.05:
        return "<0.1" if value > 0 else ">-0.1"
    if 99.95 <= abs(value) < 100:  # what is not all is not shown as all
        return f"{max(min(value, 99.99), -99.99):.2f}"
    return f"{value:.1f}" if abs(value) < 999.95 else f"{value:,.0f}"


def _three(value: float) -> str:
    size = abs(value)
    if value == int(value) and size < 1000:
        return str(int(value))
    if size >= 99.95:
        return f"{value:.0f}"
    if size >= 9.995:
        return f"{value:.1f}"
    return f"{value:.2f}" if size >= 0.01 else f"{value:.2g}"


def last_read(age: float) -> str:
    """Return in words how long ago a table was read that should have been read since; the same for some while."""
    if age < 60:
        return f"last read {age // 10 * 10:.0f} s ago"
    return f"last read {age // 60:.0f} min ago" if age < 3600 else f"last read {duration(age)} ago"
