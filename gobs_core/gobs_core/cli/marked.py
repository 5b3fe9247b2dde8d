"""What a plugin prints while it is called: told apart from what the command prints, line by line, and made harmless."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator
from typing import TextIO

from gobs_core.text import one_line

MOST_LINES = 50
"""Lines that are passed on of one call."""
MOST_BYTES = 65536
"""Bytes that are passed on of what was written past Python."""


class Marked(io.TextIOBase):
    """Passes lines on with a name before each, up to a limit; what has no end yet is passed on when it is flushed."""

    def __init__(self, out: TextIO, name: str, limit: int = MOST_LINES, redact: Callable[[str], str] = str) -> None:
        super().__init__()
        self._out = out
        self._redact = redact
        self._mark = f"{name} printed | "
        self._left = limit
        self._lost = 0
        self._line = ""
        self._within = False

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str) -> int:
        """Pass on the lines that are whole now."""
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            self._pass_on(line, "\n")
        return len(text)

    def take(self, part: bytes) -> None:
        """Pass on bytes, whatever they are."""
        self.write(part.decode("utf-8", "backslashreplace"))

    def flush(self) -> None:
        """Pass on what there is: a debugger's prompt has no end."""
        if self._line:
            line, self._line = self._line, ""
            self._pass_on(line, "")
        self._out.flush()

    def finish(self) -> None:
        """End the last line, and say what was left out."""
        self.flush()
        if self._within:
            self._out.write("\n")
            self._within = False
        if self._lost:
            self._out.write(f"{self._mark}and {self._lost} more lines\n")
        self._out.flush()

    def _pass_on(self, line: str, end: str) -> None:
        if self._left <= 0:
            self._lost += 1
            return
        self._out.write(f"{'' if self._within else self._mark}{one_line(self._redact(line))}{end}")
        self._within = not end
        self._left -= bool(end)


@contextlib.contextmanager
def marked(name: str) -> Iterator[None]:
    """Within it, what is printed goes to the errors with this name before it; so that the output holds rows alone.

    What children and libraries write past Python comes when it ends.
    """
    sys.stdout.flush()
    with contextlib.ExitStack() as stack:
        printed = Marked(stack.enter_context(errors()), name)
        stack.callback(printed.finish)
        with contextlib.suppress(OSError):  # there may be no such descriptors
            stack.enter_context(_caught(printed))
        stack.enter_context(contextlib.redirect_stdout(printed))
        stack.enter_context(contextlib.redirect_stderr(printed))
        yield


@contextlib.contextmanager
def errors() -> Iterator[TextIO]:
    """Give where errors go, by a descriptor of its own, whatever becomes of the usual one."""
    try:
        own = os.dup(sys.stderr.fileno())
    except OSError:  # it is none of the system's
        yield sys.stderr
        return
    with open(own, "w", encoding="utf-8", errors="backslashreplace") as out:
        yield out


@contextlib.contextmanager
def _caught(printed: Marked) -> Iterator[None]:
    """Let what is written past Python wait in memory, and pass it on at the end."""
    with contextlib.ExitStack() as stack:
        said = stack.enter_context(os.fdopen(os.memfd_create("said"), "rb"))
        for fd in (1, 2):
            before = os.dup(fd)
            stack.callback(os.close, before)
            stack.callback(os.dup2, before, fd)
            os.dup2(said.fileno(), fd)
        try:
            yield
        finally:
            said.seek(0)
            printed.take(said.read(MOST_BYTES))
