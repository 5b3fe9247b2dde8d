"""Refuses a Python that is too old with a sentence, before anything that only a newer one knows is imported."""

from __future__ import annotations

import sys


def require(version: tuple[int, ...]) -> None:
    """End the program unless this version of Python will do."""
    if version < (3, 11):
        found = ".".join(map(str, version[:3]))
        sys.exit(f"gobs: needs Python 3.11 or newer, and this is Python {found}")


require(sys.version_info[:3])
