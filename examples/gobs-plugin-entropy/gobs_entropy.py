"""Entropy: how many bits of randomness the kernel holds ready."""

import re
from collections.abc import Iterator

from gobs_core import Collector, ParseError, Proc, Rows, Table, Unit, derived, gauge, hookimpl

AVAILABLE, SIZE = "sys/kernel/random/entropy_avail", "sys/kernel/random/poolsize"
_NUMBER = re.compile(rb"(\d{1,9})\n")
ENTROPY = Table(
    "entropy",
    "Randomness the kernel holds ready",
    [
        gauge("available", "Bits in the pool", Unit.ITEMS, scale=1, source=f"/proc/{AVAILABLE}"),
        gauge("size", "Bits in the pool when it is full", Unit.ITEMS, scale=1, source=f"/proc/{SIZE}"),
        derived("filled", "Share of the pool that is filled", "100 * available / size", Unit.PERCENT),
    ],
)


def parse_bits(raw: bytes, file: str) -> int:
    """Return the number in a file; raises ParseError."""
    if not (match := _NUMBER.fullmatch(raw)):
        raise ParseError(f"{file}: expected a number, found {raw[:80]!r}")
    return int(match[1])


class EntropyCollector(Collector):
    """Reads /proc/sys/kernel/random."""

    name = "entropy"
    tables = (ENTROPY,)

    def collect(self, proc: Proc) -> Iterator[Rows]:
        """Yield the one row."""
        available, size = (parse_bits(proc.read(file), file) for file in (AVAILABLE, SIZE))
        yield ENTROPY.row(available=available, size=size)


@hookimpl
def gobs_register_collectors() -> list[type[Collector]]:
    """Announce the collector."""
    return [EntropyCollector]
