"""A profile as a worker tells it, part by part: a stranger's, so nothing of it is believed.

On the event loop parts are only kept; whoever counts their bytes bounds what that takes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any

import msgspec

from gobs_core.profile import MAX_FRAMES, MAX_NAME, Profile, ProfileThread, StackCount, StackFrame, check_profile
from gobs_core.profiler import MAX_DURATION, ProfileProgress
from gobs_core.text import one_line
from gobs_core.workers.serve_profiler import LISTS, MAX_PART, Outline

MOST_NOTES = 100
_MOST = 2**53
"""What any number may be at most: beyond it JSON has no whole numbers."""
_EVENT = 60
_PART = msgspec.msgpack.Decoder(tuple[str, msgspec.Raw])
_OUTLINE = msgspec.msgpack.Decoder(Outline)
_PROGRESS = msgspec.msgpack.Decoder(ProfileProgress)
_Number = Annotated[int, msgspec.Meta(ge=-_MOST, le=_MOST)]
_TYPES: tuple[Any, ...] = (list[StackFrame], list[_Number], list[_Number], list[ProfileThread], list[StackCount])
_LISTS = {what: msgspec.msgpack.Decoder(found) for what, found in zip(LISTS, _TYPES, strict=True)}


class Arriving:
    """Puts one profile together. `tell` hears how far the recording is, and for how long it lasts at most."""

    def __init__(self, longest: float, tell: Callable[[ProfileProgress], None]) -> None:
        self._longest = min(longest, MAX_DURATION)
        self._tell = tell
        self._parts: dict[str, list[msgspec.Raw]] = {what: [] for what in LISTS}

    def take(self, raw: msgspec.Raw) -> None:
        """Take a part as it comes; raises ValueError or DecodeError for what is none."""
        if len(bytes(raw)) > MAX_PART:
            raise ValueError(f"a part of {len(bytes(raw))} bytes")
        what, body = _PART.decode(raw)
        if what == "progress":
            self._tell(self._checked(_PROGRESS.decode(body)))
            return
        if what not in self._parts:
            raise ValueError("a part of what no profile has")
        self._parts[what].append(body)

    def profile(self, name: str, raw: msgspec.Raw, redact: Callable[[str], str]) -> Profile:
        """The whole of it once its end has come, asked for once; raises ValueError or DecodeError.

        Takes up to a second: call it in a thread.
        """
        told, lists = _OUTLINE.decode(raw), {what: self._list(what) for what in LISTS}
        numbers = [told.frequency, told.samples, told.lost]
        for frame in lists["frames"]:
            _short(frame.name, frame.module)
        for thread in lists["threads"]:
            _short(thread.process, thread.name)
            numbers += (thread.pid + 1, thread.tid + 1)  # what has none may say -1
        if not 0 <= min(numbers) <= max(numbers) <= _MOST:
            raise ValueError("a number is less than nothing, or too large")
        if not (math.isfinite(told.started) and 0 <= told.duration <= 2 * MAX_DURATION):
            raise ValueError(f"it began at {told.started} and took {told.duration} s")
        profile = Profile(
            profiler=name,
            event=one_line(told.event, _EVENT),
            frequency=told.frequency,
            started=told.started,
            duration=told.duration,
            samples=told.samples,
            lost=told.lost,
            call_graph=told.call_graph,
            notes=[one_line(redact(note)) for note in told.notes[:MOST_NOTES]],
            **lists,
        )
        check_profile(profile)
        return profile

    def _list(self, what: str) -> list[Any]:
        items: list[Any] = []
        for part in self._parts.pop(what):
            items += _LISTS[what].decode(part)
            if len(items) > MAX_FRAMES:
                raise ValueError(f"more than {MAX_FRAMES} {what}")
        return items

    def _checked(self, progress: ProfileProgress) -> ProfileProgress:
        if not 0 <= progress.left <= 2 * MAX_DURATION or not 0 <= (progress.samples or 0) <= _MOST:
            raise ValueError("how far it is, it cannot be")
        return msgspec.structs.replace(progress, left=min(progress.left, self._longest))


def _short(*texts: str) -> None:
    if any(len(text) > MAX_NAME for text in texts):
        raise ValueError(f"a name of more than {MAX_NAME} characters")
