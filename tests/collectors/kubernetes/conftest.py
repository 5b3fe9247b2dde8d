"""A fake API server for each test that asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collectors.kubernetes.rig import Rig, rig


@pytest.fixture
def kube(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path) as made:
        yield made
