"""One scenario, two counts: the reduced one in every `make test`, the full one in `make soak`."""

from __future__ import annotations

from typing import Any

import pytest


def counts(name: str, *, reduced: int, full: int, seconds: int = 120) -> pytest.MarkDecorator:
    """Give a test its count as the argument `name`; `@counts("ticks", reduced=20, full=10_000)`.

    The reduced count may take `seconds`, the full one as long as it takes.
    """
    short = pytest.param(reduced, marks=[pytest.mark.timeout(seconds)], id=f"{reduced} {name}")
    long: Any = pytest.param(full, marks=[pytest.mark.soak, pytest.mark.timeout(0)], id=f"{full} {name}")
    return pytest.mark.parametrize(name, [short, long])
