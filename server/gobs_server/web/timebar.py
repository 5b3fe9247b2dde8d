"""What a page offers of the past: from when on there is one, where the page is in it, and a few moments to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from quart import request

from gobs_server.web.format import duration
from gobs_server.web.looking import Looking, looking

_OFFERED = (60.0, 300.0, 900.0, 3600.0, 6 * 3600.0, 86400.0)


class Offer(NamedTuple):
    """One moment, by how long before another it is."""

    seconds: float
    label: str
    path: str
    current: bool


@dataclass(frozen=True, slots=True)
class TimeBar:
    """The times of one page."""

    path: str
    """Its address, as it is now."""
    first: float
    """Seconds since 1970, as all times here, by the server's clock: the first moment of which anything is kept."""
    now: float
    step: float
    """Seconds between two readings."""
    looking: Looking | None
    """The moment it shows; None: it is live."""
    back: list[Offer]
    """Moments before now."""
    against: list[Offer]
    """Moments before the one it shows, to compare that with."""


def asked_moment(now: float) -> Looking | None:
    """Return the moment this request asks for; None: now. Raises ValueError for what is no moment."""
    return looking(request.args.get("at", "")[:40].strip(), request.args.get("against", "")[:40].strip(), now)


def timebar(
    now: float,
    span: tuple[float, float] | None,
    path: str,
    there: Looking | None,
    interval: float,
) -> TimeBar | None:
    """Return the times of a page of which a past is kept over `span`; None where none is and none is asked for."""
    if span is None and there is None:
        return None
    first = now if span is None else min(span[0], now)
    join = "&" if "?" in path else "?"
    back = [
        Offer(seconds, _label(seconds), f"{path}{join}at={seconds:g}", current=False)
        for seconds in _OFFERED
        if now - seconds >= first
    ]
    return TimeBar(path, first, now, max(interval, 1.0), there, back, _before(path, there, first))


def _before(path: str, there: Looking | None, first: float) -> list[Offer]:
    """Return what a moment can be compared with."""
    if there is None:
        return []
    moments = [(seconds, Looking(there.at, there.at - seconds)) for seconds in _OFFERED if there.at - seconds >= first]
    return [Offer(s, _label(s), one.under(path), there.against == one.against) for s, one in moments]


def _label(seconds: float) -> str:
    return duration(seconds).replace(" 0 s", "").replace(" 0 min", "").replace(" 0 h", "")
