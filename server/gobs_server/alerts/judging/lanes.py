"""The state machine: ok, pending, firing, quiet, for many lanes at once. A lane is one severity of one rule on one row.

The same code judges what comes in and what is replayed. It knows no clock: `now` is a number of seconds that only
grows. A lane that is ok holds nothing that a new lane would not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gobs_server.tables.values import Numbers

OK, PENDING, FIRING, QUIET = range(4)
"""States. QUIET: dismissed by somebody; stays so until the condition does not hold, once."""
COOL, HOT, UNKNOWN, GONE, NOT_YET = range(5)
"""What is said of a lane at one moment: the condition does not hold, holds, the value is not known, the row is no more,
too little was seen so far to tell."""
AS_IT_WAS, AS_OK, AS_BREACH = range(3)
"""What UNKNOWN counts as."""
CLEARED, TARGET_GONE, NO_DATA = range(3)
"""Why an alert is over by itself."""
STALE = 3600.0
"""Seconds after which what was last known of a row counts no more, so that nothing fires for ever."""
_TINY = 1e-6

Codes = NDArray[np.int8]
Index = NDArray[np.intp]


class Params(NamedTuple):
    """What a rule asks for, of one lane."""

    hold: float
    """Seconds it must hold before it fires."""
    keep: float
    """Seconds it goes on firing after it held last."""
    no_data: int


class Step(NamedTuple):
    """Which lanes changed at one moment. The arrays hold places; none is in two of the first four."""

    began: Index
    fired: Index
    """From ok or from pending."""
    resolved: Index
    ended: Index
    """Pending or quiet before, ok now."""
    reasons: Codes
    """Why each of `resolved` is over."""
    moved: Index
    """Still in their state, with moments that should be remembered."""


_NONE: Index = np.zeros(0, dtype=np.intp)
NOTHING = Step(_NONE, _NONE, _NONE, _NONE, np.zeros(0, dtype=np.int8), _NONE)
"""Nothing has changed."""
_COLUMNS = (
    ("state", np.int8),
    ("no_data", np.int8),
    ("cooling", bool),
    ("late", bool),
    *((name, np.float64) for name in ("since", "at", "hot_at", "worst", "hold", "keep")),
)


class Lanes:
    """Some lanes and their states, by place."""

    def __init__(self, params: list[Params] | None = None) -> None:
        self.state: Codes
        self.since: Numbers
        """When the condition began to hold; moved on by what nobody saw."""
        self.at: Numbers
        """When something was last said of it that counts."""
        self.hot_at: Numbers
        """When it held last."""
        self.worst: Numbers
        self.cooling: NDArray[np.bool_]
        """Whether it fires although it does not hold now."""
        self.late: NDArray[np.bool_]
        """Whether nothing has been said of it for too long."""
        self.hold: Numbers
        self.keep: Numbers
        self.no_data: Codes
        for name, kind in _COLUMNS:
            setattr(self, name, np.zeros(0, dtype=kind))
        self.add(params or [])

    def __len__(self) -> int:
        return len(self.state)

    def add(self, params: list[Params]) -> None:
        """Append lanes that are ok."""
        more = len(params)
        for name, kind in _COLUMNS:
            setattr(self, name, np.concatenate((getattr(self, name), np.zeros(more, dtype=kind))))
        if more:
            self.hold[-more:] = [one.hold for one in params]
            self.keep[-more:] = [one.keep for one in params]
            self.no_data[-more:] = [one.no_data for one in params]
            self.worst[-more:] = np.nan
            self.at[-more:] = -np.inf

    def retain(self, stay: NDArray[np.bool_]) -> None:
        """Let go of the others; the rest moves up."""
        for name, _ in _COLUMNS:
            setattr(self, name, getattr(self, name)[stay])

    def step(self, now: float, gap: float, said: Codes, values: Numbers) -> Step:
        """Go on to `now`; `values` count as worse the larger they are.

        Time without anything said counts only up to `gap` seconds: a longer one is no part of `since` to `now`.
        """
        if self._goes_on(said):
            self.at[:] = self.hot_at[:] = now
            self._worsen(self.state == FIRING, values)
            return NOTHING
        said, unknown = said.copy(), (said == UNKNOWN) | (said == NOT_YET)
        if unknown.any():
            lacking = said == UNKNOWN
            said[lacking & (self.no_data == AS_BREACH)] = HOT
            said[lacking & (self.no_data == AS_OK)] = COOL
            said[unknown & (said != HOT) & (now - self.at >= STALE)] = COOL
        counts = (said != UNKNOWN) & (said != NOT_YET)
        hot, cool = said == HOT, counts & (said != HOT)
        state = self.state
        moved = self._wait(now, gap, hot)
        ready = hot & (now - self.since >= self.hold - _TINY)
        began = hot & (state == OK)
        fired = ready & ((state == OK) | (state == PENDING))
        over = (state == FIRING) & cool & (now - self.hot_at >= self.keep - _TINY)
        ended = cool & ((state == PENDING) | (state == QUIET))
        edge = (state == FIRING) & ((cool & ~over & ~self.cooling) | (hot & self.cooling))
        late = ~counts & (now - self.at > gap + _TINY)
        moved |= (late != self.late) & (state != OK) & ~over & ~ended
        self._note(now, counts, hot, values, fired)
        self.cooling[edge] ^= True
        self.late = late
        state[began] = PENDING
        state[fired] = FIRING
        state[over | ended] = OK
        resolved = np.flatnonzero(over)
        reasons = np.where(unknown[resolved], NO_DATA, np.where(said[resolved] == GONE, TARGET_GONE, CLEARED))
        return Step(
            np.flatnonzero(began & ~fired),
            np.flatnonzero(fired),
            resolved,
            np.flatnonzero(ended),
            reasons.astype(np.int8),
            np.flatnonzero((moved | edge) & ~fired),
        )

    def credit(self, place: int, since: float) -> bool:
        """What nobody saw was seen after all: the condition has held since then. True where that is earlier."""
        if self.state[place] != PENDING or not since < self.since[place] - _TINY:
            return False
        self.since[place] = since
        return True

    def _goes_on(self, said: Codes) -> bool:
        """Whether all of them fire or are quiet, hold, and did so before: then nothing becomes of any."""
        if not (said == HOT).all() or self.cooling.any() or self.late.any():
            return False
        return bool((self.state >= FIRING).all())

    def _wait(self, now: float, gap: float, hot: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Let those that begin begin now, and leave out of the waiting what nobody saw."""
        lost = now - self.at
        moved: NDArray[np.bool_] = hot & (self.state == PENDING) & (lost > gap + _TINY)
        self.since[moved] += lost[moved]
        self.since[hot & (self.state == OK)] = now
        return moved

    def _note(
        self, now: float, counts: NDArray[np.bool_], hot: NDArray[np.bool_], values: Numbers, fired: NDArray[np.bool_]
    ) -> None:
        self.at[counts] = now
        self.hot_at[hot] = now
        self.worst[fired] = np.nan
        self.cooling[fired] = False
        self._worsen((self.state == FIRING) | fired, values)

    def _worsen(self, firing: NDArray[np.bool_], values: Numbers) -> None:
        self.worst[firing] = np.fmax(self.worst[firing], values[firing])
