"""What plugins print while they are tried: kept up to a limit, and told with their name."""

from __future__ import annotations

from collections.abc import Iterator

from gobs_core.kit.findings import Finding, Level
from gobs_core.text import one_line

MOST_LINES, MOST_BYTES, WIDTH = 10, 65536, 200
"""Lines that are told, bytes that are kept, and letters of a line."""


class Printed:
    """What was printed since it was told last."""

    def __init__(self) -> None:
        self.last = b""
        self._lost = 0

    def take(self, part: bytes) -> None:
        """Keep it, as long as there is room."""
        room = MOST_BYTES - len(self.last)
        self.last += part[:room]
        self._lost += max(0, len(part) - room)

    def findings(self, about: str) -> Iterator[Finding]:
        """Yield what there was, no line twice, and begin anew."""
        lines = [line for line in self.last.decode("utf-8", "backslashreplace").splitlines() if line.strip()]
        lost, self.last, self._lost = self._lost, b"", 0
        if not lines:
            return
        shown = list(dict.fromkeys(one_line(line, WIDTH) for line in lines))
        more = len(shown) - MOST_LINES
        many = "1 line" if len(lines) == 1 else f"{len(lines)} lines"
        text = [f"printed {many}; in a worker they go into the log"]
        text += [f"| {line}" for line in shown[:MOST_LINES]]
        text += [f"and {more} other lines"] if more > 0 else []
        text += [f"and {lost} bytes that were not kept"] if lost else []
        yield Finding(Level.NOTE, about or "the check", "\n".join(text))
