"""A draft: a reading of which everything is known but what conditions answer that have to be asked."""

from __future__ import annotations

from functools import cached_property

from gobs_core import Sample
from gobs_server.alerts.judging.source import Asked, Plan
from gobs_server.tables.values import Numbers


class Draft:
    """A reading that is half judged."""

    def __init__(self, now: float, plan: Plan, values: Numbers, *, calm: bool) -> None:
        self.now = now
        self.plan = plan
        self.values = values
        """Of all signals, one after another, larger being worse."""
        self.calm = calm
        """Whether no lane that is ok can be anything else now."""
        self.samples: list[tuple[Asked, Sample]] = []
        """What conditions have to be asked."""

    @cached_property
    def seen(self) -> Numbers:
        """For every lane what it looks at."""
        return self.values[self.plan.flat] if len(self.plan.flat) else self.values[:0]
