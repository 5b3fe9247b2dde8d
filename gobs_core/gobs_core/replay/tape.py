"""What a machine answered within one tick: each question is asked once, and everybody is given the same answer.

That is what makes a recording exact: of two collectors that read one file within a tick, both see what is recorded.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias, TypeVar

from gobs_core.replay.layout import LARGEST_FILE, MOST_PATHS, Failure, Tick, is_below, said
from gobs_core.replay.secrets import without_secrets


class Listing(NamedTuple):
    """What is in a folder."""

    entries: tuple[tuple[str, bool], ...]
    """(name, whether it is a folder itself; a link is none)."""


Answer: TypeAlias = bytes | str | Listing | tuple[int, ...] | Failure
FILE, LIST, STAT, LINK = "file", "list", "stat", "link"
A = TypeVar("A", bytes, str, Listing, tuple[int, ...])


class Tape:
    """One recording while it is made; may be asked from any thread."""

    def __init__(self, patterns: Iterable[re.Pattern[str]] = ()) -> None:
        self._patterns = tuple(patterns)
        self._lock = threading.RLock()
        self._now: dict[tuple[str, str], Answer] = {}
        self._last: dict[tuple[str, str], Answer] = {}
        self._opened: set[str] = set()
        self._past: list[str] = []
        self.left_out = 0
        """Paths over the limit: they are read, and not recorded."""

    def ask(self, action: str, path: str, answer: Callable[[], A]) -> A:
        """The answer of this tick, given before or now; raises OSError where that was the answer."""
        with self._lock:
            known = self._now.get((action, path))
            if known is None:
                known = self._new(action, path, answer)
            if isinstance(known, Failure):
                raise known.error(path)
            return known  # type: ignore[return-value]

    def content(self, path: str, read: Callable[[], bytes]) -> bytes:
        """The whole of a file; without secrets, where it may have any."""
        return self.ask(FILE, path, lambda: without_secrets(path, read()[:LARGEST_FILE], self._patterns))

    def open(self, path: str, do: Callable[[], int], otherwise: Callable[[], int]) -> int:
        """Open a file, or stand in for one that is gone by now and was there before within this tick."""
        with self._lock:
            known = self._now.get((FILE, path))
            if isinstance(known, Failure) and known.action == "open":
                raise known.error(path)
            try:
                fd = do()
            except OSError as error:
                if known is not None or path in self._opened:
                    return otherwise()
                self._now[FILE, path] = Failure("open", error.errno or 0)
                raise
            self._opened.add(path)
            return fd

    def past(self, path: str) -> None:
        """Note that a file was read past the Proc."""
        if (FILE, path) not in self._now and len(self._past) < MOST_PATHS:
            self._past.append(path)

    def take(self) -> tuple[Tick, list[bytes]]:
        """What this tick was answered otherwise than the one before, and the contents of its files; begins the next.

        The tick's times are still to be filled in.
        """
        with self._lock:
            if gone := self._gone():
                self._last = {key: answer for key, answer in self._last.items() if not is_below(key[1], gone)}
            for path in self._opened:
                if (FILE, path) not in self._now and not isinstance(self._last.get((FILE, path)), bytes):
                    self._now[FILE, path] = b""
            changed = {key: answer for key, answer in self._now.items() if self._last.get(key) != answer}
            self._last |= changed
            past, self._now, self._opened, self._past = self._past, {}, set(), []
        return _tick(changed, past)

    def _gone(self) -> set[str]:
        """What was in a folder at the tick before, and is not now."""
        gone: set[str] = set()
        for (action, path), now in self._now.items():
            before = self._last.get((LIST, path)) if action == LIST else None
            if isinstance(before, Listing) and isinstance(now, Listing) and now != before:
                there = {name for name, _ in now.entries}
                gone.update(f"{path}/{name}" for name, _ in before.entries if name not in there)
        return gone

    def _new(self, action: str, path: str, answer: Callable[[], A]) -> Answer:
        found: Answer
        try:
            found = answer()
        except OSError as error:
            found = Failure("read" if action == FILE else action, error.errno or 0)
        if (action, path) in self._last or len(self._last) + len(self._now) < MOST_PATHS:
            self._now[action, path] = found
        else:
            self.left_out += 1
        return found


def _tick(changed: dict[tuple[str, str], Answer], past: list[str]) -> tuple[Tick, list[bytes]]:
    contents: list[bytes] = []
    fresh = Tick(wall_ns=0, monotonic_ns=0, past=[said(path) for path in past])
    for (_, path), answer in changed.items():
        name = said(path)
        if isinstance(answer, Failure):
            fresh.failed.append((answer.action, name, answer.name))
        elif isinstance(answer, bytes):
            fresh.files.append((name, len(answer)))
            contents.append(answer)
        elif isinstance(answer, str):
            fresh.links[name] = said(answer)
        elif isinstance(answer, Listing):
            fresh.folders[name] = [(said(entry), folder) for entry, folder in answer.entries]
        else:
            fresh.stats[name] = answer  # type: ignore[assignment]
    return fresh, contents
