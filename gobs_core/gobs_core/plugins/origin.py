"""Where a plugin came from: its entry point and the distribution that brought it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol

from gobs_core.plugins.installed import entry_points

OURS = ("gobs-collectors", "gobs-core", "gobs-notifiers", "gobs-server", "gobs-sinks")
"""The distributions that are Gobservability's own."""


class Distribution(Protocol):
    """What is asked of the distribution behind an entry point."""

    @property
    def name(self) -> str:
        """Its name, e.g. `gobs-collectors`."""

    @property
    def version(self) -> str:
        """Its version."""


class EntryPointLike(Protocol):
    """What is asked of an entry point; `importlib.metadata.EntryPoint` is one, tests bring their own."""

    @property
    def name(self) -> str:
        """Left of the equals sign."""

    @property
    def value(self) -> str:
        """Right of it."""

    @property
    def dist(self) -> Any:
        """A Distribution, or None where it is not known."""

    def load(self) -> Any:
        """Import what it points to; anything may be raised."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a plugin came from. An unknown distribution has an empty name."""

    entry_point: str
    distribution: str = ""
    version: str = ""
    value: str = ""
    """What the entry point stands for, `module` or `module:attribute`."""

    @property
    def foreign(self) -> bool:
        """Whether it came by an entry point of a distribution that is none of Gobservability's."""
        return bool(self.entry_point) and re.sub(r"[-_.]+", "-", self.distribution).lower() not in OURS

    def __str__(self) -> str:
        """Return it as errors name it."""
        where = f"{self.distribution} {self.version}".strip() or "an unknown distribution"
        return f"entry point {self.entry_point!r} of {where}"


def origin_of(entry_point: EntryPointLike) -> Origin:
    """Tell the origin of an entry point; a distribution with broken metadata counts as unknown."""
    try:
        dist = entry_point.dist
        return Origin(entry_point.name, str(dist.name or ""), str(dist.version or ""), entry_point.value)
    except Exception:  # noqa: BLE001  metadata of strangers may be broken in any way
        return Origin(entry_point.name, value=entry_point.value)


def installed(*groups: str) -> tuple[EntryPointLike, ...]:
    """All entry points of these groups, sorted by name, then by distribution, so that no order depends on the disk."""
    return sort(point for group in groups for point in entry_points(group))


def sort(found: Any) -> tuple[EntryPointLike, ...]:
    """Sort entry points by name, then by distribution."""
    return tuple(sorted(found, key=lambda point: (point.name, origin_of(point).distribution, point.value)))
