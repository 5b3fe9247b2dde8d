"""An inventory in its worker: what it reported last is kept, and told whenever its agent asks for what is new."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

import msgspec

from gobs_core.described import WorkloadInfo
from gobs_core.inventory import MAX_WORKLOADS, Inventory
from gobs_core.workers.bounds import HURRY
from gobs_core.workers.serving import serve
from gobs_core.workers.wire import MAX_ANSWER, Ask, Line, pack

MAX_INFO = 256 << 10
"""Bytes of one workload."""
MAX_TOLD = MAX_ANSWER - (1 << 20)
"""Bytes of all workloads together."""
_TOO_LARGE = f"one may have {MAX_INFO >> 10} KiB, and all together {MAX_TOLD >> 20} MiB"
_PART = 64 << 10
_MOST_TEXT = 1000


class News(msgspec.Struct, frozen=True, array_like=True):
    """What is new since it was asked before; the workloads themselves come in parts."""

    count: int | None = None
    """How many workloads there are now; None: it has not said so since."""
    same: bool = False
    """Whether they are as they were told before, and not told again."""
    lacking: str = ""
    """What is left out of them, and why."""
    trouble: str | None = None
    """Why what was told may be old; None: nothing is said of that."""


class _Told(NamedTuple):
    infos: list[WorkloadInfo] | None = None
    lacking: str = ""
    trouble: str | None = None


class Kept:
    """A Report that keeps the latest, from whatever thread it comes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told = _Told()
        self._news = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def workloads(self, known: Iterable[WorkloadInfo], lacking: str = "") -> None:
        """Keep it; what was reported before is of no interest any more."""
        infos = list(known)
        over = len(infos) - MAX_WORKLOADS
        if over > 0:
            lacking = f"{over} workloads over {MAX_WORKLOADS} are left out"
        with self._lock:
            self._told = _Told(infos[:MAX_WORKLOADS], str(lacking)[:_MOST_TEXT])
        self._wake()

    def trouble(self, why: str) -> None:
        """Keep it, beside what there was before it."""
        with self._lock:
            self._told = self._told._replace(trouble=str(why)[:_MOST_TEXT])
        self._wake()

    async def take(self, seconds: float) -> _Told:
        """What is new, at once or within that time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
        self._news.clear()
        with self._lock:
            told, self._told = self._told, _Told()
        return told

    def hurry(self) -> None:
        """Wait no longer."""
        self._news.set()

    def _wake(self) -> None:
        with contextlib.suppress(RuntimeError):  # it reports after it was closed
            self._loop.call_soon_threadsafe(self._news.set)


class ServedInventory:
    """Holds one inventory."""

    def __init__(self, cls: type[Inventory], config: Any, about: Mapping[str, Any]) -> None:
        self._inventory = cls(config, about["node"])
        self._opened = False
        self._sent: list[msgspec.Raw] | None = None

    def serve(self, line: Line) -> None:
        """Answer until nobody asks."""
        asyncio.run(self._serve(line))

    async def _serve(self, line: Line) -> None:
        kept = Kept()
        asyncio.get_running_loop().add_signal_handler(HURRY, kept.hurry)
        await serve(line, partial(self._answer, line, kept))

    async def _answer(self, line: Line, kept: Kept, ask: Ask) -> News | None:
        if ask.method == "close":
            self._inventory.close()
            return None
        if not self._opened:
            self._inventory.open(kept)
            self._opened = True
        told = await kept.take(msgspec.msgpack.decode(ask.body, type=float))
        if told.infos is None:
            return News(trouble=told.trouble)
        parts, left = parts_of(told.infos)
        same, self._sent = parts == self._sent, parts
        for part in () if same else parts:
            line.say(ask.id, "part", part)
        lacking = told.lacking if not left else f"{left} workloads are left out: {_TOO_LARGE}"
        return News(len(told.infos) - left, same, lacking, told.trouble)


def parts_of(infos: Iterable[WorkloadInfo]) -> tuple[list[msgspec.Raw], int]:
    """Workloads as they travel, and how many of them are too large to."""
    parts: list[msgspec.Raw] = []
    part: list[msgspec.Raw] = []
    size = total = left = 0
    for info in infos:
        raw = pack(info)
        length = len(bytes(raw))
        if length > MAX_INFO or total + length > MAX_TOLD:
            left += 1
            continue
        if part and size + length > _PART:
            parts.append(pack(part))
            part, size = [], 0
        part.append(raw)
        size, total = size + length, total + length
    return [*parts, *([pack(part)] if part else [])], left
