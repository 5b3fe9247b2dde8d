"""Numbers for people: bytes with binary prefixes, seconds as a duration, all others without an exponent."""

from __future__ import annotations

from gobs_core.units import Unit

_PREFIXES = ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_PARTS = ((86400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s"))
_SMALL = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
LARGE = 1e18
"""Beyond this a float is short only with an exponent."""


def figure(value: float, unit: Unit = Unit.NONE) -> str:
    """A value with its unit where the unit decides how it is written, else the bare number."""
    if unit is Unit.BYTES:
        return _bytes(value)
    if unit is Unit.SECONDS:
        return _seconds(value)
    return number(value)


def number(value: float) -> str:
    """A number: whole ones in full, others with six digits that count."""
    if isinstance(value, int):
        return str(value)
    if abs(value) > LARGE:
        return f"{value:.6g}"
    return f"{value:.0f}" if value.is_integer() or abs(value) >= 1e6 else f"{value:.6g}"


def _bytes(value: float) -> str:
    if abs(value) < 1024:
        return f"{_short(value)} B"
    for prefix in _PREFIXES:
        value /= 1024
        if abs(value) < 1023.95 or prefix == _PREFIXES[-1]:  # more would be written as 1024.0
            return f"{value:.1f} {prefix}"
    raise AssertionError(value)


def _seconds(value: float) -> str:
    if abs(value) >= 60:
        return f"{'-' if value < 0 else ''}{_long(abs(value))}"
    for factor, name in _SMALL:
        if abs(value) >= factor:
            return f"{_short(value / factor)} {name}"
    return f"{number(value)} s"


def _long(value: float) -> str:
    for large, large_name, small, small_name in _PARTS:
        if value >= large:
            whole, rest = divmod(int(value), large)
            return f"{whole}{large_name} {rest // small}{small_name}"
    raise AssertionError(value)


def _short(value: float) -> str:
    return number(round(value, 1 if abs(value) >= 10 else 3))
