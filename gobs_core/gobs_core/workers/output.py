"""What a worker prints: its last lines are kept, and one that prints without end is made to wait, not read."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable

from gobs_core.state import MAX_PRINTED, MAX_TRACE
from gobs_core.text import escape, one_line

KEPT = 8192
"""Bytes that are kept."""
LINES = 20
"""Lines of them that are shown."""
_CHUNK, _PAUSE = 65536, 0.05
"""So many bytes are read at once, and then nothing for so many seconds."""

MOST_TOLD, MINUTE = 10, 60.0
"""So many lines are told in so many seconds, and of the others how many there were."""


class Sparing:
    """Tells lines of what is printed, of many only some, and costs little however many. `now` is a monotonic clock.

    `redact` takes out what must not be told, before a line is cut.
    """

    def __init__(
        self,
        tell: Callable[[str], None],
        now: Callable[[], float] = time.monotonic,
        redact: Callable[[str], str] = str,
    ) -> None:
        self._tell, self._now, self._redact = tell, now, redact
        self._since = -float("inf")
        self._told = self._held = 0
        self._line = b""

    def __call__(self, part: bytes) -> None:
        """Tell the lines that are whole now, escaped, or count them; what has no end yet waits for it."""
        if self._now() - self._since > MINUTE:
            if self._held:
                self._tell(f"and {self._held} more lines within a minute")
            self._since, self._told, self._held = self._now(), 0, 0
        whole, end, rest = (self._line + part).rpartition(b"\n")
        self._line = rest[-KEPT:]
        if not end:
            return
        while whole and self._told < MOST_TOLD:
            line, _, whole = whole.partition(b"\n")
            if line.strip():
                self._told += 1
                self._tell(one_line(self._redact(line.decode("utf-8", "backslashreplace"))))
        self._held += whole.count(b"\n") + bool(whole)


class Output:
    """The reading end of the pipe that a worker has for its output and its errors. Closed with the worker."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._last = b""
        self._printed: bytes | None = None
        self._told = b"", ""
        self._hear: Callable[[bytes], None] | None = None
        self._loop = asyncio.get_running_loop()
        self._later: asyncio.TimerHandle | None = None
        self._loop.add_reader(fd, self._read)

    def hear(self, hear: Callable[[bytes], None] | None) -> None:
        """Who is given what is printed from now on, part by part; None: nobody, it is no more what a plugin prints."""
        self._hear = hear
        self._printed = self._last if hear is None else None

    def text(self) -> str:
        """What was printed last, line by line, with nothing that a terminal would act on."""
        text = "\n".join(map(escape, _whole_lines(self._last)))
        return text if len(text) <= MAX_TRACE else text[-MAX_TRACE:].partition("\n")[2]

    def lines(self, redact: Callable[[str], str]) -> str:
        """The last lines that the plugin printed, without secrets and with nothing that a terminal would act on."""
        printed = self._last if self._printed is None else self._printed
        if printed is not self._told[0]:
            self._told = printed, _last_lines(printed, redact)
        return self._told[1]

    def take_rest(self) -> None:
        """Read what is in the pipe now; once, so of one that prints without end not all."""
        self._take()

    def close(self) -> None:
        """Read no more; safe twice."""
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            if self._later is not None:
                self._later.cancel()
            os.close(self._fd)
            self._fd = -1

    def _read(self) -> None:
        self._loop.remove_reader(self._fd)
        if self._take():
            self._later = self._loop.call_later(_PAUSE, self._loop.add_reader, self._fd, self._read)

    def _take(self) -> bool:
        """Read once; False at the end of the pipe."""
        with contextlib.suppress(BlockingIOError):
            found = os.read(self._fd, _CHUNK) if self._fd >= 0 else b""
            self._last = (self._last + found)[-KEPT:]
            if self._hear is not None:
                self._hear(found)
            return bool(found)
        return True


def _whole_lines(last: bytes) -> list[str]:
    """The lines of it; of the first, where what was before is not kept, nothing: it could be a part of a secret."""
    if len(last) >= KEPT:
        _, end, last = last.partition(b"\n")
        if not end:
            return [f"(a line of more than {KEPT} bytes)"]
    return last.decode("utf-8", "backslashreplace").splitlines()


def _last_lines(printed: bytes, redact: Callable[[str], str]) -> str:
    whole = redact("\n".join(_whole_lines(printed)))  # before anything is cut or escaped: of a secret no part is left
    kept: list[str] = []
    room = MAX_PRINTED
    for line in map(one_line, reversed(whole.splitlines()[-LINES:])):
        room -= len(line) + 1
        if room < 0:
            break
        kept.insert(0, line)
    return "\n".join(kept)
