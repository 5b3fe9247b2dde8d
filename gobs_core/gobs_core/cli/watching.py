"""Reading again and again while somebody edits a collector: each time by a new process, so that what was saved counts.

A collector that hangs, crashes or cannot be imported ends its own process, and what it said is shown until the next.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

CLEAR = "\x1b[H\x1b[2J"
PATIENCE = 60.0
"""Seconds a reading may take before its process is ended."""
_GOBS = "import sys; from gobs_core.cli import main; sys.exit(main())"


def again(argv: Sequence[str]) -> list[str]:
    """The command that does the same once."""
    return [sys.executable, "-c", _GOBS, *(word for word in argv if word != "--watch")]


def watch(
    command: Sequence[str],
    pause: float,
    *,
    write: Callable[[str], object],
    clear: bool,
    go_on: Callable[[], bool] = lambda: True,
    patience: float = PATIENCE,
) -> None:
    """Run the command again and again, and write what it says; until interrupted.

    From one start to the next it is the pause at least. What went wrong as it did the time before is not written again.
    """
    wrong = ""
    with _interruptible() as check:
        while go_on():
            began = time.monotonic()
            said = _said(command, patience)
            told = said.output + ("" if said.wrong == wrong and not clear else said.wrong)
            if told and not (said.wrong and said.wrong == wrong and not said.output):
                write(f"{CLEAR if clear else ''}{told}{time.strftime('%H:%M:%S')}, again and again; Ctrl+C ends it\n")
            wrong = said.wrong
            check()
            time.sleep(max(0.0, pause - (time.monotonic() - began)))
            check()


class _Said(NamedTuple):
    output: str
    wrong: str
    """What went to the errors, or became of the process."""


@contextmanager
def _interruptible() -> Iterator[Callable[[], None]]:
    """Give a call that raises KeyboardInterrupt once there was one; Python drops what is raised within a destructor."""
    interrupted = False

    def note(_signal: int, _frame: object) -> None:
        nonlocal interrupted
        interrupted = True
        raise KeyboardInterrupt

    def check() -> None:
        if interrupted:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)


def _said(command: Sequence[str], patience: float) -> _Said:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="backslashreplace", timeout=patience, check=False
        )
    except subprocess.TimeoutExpired:
        return _Said("", f"no answer within {patience:g} s; the process was ended\n")
    ended = f"the process was ended by signal {-done.returncode}\n" if done.returncode < 0 else ""
    return _Said(done.stdout, done.stderr + ended)
