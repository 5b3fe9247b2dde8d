"""A profiler in its worker: on an event loop of its own, for one recording, which may be bidden to end early."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from gobs_core.proc import Proc
from gobs_core.profile import MAX_NAME, CallGraph, Profile, ProfileThread, StackFrame, check_profile
from gobs_core.profiler import ProfileFailed, ProfileOrder, ProfileProcesses, ProfileProgress, Profiler
from gobs_core.workers.bounds import HURRY
from gobs_core.workers.child import failure_of
from gobs_core.workers.serving import serve
from gobs_core.workers.wire import MAX_ANSWER, Ask, Failure, Line, pack

LISTS = ("frames", "parents", "functions", "threads", "counts")
"""What of a profile travels in parts; the rest is told at the end, as an Outline."""
MAX_PART = 64 << 10
"""Bytes of a part."""
MAX_PROFILE = MAX_ANSWER - (2 << 20)
"""Bytes of all parts of a profile: some are left for how far it is."""
_MANY = 2000
_NEWS = 0.25
"""Seconds between two words of how far it is, unless it has come to another state."""


class Recorded(msgspec.Struct, frozen=True, array_like=True):
    """What is to be recorded."""

    order: ProfileOrder
    pids: tuple[int, ...]
    whole: bool


class Outline(msgspec.Struct, frozen=True, array_like=True):
    """A profile without its lists."""

    event: str
    frequency: int
    started: float
    duration: float
    samples: int
    lost: int
    call_graph: CallGraph
    notes: list[str]


class ServedProfiler:
    """Holds one profiler."""

    def __init__(self, cls: type[Profiler], config: Any, about: Mapping[str, Any]) -> None:
        self._profiler = cls(config, Proc(about["proc"], about["sys"]))
        self._opened = self._hurried = False
        self._recording: asyncio.Task[Profile | Failure] | None = None

    def serve(self, line: Line) -> None:
        """Answer until nobody asks."""
        asyncio.run(self._serve(line))

    async def _serve(self, line: Line) -> None:
        asyncio.get_running_loop().add_signal_handler(HURRY, self._hurry)
        await serve(line, partial(self._answer, line))

    async def _answer(self, line: Line, ask: Ask) -> Outline | Failure | None:
        if ask.method == "close":
            self._profiler.close()
            return None
        if not self._opened:
            await asyncio.to_thread(self._profiler.open)
            self._opened = True
        if ask.method == "open":
            return None
        profile = await self._record(msgspec.msgpack.decode(ask.body, type=Recorded), _News(line, ask.id))
        if isinstance(profile, Failure):
            return profile
        if not isinstance(profile, Profile):
            raise TypeError(f"record() must return a Profile, not {type(profile).__name__}")
        check_profile(profile)
        for part in parts_of(profile):
            line.say(ask.id, "part", part)
        return outline_of(profile)

    async def _record(self, asked: Recorded, news: _News) -> Profile | Failure:
        self._recording = asyncio.create_task(self._recorded(asked, news))
        if self._hurried:
            self._recording.cancel()
        try:
            return await self._recording
        except asyncio.CancelledError:
            raise ProfileFailed("it was cancelled") from None

    async def _recorded(self, asked: Recorded, news: _News) -> Profile | Failure:
        try:
            return await self._profiler.record(asked.order, ProfileProcesses(asked.pids, asked.whole), news.tell)
        except SystemExit as error:  # which a task would pass on to the loop, and end it
            return failure_of(error)

    def _hurry(self) -> None:
        self._hurried = True
        if self._recording is not None:
            self._recording.cancel()


class _News:
    """Tells how far it is, but no more often than anybody could read."""

    def __init__(self, line: Line, ask: int) -> None:
        self._line, self._ask = line, ask
        self._last, self._state = -float("inf"), ""

    def tell(self, progress: ProfileProgress) -> None:
        """Tell it, unless something like it was told just now."""
        now = time.monotonic()
        if progress.state == self._state and now - self._last < _NEWS:
            return
        self._last, self._state = now, progress.state
        self._line.say(self._ask, "part", ("progress", progress))


def parts_of(profile: Profile) -> Iterator[msgspec.Raw]:
    """The lists of a profile as they travel; raises ProfileFailed where it is too large."""
    size = 0
    for what in LISTS:
        found = getattr(profile, what)
        items = list(map(_CUT[what], found)) if what in _CUT else found
        for first in range(0, len(items), _MANY):
            for part in _parts(what, items[first : first + _MANY]):
                size += len(bytes(part))
                if size > MAX_PROFILE:
                    most = MAX_PROFILE >> 20
                    raise ProfileFailed(f"the profile has more than {most} MiB; record less, or for a shorter time")
                yield part


def outline_of(profile: Profile) -> Outline:
    """All of a profile but its lists, and but its profiler, which is known."""
    return Outline(
        profile.event,
        profile.frequency,
        float(profile.started),
        float(profile.duration),
        profile.samples,
        profile.lost,
        profile.call_graph,
        [str(note)[:1000] for note in profile.notes[:100]],
    )


def _parts(what: str, items: Sequence[object]) -> Iterator[msgspec.Raw]:
    part = pack((what, items))
    if len(bytes(part)) <= MAX_PART or len(items) == 1:
        yield part
    else:
        half = len(items) // 2
        yield from _parts(what, items[:half])
        yield from _parts(what, items[half:])


def _frame(one: StackFrame) -> StackFrame:
    long = len(one.name) > MAX_NAME or len(one.module) > MAX_NAME
    return StackFrame(one.name[:MAX_NAME], one.module[:MAX_NAME], one.kind) if long else one


def _thread(one: ProfileThread) -> ProfileThread:
    long = len(one.process) > MAX_NAME or len(one.name) > MAX_NAME
    return ProfileThread(one.pid, one.tid, one.process[:MAX_NAME], one.name[:MAX_NAME]) if long else one


_CUT: Mapping[str, Callable[[Any], object]] = {"frames": _frame, "threads": _thread}
