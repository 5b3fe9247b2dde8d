"""Hints for a name that is none."""

from __future__ import annotations

from collections.abc import Iterable

MAX_LISTED = 12


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint at the known name that looks most like this one, or at all of them when they are few."""
    from difflib import get_close_matches

    names = sorted(set(known))
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there is {', '.join(names)}" if 0 < len(names) <= MAX_LISTED else ""
