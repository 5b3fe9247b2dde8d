"""What a worker prints: its last lines are kept, and one that prints without end is made to wait, not read."""

from __future__ import annotations

import asyncio
import contextlib
import os

from gobs_core.state import MAX_TRACE
from gobs_core.text import escape

KEPT = 8192
"""Bytes that are kept."""
_CHUNK, _PAUSE = 65536, 0.05
"""So many bytes are read at once, and then nothing for so many seconds."""


class Output:
    """The reading end of the pipe that a worker has for its output and its errors. Closed with the worker."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._last = b""
        self._loop = asyncio.get_running_loop()
        self._later: asyncio.TimerHandle | None = None
        self._loop.add_reader(fd, self._read)

    def text(self) -> str:
        """What was printed last, line by line, with nothing that a terminal would act on."""
        lines = self._last.decode("utf-8", "backslashreplace").splitlines()
        return "\n".join(map(escape, lines))[-MAX_TRACE:]

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
            return bool(found)
        return True
