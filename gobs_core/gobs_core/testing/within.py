"""Doing what a plugin does in a thread of its own, so that one that hangs or ends the program is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from gobs_core.plugins.places import place_of_error, place_of_thread, written

T = TypeVar("T")


class Ended(AssertionError):
    """It took too long, or would have ended the program."""


class Step:
    """What is being done, and since when: told by who does it, looked at by who waits for it."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.since = time.monotonic()

    def begin(self, what: str) -> None:
        """Say that the next thing begins."""
        self.what, self.since = what, time.monotonic()


def within(seconds: float, what: str, work: Callable[[Step], T]) -> T:
    """Return what `work` returns and raise what it raises, as long as none of its steps takes longer than that.

    Otherwise, and for what would end the program (SystemExit), raise Ended with what it was and where. A thread that
    hangs is left behind.
    """
    step = Step(what)
    done: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work(step))
        except BaseException as error:  # noqa: BLE001  whatever it is, it is raised again below
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while thread.is_alive():
        left = step.since + seconds - time.monotonic()
        if left <= 0:
            raise Ended(f"{step.what} took longer than {seconds:g} s{written(place_of_thread(thread.ident))}")
        thread.join(left)
    if not failed:
        return done[0]
    [error] = failed
    if isinstance(error, Exception):
        raise error
    name = type(error).__name__
    place = written(place_of_error(error))
    raise Ended(f"{step.what} raises {name}: {error}, which would end the program{place}") from error
