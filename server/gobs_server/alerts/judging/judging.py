"""Judging: asking conditions, so that one that fails or hangs costs nobody but itself."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from math import isnan, nan

import msgspec

from gobs_core import Condition, GobsError, PluginConfig, PluginState, Sample
from gobs_core.agent.worker import Job, Worker
from gobs_core.logs import get_logger
from gobs_core.plugins import Plugins
from gobs_core.text import one_line
from gobs_core.workers.worker import Broke
from gobs_server.alerts.conditions import Threshold
from gobs_server.alerts.faults import Unlearned
from gobs_server.alerts.holding import Holding, Tally, placed
from gobs_server.alerts.judging.far_condition import FarCondition, stand_in
from gobs_server.alerts.judging.source import Asked
from gobs_server.alerts.rules.check import Check, parameters_of
from gobs_server.alerts.rules.rule import Level, Rule, RuleFields

log = get_logger("gobs.alerts")
_OURS = "gobs_server."
TRIED = "preview"
"""The id of a rule that is only tried."""
NOTHING: Sequence[float] = ()
"""What a condition has said that failed."""
_UNTIL = {
    "keep": "its alerts are kept as they are, by its no_data",
    "ok": "its alerts end as those of what is not known, by its no_data",
    "alert": "what it means counts as breaching, by its no_data",
}
_DEADLINE = 1.0
"""Seconds a condition from elsewhere may take over one column."""


class Judging:
    """The conditions there are. Lives as long as the server: `open`, then `close`."""

    def __init__(
        self,
        classes: Mapping[str, type[Condition]],
        configs: Mapping[str, PluginConfig],
        holding: Holding | None = None,
    ) -> None:
        self.conditions: dict[str, Condition] = {}
        self.faults: dict[str, str] = {}
        """Condition -> why it has said nothing of late."""
        self._rules: dict[str, str] = {}
        """Rule -> why its condition has said nothing of late."""
        self._traces: dict[str, str] = {}
        """Condition in a worker -> the traceback that belongs to its fault."""
        self._tallies: defaultdict[str, Tally] = defaultdict(Tally)
        self.comparing = self._tallies[Threshold.name]
        """Where is counted what is compared with numbers at once, without asking `threshold` about each column."""
        self._workers: dict[str, Worker] = {}
        self._silences: dict[str, dict[str, float]] = {}
        """Rule and severity -> what a condition in a worker said last of each silence."""
        self._asking: set[asyncio.Task[None]] = set()
        self._holding = holding
        self._clean = holding.redact if holding is not None else str
        self._idle: dict[str, tuple[str, str]] = {}
        """Condition -> why it is not asked: state and reason."""
        for name, cls in classes.items():
            try:
                config = configs.get(name) or cls.Config()
                if config.enabled:
                    worker = holding.worker("condition", name, config) if holding is not None else None
                    self.conditions[name] = cls(config) if worker is None else stand_in(cls, config, worker)
                else:
                    self._idle[name] = "disabled", "switched off by its setting `enabled`"
            except Exception as error:  # noqa: BLE001  a stranger's code may raise anything
                self._unusable(name, f"cannot be made: {type(error).__name__}: {error}")

    def open(self) -> None:
        """Open all; one that cannot be opened is left out."""
        for name, condition in list(self.conditions.items()):
            try:
                condition.open()
            except Exception as error:  # noqa: BLE001  as above
                self._unusable(name, f"cannot be opened: {type(error).__name__}: {error}")
                del self.conditions[name]

    async def learn(self, rules: Iterable[RuleFields]) -> None:
        """Ask conditions in workers what the rules' parameters mean, so that nobody has to wait for that later.

        What is not answered is asked again when a rule is saved or tried; until then it is not judged.
        """
        for rule in rules:
            condition = self.conditions.get(rule.condition)
            if isinstance(condition, FarCondition):
                try:
                    for level in (Level(severity=rule.severity), *rule.levels):
                        await condition.learn(parameters_of(rule, level, condition))
                except Unlearned as error:
                    self._failed(rule.condition, str(error), rule)
                except (msgspec.ValidationError, ValueError):
                    continue  # whoever checks the rule finds the same

    async def end(self) -> None:
        """End the workers."""
        for task in self._asking:
            task.cancel()
        far = [condition for condition in self.conditions.values() if isinstance(condition, FarCondition)]
        await asyncio.gather(*(condition.end() for condition in far))

    def close(self) -> None:
        """Close all, each by itself; those in workers have ended."""
        for worker in self._workers.values():
            worker.close()
        for name, condition in self.conditions.items():
            try:
                condition.close()
            except Exception as error:  # noqa: BLE001  as above
                self._failed(name, f"cannot be closed: {type(error).__name__}: {error}")

    def lift(self, name: str) -> bool:
        """Let a condition in quarantine be asked again at once; returns whether it was in one."""
        condition = self.conditions.get(name)
        return isinstance(condition, FarCondition) and condition.lift()

    def foreign(self, check: Check) -> bool:
        """Whether its condition is somebody else's code."""
        return not type(check.condition).__module__.startswith(_OURS)

    def ask(self, samples: Iterable[tuple[Asked, Sample]]) -> list[Sequence[float]]:
        """Ask here and now."""
        return [self._ask(asked.check, sample) for asked, sample in samples]

    def ask_one(self, check: Check, sample: Sample) -> Sequence[float]:
        """Ask one condition here and now."""
        return self._ask(check, sample)

    def ask_silence(self, check: Check, sample: Sample, names: Sequence[str]) -> Sequence[float]:
        """Ask about silences, each of somebody; one in a worker has by now said what it was asked a tick ago."""
        if not isinstance(check.condition, FarCondition):
            return self._ask(check, sample) or [nan] * len(names)
        which = f"{check.rule.id}/{check.severity}"
        if not any(task.get_name() == which for task in self._asking):
            task = asyncio.get_running_loop().create_task(self._hear(which, check, sample, list(names)), name=which)
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
        said = self._silences.get(which, {})
        return [said.get(name, nan) for name in names]

    async def _hear(self, which: str, check: Check, sample: Sample, names: list[str]) -> None:
        answer = await self._ask_far(check, sample) or [nan] * len(names)
        self._silences[which] = dict(zip(names, answer, strict=True))

    async def ask_beside(self, samples: Sequence[tuple[Asked, Sample]]) -> list[Sequence[float]]:
        """Ask conditions from elsewhere, all of one name, beside the event loop and under a deadline."""
        name = samples[0][0].check.condition.name
        if isinstance(samples[0][0].check.condition, FarCondition):
            return [await self._ask_far(asked.check, sample) for asked, sample in samples]
        worker = self._workers.setdefault(name, Worker(f"condition {name}"))
        jobs: list[Job[Sequence[float] | None]] = [
            Job(partial(self._ask, asked.check, sample), _DEADLINE) for asked, sample in samples
        ]
        answers: list[Sequence[float]] = []
        for answer, (asked, _) in zip(await worker.run(jobs), samples, strict=True):
            if answer is None:
                self._failed(name, f"it took more than {_DEADLINE:g} s over one column", asked.check.rule)
            answers.append(NOTHING if answer is None else answer)
        return answers

    def why_unjudged(self, rule: Rule) -> str:
        """Why a rule is not judged now: its condition is not here, or has said nothing of late; empty: it is judged."""
        if not rule.enabled:
            return ""
        if rule.condition in self.conditions:
            why = self._rules.get(rule.id)
            return f"the condition {rule.condition} has said nothing of what it was asked: {why}" if why else ""
        if idle := self._idle.get(rule.condition):
            return f"the condition {rule.condition} is {idle[0]}: {idle[1]}"
        holding = self._holding
        return (
            f"there is no condition {rule.condition} here"
            if holding is None
            else holding.why_missing("condition", rule.condition)
        )

    def warnings(self, rule: Rule) -> list[str]:
        """What is to be said of a rule that is not judged now."""
        why = self.why_unjudged(rule)
        return [f"condition: {why}; until it judges again, {_UNTIL[rule.no_data]}"] if why else []

    def note_rules(self, rules: Iterable[Rule]) -> None:
        """Say once of each rule that its condition is not here."""
        for rule in rules:
            if (
                rule.condition not in self.conditions
                and rule.id not in self._rules
                and (why := self.why_unjudged(rule))
            ):
                self._note(rule, self._clean(why))

    def why_silent(self, name: str) -> list[str]:
        """What is to be said of a rule whose condition has said nothing of late."""
        why = self.faults.get(name)
        return [f"condition: {name!r} has said nothing of what it was asked: {why}"] if why else []

    def states(self, plugins: Plugins) -> list[PluginState]:
        """How each fares."""
        holding = self._holding or Holding(plugins)
        return [
            holding.state("condition", name, *self._state(name), self._tallies[name], self._trace(name))
            for name in plugins.conditions
        ]

    def _trace(self, name: str) -> str | None:
        """Of one that runs inside; None: its worker knows it."""
        return next((trace for _, trace in self._tallies[name].errors.values()), self._traces.get(name))

    def _state(self, name: str) -> tuple[str, str]:
        return self._idle.get(name) or (self._faring(name), self.faults.get(name, ""))

    def _faring(self, name: str) -> str:
        condition = self.conditions.get(name)
        if isinstance(condition, FarCondition) and condition.quarantined:
            return "quarantined"
        if isinstance(condition, FarCondition) and condition.lifted:
            return "starting"
        return "failing" if name in self.faults else "ok"

    async def _ask_far(self, check: Check, sample: Sample) -> Sequence[float]:
        condition = check.condition
        assert isinstance(condition, FarCondition)
        self._tallies[condition.name].runs += 1
        began = time.perf_counter()
        try:
            answer = await condition.ask(sample, check.parameters)
        except GobsError as error:
            trace = error.trace if isinstance(error, Broke) else None
            self._failed(condition.name, one_line(str(error)), check.rule, trace=trace)
            return NOTHING
        return self._checked(check, sample, answer, began)

    def _ask(self, check: Check, sample: Sample) -> Sequence[float]:
        name = check.condition.name
        self._tallies[name].runs += 1
        began, spent = time.perf_counter(), time.thread_time()
        try:
            answer: Sequence[float] = [float(one) for one in check.condition.judge(sample, check.parameters)]
        except Exception as error:  # noqa: BLE001  as above
            self._tallies[name].failed(error, self._clean)
            self._failed(name, f"it raised {type(error).__name__}: {error}", check.rule, counted=True)
            return NOTHING
        return self._checked(check, sample, answer, began, time.thread_time() - spent)

    def _checked(
        self, check: Check, sample: Sample, answer: Sequence[float], began: float, cpu: float | None = None
    ) -> Sequence[float]:
        name, rows = check.condition.name, len(sample.values)
        why = ""
        if len(answer) != rows:
            why = f"it answered with {len(answer)} {'row' if len(answer) == 1 else 'rows'} when asked about {rows}"
        elif odd := [one for one in answer if one not in (0.0, 1.0) and not isnan(one)]:
            why = f"it answered {odd[0]!r}; only 1, 0 and NaN mean something"
        if why:
            self._tallies[name].errors.clear()
            self._failed(name, why, check.rule, trace="")
            return NOTHING
        self._tallies[name].worked(time.perf_counter() - began, rows, cpu=cpu)
        if self._rules.pop(check.rule.id, None) is not None:
            log.info("a rule is judged again", rule=check.rule.name, condition=name)
        if self.faults.pop(name, None) is not None:
            self._traces.pop(name, None)
            log.info("a condition works again", condition=name)
        return answer

    def _unusable(self, name: str, why: str) -> None:
        self._failed(name, why)
        self._idle[name] = "broken", one_line(why)

    def _failed(
        self, name: str, why: str, rule: RuleFields | None = None, *, counted: bool = False, trace: str | None = None
    ) -> None:
        """Note why a condition has said nothing; without a `trace`, the one before tells where it came from."""
        why = self._clean(why)
        if trace is not None:
            self._traces[name] = self._clean(trace)
        if name not in self.faults:
            said = placed(why, self._traces.get(name, ""))
            log.warning(
                "a condition has said nothing; the rows of its rules stay as they are", condition=name, why=said
            )
        self.faults[name] = why
        self._tallies[name].failures += not counted
        if isinstance(rule, Rule) and rule.id != TRIED:
            self._note(rule, why)

    def _note(self, rule: Rule, why: str) -> None:
        if rule.id not in self._rules:
            log.warning(
                "a rule is not judged", rule=rule.name, condition=rule.condition, why=why, until=_UNTIL[rule.no_data]
            )
        self._rules[rule.id] = why
