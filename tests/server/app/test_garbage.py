"""The garbage collector of a server that has begun."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from weakref import ref

import pytest

from gobs_server.garbage import settle


class Knot:
    """Refers to itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def _thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("_thresholds")
def test_what_is_there_at_the_start_is_looked_at_no_more_and_later_garbage_is_still_collected() -> None:
    settle()
    assert gc.get_freeze_count() > 1000
    knots = [ref(Knot()) for _ in range(50_000)]
    assert sum(knot() is not None for knot in knots) < 30_000
