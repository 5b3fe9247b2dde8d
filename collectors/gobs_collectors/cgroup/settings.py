"""The settings of the cgroup collector."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from gobs_core import CollectorConfig
from gobs_core.table import MAX_ROWS


class CgroupConfig(CollectorConfig, frozen=True, kw_only=True):
    """Settings of the cgroup collector."""

    max_containers: Annotated[int, Meta(ge=1, le=MAX_ROWS)] = 2_000
    """How many containers are read; those above are left out, counted and said."""
    every: Annotated[int, Meta(ge=1, le=720)] = 12
    """Ticks between two readings of limits, and of the memory of a container that has not run."""
    descriptors: Annotated[int, Meta(ge=0)] = 2_000
    """How many descriptors are kept, five for a container, each for 4 KiB of kernel memory; others are reopened."""
