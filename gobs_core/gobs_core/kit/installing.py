"""Installing a plugin's distribution into the Python that Gobservability runs in."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Sequence

from gobs_core.errors import UserError
from gobs_core.plugins.origin import installed, origin_of


def install(words: Sequence[str]) -> list[str]:
    """Install what these words name, as pip understands them; return the names of the entry points it brought."""
    from importlib.util import find_spec

    if find_spec("pip") is None:
        raise UserError(f"this Python has no pip; use your own: uv pip install --python {sys.executable} …")
    before = _points()
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *words]
    done = subprocess.run(command, stdout=sys.stderr, check=False)
    if done.returncode:
        raise UserError(f"pip could not install {', '.join(words)}; what it said is above")
    importlib.invalidate_caches()
    return sorted({name for name, _, _, _ in _points() - before})


def _points() -> set[tuple[str, str, str, str]]:
    found = ((point, origin_of(point)) for point in installed("gobs"))
    return {(point.name, point.value, origin.distribution, origin.version) for point, origin in found}
