"""A stream of bytes as lines of bounded length, all those at once that a chunk completes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class Lines:
    """Splits chunks; a line longer than `most` bytes is left out and counted."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._rest = bytearray()
        self._skipping = False
        self.left_out = 0
        """How many lines were too long."""

    def of(self, chunks: Iterable[bytes]) -> Iterator[list[bytes]]:
        """The whole lines of each chunk; what follows the last line's end belongs to the next."""
        for chunk in chunks:
            yield self._take(chunk)

    def _take(self, chunk: bytes) -> list[bytes]:
        found: list[bytes] = []
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            line = bytes(self._rest) + part
            self._rest.clear()
            if self._skipping or len(line) > self._most:
                self.left_out += 1
            elif line.strip():
                found.append(line)
            self._skipping = False
        if not self._skipping:
            self._rest += rest
            if len(self._rest) > self._most:
                self._rest.clear()
                self._skipping = True
        return found
