"""Python's garbage collector in a server: what it need not look at, and how seldom it looks at the rest."""

from __future__ import annotations

import gc

from gobs_server.trim import give_back

_NEW = 20_000
"""Objects made and not yet let go before the newest are looked at: Python's own 700 are less than a batch of frames."""


def settle() -> None:
    """Let what is there now stay for good, unlooked at; to be called once, when everything is loaded and has begun."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW, 20, 20)
    give_back()
