"""One finding of a diagnosis: what was looked for, what there is, what is lost for it, and what would change that."""

from __future__ import annotations

from typing import Literal, NamedTuple

Sight = Literal["ok", "limited", "none"]


class Finding(NamedTuple):
    """One line of a diagnosis."""

    what: str
    state: Sight
    found: str
    """What is there, in words."""
    lost: str = ""
    """What is not seen for it; empty: nothing."""
    change: str = ""
    """The chart value, flag or setting that would change it; empty where there is nothing to change."""
