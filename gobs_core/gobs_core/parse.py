"""How a kernel's lines of numbers are told from garbage, and what is said of garbage."""

from __future__ import annotations

from collections.abc import Sequence

from gobs_core.errors import ParseError

_EXCERPT = 80
_WIRE_LIMIT = 1 << 63


def garbage(file: str, expected: str, found: bytes) -> ParseError:
    """Return the error to raise: `file` should hold `expected`, but holds `found` (an excerpt is shown)."""
    return ParseError(f"{file}: expected {expected}, found {found[:_EXCERPT]!r}{'…' if len(found) > _EXCERPT else ''}")


def lines(raw: bytes, file: str) -> list[bytes]:
    """Split a file into its lines; raises ParseError when it is empty or its last line was cut off."""
    parts = raw.split(b"\n")
    if parts.pop():
        raise garbage(file, "a line's end after the last line", raw[-_EXCERPT:])
    if not parts:
        raise garbage(file, "at least one line", raw)
    return parts


def numbers(fields: Sequence[bytes], file: str, expected: str) -> list[int | None]:
    """Turn plain decimal numbers into integers; raises ParseError when one of them is anything else.

    What does not fit into a cell (63 bits; a kernel's miscounted difference, below 0 as an unsigned number) is None:
    not known.
    """
    if fields and not b"".join(fields).isdigit():
        raise garbage(file, expected, b" ".join(fields))
    try:
        values = [int(field) for field in fields]
    except ValueError:
        raise garbage(file, expected, b" ".join(fields)) from None
    return [value if value < _WIRE_LIMIT else None for value in values]


def flat(raw: bytes) -> dict[bytes, int | None]:
    """Read a file of lines `name number`, as most of a control group's are; never raises.

    What is no such line is passed over, and so is a last line without its end: its number may be cut. A number that
    fits into no cell is None.
    """
    found: dict[bytes, int | None] = {}
    for line in raw.split(b"\n")[:-1]:
        name, _, number = line.partition(b" ")
        if number.isdigit() and len(number) < 20:
            value = int(number)
            found[name] = value if value < _WIRE_LIMIT else None
    return found
