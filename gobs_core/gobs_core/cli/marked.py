"""What a plugin prints while it is called: told apart from what the command prints, line by line, and made harmless."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import TextIO

from gobs_core.text import one_line

MOST_LINES = 50
"""Lines that are passed on of one call."""


class Marked(io.TextIOBase):
    """Passes lines on with a name before each, up to a limit; what has no end yet is passed on when it is flushed."""

    def __init__(self, out: TextIO, name: str, limit: int = MOST_LINES) -> None:
        super().__init__()
        self._out = out
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
        self._out.write(f"{'' if self._within else self._mark}{one_line(line)}{end}")
        self._within = not end
        self._left -= bool(end)


@contextlib.contextmanager
def marked(name: str) -> Iterator[None]:
    """Within it, what is printed goes to the errors with this name before it; so that the output holds rows alone.

    What children and libraries write past Python goes to the errors as it is.
    """
    sys.stdout.flush()
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # there may be no such descriptors
            before = os.dup(1)
            stack.callback(os.close, before)
            stack.callback(os.dup2, before, 1)
            os.dup2(2, 1)
        printed = Marked(sys.stderr, name)
        stack.callback(printed.finish)
        stack.enter_context(contextlib.redirect_stdout(printed))
        stack.enter_context(contextlib.redirect_stderr(printed))
        yield
