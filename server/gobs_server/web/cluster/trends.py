"""The last minutes of every node's headlines: sampled by the clock, whether anybody looks or not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from gobs_server.clock import Clock
from gobs_server.web.cluster.board import Board
from gobs_server.web.headlines import HEADLINES, PLACES

EVERY = 10.0
"""Seconds between two samples."""
POINTS = 60
_LOOK = 0.5
"""Seconds between two looks at the clock."""
DRAWN = ("cpu", "memory", "net_in", "net_out", "disk_read", "disk_write", "load")
"""The headlines that are sampled."""
_ALPHABET = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.", dtype=np.uint8)
"""A character for each of 64 levels, the lowest first, and one for what is not known."""
_LEVELS = 63
_UNKNOWN = 64
_PLACES = [PLACES[name] for name in DRAWN]
_TOPS = np.array([100.0 if HEADLINES[place].bar else np.nan for place in _PLACES], dtype=np.float32)
"""What is drawn at the top: a whole of what is a share, else the highest there is."""


class Trends:
    """The samples of all nodes. Lives as long as the app."""

    def __init__(self, board: Board, clock: Clock) -> None:
        self._board = board
        self._clock = clock
        self._slots: dict[str, int] = {}
        self._ring = np.full((0, len(DRAWN), POINTS), np.nan, dtype=np.float32)
        self._at = 0

    async def run(self) -> None:
        """Sample for as long as the server lives."""
        due = self._clock.monotonic()
        while True:
            await asyncio.sleep(_LOOK)
            now = self._clock.monotonic()
            if now >= due:
                due = max(due + EVERY, now)
                self.sample()

    def sample(self) -> None:
        """Keep what the headlines are now."""
        board = self._board
        board.refresh(now=True)
        self._follow([node.name for node in board.nodes])
        self._at = (self._at + 1) % POINTS
        slots = [self._slots[node.name] for node in board.nodes]
        fresh = np.array([node.state == "fresh" for node in board.nodes], dtype=bool)
        with np.errstate(over="ignore"):
            self._ring[slots, :, self._at] = np.where(fresh[:, None], board.values[:, _PLACES], np.nan)

    def drawn(self, names: Sequence[str]) -> list[dict[str, str]]:
        """Return for each node, by headline, the levels of its samples, the oldest first; empty: none is known."""
        slots = [self._slots.get(name, -1) for name in names]
        if not any(slot >= 0 for slot in slots):
            return [dict.fromkeys(DRAWN, "") for _ in names]
        samples = np.roll(self._ring[slots], -self._at - 1, axis=2)
        known = np.isfinite(samples)
        known[[slot < 0 for slot in slots]] = False
        tops = np.where(np.isnan(_TOPS), np.where(known, samples, 0).max(axis=2), _TOPS)
        with np.errstate(all="ignore"):
            levels = np.clip(np.nan_to_num(samples / tops[:, :, None]), 0, 1) * _LEVELS
        text = _ALPHABET[np.where(known, np.rint(levels).astype(np.uint8), _UNKNOWN)].tobytes().decode()
        lines = [text[at : at + POINTS].lstrip(".") for at in range(0, len(text), POINTS)]
        width = len(DRAWN)
        return [dict(zip(DRAWN, lines[at : at + width], strict=True)) for at in range(0, len(lines), width)]

    def _follow(self, names: list[str]) -> None:
        """Give every node a slot; those that are gone lose theirs."""
        if self._slots.keys() == set(names):
            return
        old, ring = self._slots, self._ring
        self._slots = {name: slot for slot, name in enumerate(names)}
        self._ring = np.full((len(names), len(DRAWN), POINTS), np.nan, dtype=np.float32)
        kept = [name for name in names if name in old]
        self._ring[[self._slots[name] for name in kept]] = ring[[old[name] for name in kept]]
