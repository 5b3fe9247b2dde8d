"""The engine against a slow model written separately, on timelines nobody would think of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gobs_core import Severity
from gobs_server.alerts.judging.events import LaneId
from tests.server.alerts.model import Asked, Model
from tests.server.alerts.rig import Rig
from tests.server.alerts.rig import rule as made
from tests.support.soak import counts

BOXES = ("a", "b")
SIZES = (None, 10.0, 45.0, 60.0, 60.0, 90.0)
PAUSES = (1, 5, 5, 5, 5, 14, 16, 40, 100, 3700)
ASKED = st.builds(
    Asked,
    threshold=st.sampled_from((50.0, 80.0)),
    clear=st.sampled_from((None, 40.0)),
    hold=st.sampled_from((0.0, 0.0, 7.0, 10.0, 30.0)),
    keep=st.sampled_from((0.0, 0.0, 12.0)),
    no_data=st.sampled_from(("keep", "keep", "ok", "alert")),
)


def rule_of(name: str, asked: Asked) -> Any:
    return made(
        name,
        threshold=asked.threshold,
        clear_threshold=asked.clear,
        for_seconds=asked.hold,
        keep_firing_seconds=asked.keep,
        no_data=asked.no_data,
    )


class Timelines(RuleBasedStateMachine):
    """Two rules on one metric of two boxes."""

    @initialize(first=ASKED, second=ASKED)
    def begin(self, first: Asked, second: Asked) -> None:
        self.asked = {"one": first, "two": second}
        self.rig = Rig(*(rule_of(name, asked) for name, asked in self.asked.items()))
        self.machine = self.rig.machine()
        self.models = {(name, box): Model(asked) for name, asked in self.asked.items() for box in BOXES}
        self.there: set[str] | None = None
        self.read = float("-inf")

    @rule(pause=st.sampled_from(PAUSES), sizes=st.lists(st.sampled_from(SIZES), min_size=2, max_size=2))
    def both(self, pause: int, sizes: list[float | None]) -> None:
        self._feed(pause, dict(zip(BOXES, sizes, strict=True)))

    @rule(size=st.sampled_from((60.0, 90.0)), times=st.integers(1, 8))
    def large_for_a_while(self, size: float, times: int) -> None:
        for _ in range(times):
            self._feed(5, {"a": size, "b": size})

    @rule(pause=st.sampled_from(PAUSES), size=st.sampled_from(SIZES), box=st.sampled_from(BOXES))
    def one_alone(self, pause: int, size: float | None, box: str) -> None:
        self._feed(pause, {box: size})

    @rule(pauses=st.lists(st.sampled_from((1, 3, 10, 20, 1800)), min_size=1, max_size=4))
    def silence(self, pauses: list[int]) -> None:
        for pause in pauses:
            self._tick(pause)

    @rule(pause=st.sampled_from((0, 1, 4)))
    def restart(self, pause: int) -> None:
        self._tick(0)
        self.rig.restart()
        now = self.rig.clock.monotonic()
        for model in self.models.values():
            model.restart(now)
        self.there = None
        self.rig.clock.move(pause)

    @rule(name=st.sampled_from(("one", "two")), asked=ASKED)
    def change_the_rule(self, name: str, asked: Asked) -> None:
        self.asked[name] = asked
        self.rig.set_rule(rule_of(name, asked))
        for box in BOXES:
            self.models[name, box].void()
            self.models[name, box].asked = replace(asked)

    @rule(name=st.sampled_from(("one", "two")), box=st.sampled_from(BOXES))
    def dismiss(self, name: str, box: str) -> None:
        self.models[name, box].dismiss(self.rig.clock.monotonic())
        self.rig.dismiss(LaneId(name, Severity.WARNING, "n1", (box,)))

    @precondition(lambda self: hasattr(self, "rig"))
    @invariant()
    def agree(self) -> None:
        for (name, box), model in self.models.items():
            assert self.rig.of(name, box) == model.told, (name, box, self.asked[name])
            lane = self.rig.lanes.get(LaneId(name, Severity.WARNING, "n1", (box,)))
            states = {None: "ok", 1: "pending", 2: "firing", 3: "quiet"}
            assert states[lane.state if lane else None] == model.state, (name, box, self.asked[name])

    def _tick(self, pause: float) -> None:
        self.rig.tick(pause)
        now = self.rig.clock.monotonic()
        if now - self.read <= 15:
            return
        for (_, box), model in self.models.items():
            if self.there is None:
                model.never_read(now)
            elif box in self.there:
                model.unknown(now)
            else:
                model.gone(now)

    def _feed(self, pause: float, boxes: dict[str, float | None]) -> None:
        self.rig.feed(self.machine, boxes, after=pause)
        now = self.rig.clock.monotonic()
        self.there, self.read = set(boxes), now
        for (_, box), model in self.models.items():
            if box in boxes:
                size = boxes[box]
                model.reading(now, float("nan") if size is None else size)
            else:
                model.gone(now)


@counts("timelines", reduced=50, full=20_000)
def test_the_engine_and_the_model_agree_on_every_timeline(timelines: int) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Timelines,
        settings=settings(
            max_examples=timelines,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
