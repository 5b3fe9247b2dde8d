"""Where in a plugin's own files something is declared, was raised, or goes on: file and line."""

from __future__ import annotations

import inspect
import os
import re
import sys
import sysconfig
import traceback
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import TypeVar

OURS = f"{os.path.dirname(os.path.dirname(os.path.abspath(__file__)))}{os.sep}"
"""What the path of every file of `gobs_core` begins with."""
_STDLIB = tuple({os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")})
_PACKAGES = ("site-packages", "dist-packages")
_PLACE = re.compile(r'\s*File "(?P<file>[^"]+)", line (?P<line>\d+)')
Place = tuple[str, int]
E = TypeVar("E", bound=BaseException)


def written(place: Place | None) -> str:
    """How a place is written behind a text; empty where it is not known."""
    return "" if place is None else f" ({place[0]}, line {place[1]})"


def place_of_class(cls: object, *methods: str) -> Place | None:
    """Where the first of these methods that a class has of its own is written, or else the class itself."""
    own = vars(cls) if isinstance(cls, type) else {}
    for name in methods:
        if inspect.isfunction(method := own.get(name)):
            return method.__code__.co_filename, method.__code__.co_firstlineno
    try:
        file, lines = inspect.getsourcefile(cls), inspect.getsourcelines(cls)  # type: ignore[arg-type]
    except (OSError, TypeError, SyntaxError):
        return None
    return None if file is None else (file, lines[1])


def noted_at(error: E, cls: type, method: str) -> E:
    """The error, with a note that it is about what this method of a plugin did, which has ended by now."""
    if (place := place_of_class(cls, method)) is not None:
        error.add_note(f'  File "{place[0]}", line {place[1]}, in {method}')
    return error


def place_of_error(error: BaseException) -> Place | None:
    """The innermost line outside of Gobservability and Python that an exception, or what it came from, went through."""
    for one in _chain(error):
        noted = [place_in(note) for note in getattr(one, "__notes__", ()) if isinstance(note, str)]
        if (place := next(filter(None, reversed(noted)), None)) is not None:
            return place
        frames = ((frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(one.__traceback__))
        if (place := _last(frames)) is not None:
            return place
    return None


def place_of_thread(ident: int | None) -> Place | None:
    """The innermost line outside of Gobservability and Python where a thread is now."""
    frame: FrameType | None = sys._current_frames().get(ident or 0)  # noqa: SLF001  there is no other way to ask
    frames = [] if frame is None else [(one.f_code.co_filename, line) for one, line in traceback.walk_stack(frame)]
    return _last(reversed(frames))


def place_in(trace: str, *, newest_first: bool = False) -> Place | None:
    """The same of what was written of an exception, whose innermost call comes last, or of a stack, the other way."""
    found = [(match["file"], int(match["line"])) for line in trace.splitlines() if (match := _PLACE.match(line))]
    return _last(reversed(found) if newest_first else found)


def place_told(trace: str) -> Place | None:
    """The same of what is told of a plugin that failed: a traceback, or what its worker wrote when it was ended."""
    if "(most recent call first)" not in trace:
        return place_in(trace)
    _, current, stack = trace.rpartition("Current thread")
    return (place_in(stack, newest_first=True) if current else None) or place_in(trace, newest_first=True)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    deepest: list[BaseException] = []
    while seen is not None and seen not in deepest:
        deepest.append(seen)
        seen = seen.__cause__
    return reversed(deepest)


def _last(frames: Iterable[Place]) -> Place | None:
    own = [place for place in frames if is_strangers(place[0])]
    return own[-1] if own else None


def is_strangers(file: str) -> bool:
    """Whether a file of code is neither of Gobservability's core nor of Python."""
    if file.startswith(("<", OURS)):
        return False
    packaged = any(f"{os.sep}{name}{os.sep}" in file for name in _PACKAGES)
    if packaged:
        return f"{os.sep}pluggy{os.sep}" not in file
    return not os.path.realpath(file).startswith(tuple(f"{place}{os.sep}" for place in _STDLIB))
