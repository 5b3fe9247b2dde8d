"""The workers of one program: which plugins have one, and where all of them are started."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from gobs_core.plugins import Plugins
from gobs_core.plugins.placing import apart
from gobs_core.settings.sections import WorkerSettings

if TYPE_CHECKING:
    from gobs_core.workers.process import Nursery
    from gobs_core.workers.worker import Worker


Hear: TypeAlias = Callable[[str, str], Callable[[bytes], None]]
"""Gives of kind and name of a plugin who is told what it prints, part by part."""


class Apart:
    """Makes workers. Lives as long as its agent or server; nothing of workers is loaded before the first is made.

    What is printed in them goes into the log, unless there is a `hear`.
    """

    def __init__(self, settings: WorkerSettings, plugins: Plugins, hear: Hear | None = None) -> None:
        self._settings = settings
        self._hear = hear
        self._plugins = plugins
        self._nursery: Nursery | None = None

    def holds(self, kind: str, name: str) -> bool:
        """Whether a plugin runs in a worker."""
        return apart(self._settings, self._plugins, kind, name)

    def worker(
        self,
        kind: str,
        name: str,
        config: object,
        about: Mapping[str, Any],
        now: Callable[[], float] = time.monotonic,
    ) -> Worker:
        """A worker that is to hold a plugin, with its settings and what else it is made with; not started yet."""
        from gobs_core.workers.process import Nursery
        from gobs_core.workers.worker import Held, Worker

        if self._nursery is None:
            self._nursery = Nursery()
        held = Held(kind, name, self._plugins.origin(kind, name), config, dict(about))
        hear = None if self._hear is None else self._hear(kind, name)
        return Worker(held, self._settings, self._nursery, now=now, hear=hear)
