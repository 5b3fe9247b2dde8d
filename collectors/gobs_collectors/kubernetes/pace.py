"""How long the parts of a watch take."""

from __future__ import annotations

from typing import NamedTuple


class Pace(NamedTuple):
    """How long things take, in seconds; tests have less of it."""

    watch: float = 300.0
    """After which the API server is asked to end a watch, and up to twice that."""
    patience: float = 30.0
    """What a page may take, and how much longer than asked for a watch may be silent."""
    first_pause: float = 0.5
    longest_pause: float = 60.0
    brief: float = 1.0
    """A watch that ends sooner without an event was no success."""
    page: int = 100
