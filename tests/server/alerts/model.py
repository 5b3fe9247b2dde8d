"""A slow model of one lane, written from docs/alerts.md alone: what an alert does for one row, one reading at a time.

It remembers every reading since the condition began to hold and adds up the time that somebody saw, instead of moving
a moment about as the engine does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isnan, nan
from typing import Literal

NoData = Literal["keep", "ok", "alert"]
HOUR = 3600.0


@dataclass
class Asked:
    """What the rule asks for."""

    threshold: float = 50.0
    clear: float | None = None
    hold: float = 0.0
    keep: float = 0.0
    no_data: NoData = "keep"
    gap: float = 15.0


@dataclass
class Model:
    """One lane."""

    asked: Asked
    state: str = "ok"
    told: list[tuple[float, str]] = field(default_factory=list)
    """(when, fired | cleared | gone | no data | dismissed)."""
    _held: list[float] = field(default_factory=list)
    """The moments at which the condition held, since it began to without a break."""
    _last_held: float = nan
    _last_said: float = nan

    def reading(self, now: float, value: float) -> None:
        """The row was read; NaN: its value is not known."""
        if isnan(value):
            self.unknown(now)
        else:
            limit = self.asked.threshold
            if self.state == "firing" and self.asked.clear is not None:
                limit = self.asked.clear
            self._say(now, holds=value > limit, why="cleared")

    def unknown(self, now: float) -> None:
        """Nothing is known of the row at this moment."""
        self._judged = True
        if self.asked.no_data == "alert":
            self._say(now, holds=True, why="no data")
        elif self.asked.no_data == "ok" or not now - self._last_said < HOUR:
            self._say(now, holds=False, why="no data", said=self.asked.no_data == "ok")

    def never_read(self, now: float) -> None:
        """The server has begun anew, and its table has not come since."""
        if self.state != "ok" and now - self._last_said >= HOUR:
            self._say(now, holds=False, why="no data")

    def gone(self, now: float) -> None:
        """The table was read, and the row is not in it."""
        self._say(now, holds=False, why="gone")

    def dismiss(self, now: float) -> None:
        """Somebody dismisses it."""
        if self.state == "firing":
            self.state = "quiet"
            self.told.append((now, "dismissed"))

    def restart(self, now: float) -> None:
        """The server ends now, and another one goes on: what was so when it was last seen was so until now."""
        if self._judged and now - self._last_said <= self.asked.gap:
            if self._held:
                self._seen += now - self._last_said
            if self._holds:
                self._last_held = now
            self._last_said = now
        self._judged = False

    def void(self) -> None:
        """The rule is another one now."""
        self.state, self._held = "ok", []

    def _say(self, now: float, *, holds: bool, why: str, said: bool = True) -> None:
        if holds:
            self._hold(now)
        else:
            self._held = []
            if self.state == "firing":
                if now - self._last_held >= self.asked.keep:
                    self.state = "ok"
                    self.told.append((now, why))
            else:
                self.state = "ok"
        self._last_said, self._holds, self._judged = now, holds, True

    def _hold(self, now: float) -> None:
        if self.state in ("ok", "pending"):
            self.state = "pending"
            if not self._held:
                self._seen = 0.0
            elif now - self._last_said <= self.asked.gap:
                self._seen += now - self._last_said
            self._held.append(now)
            if self._seen >= self.asked.hold:
                self.state, self._held = "firing", []
                self.told.append((now, "fired"))
        self._last_held = now

    _seen: float = 0.0
    _holds: bool = False
    _judged: bool = False
