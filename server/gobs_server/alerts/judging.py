"""Judging: asking conditions, so that one that fails or hangs costs nobody but itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from math import isnan, nan

from gobs_core import Condition, PluginConfig, PluginState, Sample
from gobs_core.agent.worker import Job, Worker
from gobs_core.logs import get_logger
from gobs_core.plugins import Plugins
from gobs_server.alerts.check import Check
from gobs_server.alerts.source import Asked

log = get_logger("gobs.alerts")
_OURS = "gobs_server."
_DEADLINE = 1.0
"""Seconds a condition from elsewhere may take over one column."""


class Judging:
    """The conditions there are. Lives as long as the server: `open`, then `close`."""

    def __init__(self, classes: Mapping[str, type[Condition]], configs: Mapping[str, PluginConfig]) -> None:
        self.conditions: dict[str, Condition] = {}
        self.faults: dict[str, str] = {}
        """Condition -> why it has said nothing of late."""
        self._workers: dict[str, Worker] = {}
        for name, cls in classes.items():
            config = configs.get(name) or cls.Config()
            if config.enabled:
                self.conditions[name] = cls(config)

    def open(self) -> None:
        """Open all; one that cannot be opened is left out."""
        for name, condition in list(self.conditions.items()):
            try:
                condition.open()
            except Exception as error:  # noqa: BLE001  a stranger's code may raise anything
                self._failed(name, f"cannot be opened: {type(error).__name__}: {error}")
                del self.conditions[name]

    def close(self) -> None:
        """Close all, each by itself."""
        for worker in self._workers.values():
            worker.close()
        for name, condition in self.conditions.items():
            try:
                condition.close()
            except Exception as error:  # noqa: BLE001  as above
                self._failed(name, f"cannot be closed: {type(error).__name__}: {error}")

    def foreign(self, check: Check) -> bool:
        """Whether its condition is somebody else's code."""
        return not type(check.condition).__module__.startswith(_OURS)

    def ask(self, samples: Iterable[tuple[Asked, Sample]]) -> list[Sequence[float]]:
        """Ask here and now."""
        return [self._ask(asked.check, sample) for asked, sample in samples]

    def ask_one(self, check: Check, sample: Sample) -> Sequence[float]:
        """Ask one condition here and now."""
        return self._ask(check, sample)

    async def ask_beside(self, samples: Sequence[tuple[Asked, Sample]]) -> list[Sequence[float]]:
        """Ask conditions from elsewhere, all of one name, beside the event loop and under a deadline."""
        name = samples[0][0].check.condition.name
        worker = self._workers.setdefault(name, Worker(f"condition {name}"))
        jobs: list[Job[Sequence[float] | None]] = [
            Job(partial(self._ask, asked.check, sample), _DEADLINE) for asked, sample in samples
        ]
        answers: list[Sequence[float]] = []
        for answer, (_, sample) in zip(await worker.run(jobs), samples, strict=True):
            if answer is None:
                self._failed(name, f"it took more than {_DEADLINE:g} s over one column")
            answers.append(_nothing(sample) if answer is None else answer)
        return answers

    def states(self, plugins: Plugins) -> list[PluginState]:
        """How each fares."""
        return [
            plugins.state("condition", name, "failing" if name in self.faults else "ok", self.faults.get(name, ""))
            for name in plugins.conditions
        ]

    def _ask(self, check: Check, sample: Sample) -> Sequence[float]:
        name, rows = check.condition.name, len(sample.values)
        try:
            answer = [float(one) for one in check.condition.judge(sample, check.parameters)]
        except Exception as error:  # noqa: BLE001  as above
            self._failed(name, f"it raised {type(error).__name__}: {error}")
            return _nothing(sample)
        if len(answer) != rows:
            self._failed(name, f"it answered with {len(answer)} rows when asked about {rows}")
            return _nothing(sample)
        if odd := [one for one in answer if one not in (0.0, 1.0) and not isnan(one)]:
            self._failed(name, f"it answered {odd[0]!r}; only 1, 0 and NaN mean something")
            return _nothing(sample)
        if self.faults.pop(name, None) is not None:
            log.info("a condition works again", condition=name)
        return answer

    def _failed(self, name: str, why: str) -> None:
        if name not in self.faults:
            log.warning("a condition has said nothing; the rows of its rules stay as they are", condition=name, why=why)
        self.faults[name] = why


def _nothing(sample: Sample) -> list[float]:
    return [nan] * len(sample.values)
