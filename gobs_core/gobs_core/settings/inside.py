"""The same settings with every plugin in this process: for what no worker would find, or nobody could afford."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from gobs_core.settings.load import Settings


def all_inside(settings: Settings) -> Settings:
    """Settings by which no plugin has a worker."""
    workers = msgspec.structs.replace(settings.plugins.workers, foreign=False)
    return replace(settings, plugins=msgspec.structs.replace(settings.plugins, workers=workers))
