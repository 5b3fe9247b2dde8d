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
    """Run the command again and again, and write what it says, with a pause between; until interrupted."""
    with _interruptible() as check:
        while go_on():
            said = _said(command, patience)
            write(f"{CLEAR if clear else ''}{said}{time.strftime('%H:%M:%S')}, again and again; Ctrl+C ends it\n")
            check()
            time.sleep(pause)
            check()


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


def _said(command: Sequence[str], patience: float) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="backslashreplace", timeout=patience, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {patience:g} s; the process was ended\n"
    ended = f"the process was ended by signal {-done.returncode}\n" if done.returncode < 0 else ""
    return done.stdout + done.stderr + ended
