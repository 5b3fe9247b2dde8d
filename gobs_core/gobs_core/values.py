"""The types of settings that people write in their own way: durations, sizes, secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, TypeAlias

import msgspec

Duration: TypeAlias = Annotated[float, msgspec.Meta(extra={"gobs": "duration"})]
"""Seconds; written as a number or as `500ms`, `5s`, `2m`, `1h`, `1d`."""

Size: TypeAlias = Annotated[int, msgspec.Meta(extra={"gobs": "size"})]
"""Bytes; written as a number or as `64KiB`, `16MiB`, `1GiB`, `10MB`."""

_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}


class Secret(str):
    """Text that is never shown: its repr is `***`, and the value is taken out of every log line.

    Its setting may also be read from a file: `<name>_file`, or the variable with `_FILE` at its end.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        """Return what may be shown."""
        return "'***'" if self else "''"


def parse_duration(text: str) -> float:
    """Seconds from `500ms`, `5s`, `2m`, `1h`, `1d` or a bare number; raises ValueError."""
    match = _NUMBER.fullmatch(text)
    if match is None or (match[2] and match[2] not in _SECONDS):
        raise ValueError("a duration such as 500ms, 5s, 2m, 1h, or a number of seconds")
    number = float(match[1])
    return number / 1000 if match[2] == "ms" else number * _SECONDS.get(match[2], 1.0)


def parse_size(text: str) -> int:
    """Bytes from `64KiB`, `16MiB`, `10MB` or a bare number; raises ValueError."""
    match = _NUMBER.fullmatch(text)
    factor = _BYTES.get(match[2].lower()) if match else None
    if match is None or factor is None:
        raise ValueError("a size such as 64KiB, 16MiB, 1GiB, or a number of bytes")
    return round(float(match[1]) * factor)


def show_duration(seconds: float) -> str:
    """A duration as people write it: `5s`, `500ms`, `2m`."""
    for suffix, factor in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % factor == 0:
            return f"{int(seconds // factor)}{suffix}"
    return f"{seconds:g}s" if seconds >= 1 or not seconds else f"{seconds * 1000:g}ms"


def show_size(size: int) -> str:
    """A size as people write it: `16MiB`."""
    for suffix, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size and size % factor == 0:
            return f"{size // factor}{suffix}"
    return str(size)


def secrets_in(struct: object) -> Iterable[str]:
    """The values in settings, however deep, that must never be shown."""
    if isinstance(struct, Secret):
        if struct:
            yield str(struct)
    elif isinstance(struct, msgspec.Struct):
        for name in struct.__struct_fields__:
            yield from secrets_in(getattr(struct, name))
    elif isinstance(struct, Mapping):
        for value in struct.values():
            yield from secrets_in(value)
    elif isinstance(struct, list | tuple | set | frozenset):
        for value in struct:
            yield from secrets_in(value)
