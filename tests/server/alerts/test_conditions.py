"""The built-in conditions and windows as the engine judges by them, and one from elsewhere that breaks its word."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from math import nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gobs_core import Condition, ConditionParameters, Sample
from gobs_core.plugins import Plugins
from gobs_server.alerts.judging.window import Window
from tests.server.alerts.rig import Rig, conditions, rule
from tests.support.waiting import until

Sizes = Sequence[float | None]


def said_of(rig: Rig, box: str = "a") -> list[str]:
    return [what for _, what in rig.of("large", box)]


def through(rig: Rig, sizes: Sizes) -> list[str]:
    """What is told of one box that has these sizes, five seconds apart."""
    machine = rig.machine()
    for size in sizes:
        rig.feed(machine, {"a": size})
    return said_of(rig)


@pytest.mark.parametrize(
    ("operator", "clear", "sizes", "expected"),
    [
        (">", None, (50, 50.1, 50), ["fired", "cleared"]),
        (">=", None, (49.9, 50, 49.9), ["fired", "cleared"]),
        ("<", None, (50, 49.9, 50), ["fired", "cleared"]),
        ("<=", None, (50.1, 50, 50.1), ["fired", "cleared"]),
        (">", 40, (60, 45, 40.1, 40), ["fired", "cleared"]),
        (">=", 40, (50, 40, 39.9), ["fired", "cleared"]),
        ("<", 60, (40, 55, 59.9, 60), ["fired", "cleared"]),
        (">", 40, (45, 45), []),
        (">", None, (60, None, 60), ["fired"]),
    ],
)
def test_a_threshold_is_passed_and_passed_back(
    operator: str, clear: float | None, sizes: Sizes, expected: list[str]
) -> None:
    assert through(Rig(rule(operator=operator, clear_threshold=clear)), sizes) == expected


@pytest.mark.parametrize(
    ("parameters", "sizes", "expected"),
    [
        ({"change": 20}, [10.0] * 12 + [31.0], ["fired"]),
        ({"change": 20}, [10.0] * 12 + [29.0], []),
        ({"change": 20}, [10.0, 40.0, 40.0], []),
        ({"change": 20}, [10.0] * 12 + [31.0] * 13, ["fired", "cleared"]),
        ({"change": -20, "operator": "<"}, [50.0] * 12 + [29.0], ["fired"]),
        ({"change": 50, "percent": True}, [10.0] * 12 + [15.5], ["fired"]),
        ({"change": 50, "percent": True}, [0.0] * 12 + [15.5], []),
        ({"change": 20}, [None] * 12 + [99.0], []),
    ],
    ids=["rises", "too little", "too soon to tell", "stays there", "falls", "in percent", "of nothing", "from nowhere"],
)
def test_a_change_is_measured_against_what_was(parameters: Any, sizes: Sizes, expected: list[str]) -> None:
    asked = rule(condition="change", threshold=None, parameters={"within_seconds": 60, **parameters})
    assert through(Rig(asked), sizes) == expected


WAVES = [10.0, 12.0] * 15
STILL = [10.0] * 30


@pytest.mark.parametrize(
    ("parameters", "sizes", "expected"),
    [
        ({}, [*WAVES, 30.0], ["fired"]),
        ({}, [*WAVES, 14.0], []),
        ({}, [*WAVES, 1.0], ["fired"]),
        ({"direction": "above"}, [*WAVES, 1.0], []),
        ({"direction": "below"}, [*WAVES, 1.0], ["fired"]),
        ({}, [10.0, 12.0, 30.0], []),
        ({}, [*STILL, 10.1], ["fired"]),
        ({"least": 5}, [*STILL, 10.1], []),
    ],
    ids=["far", "near", "far below", "only above", "only below", "too soon to tell", "a hair off", "at least so far"],
)
def test_a_deviation_is_from_the_rows_own_past(parameters: Any, sizes: Sizes, expected: list[str]) -> None:
    asked = rule(condition="deviation", threshold=None, parameters={"past_seconds": 120, **parameters})
    assert through(Rig(asked), sizes) == expected


def test_a_window_keeps_peaks_out_or_remembers_them() -> None:
    sizes = [10.0] * 12 + [100.0] + [10.0] * 13
    over: dict[str, Any] = {"window_seconds": 60.0}
    assert through(Rig(rule(window="avg", **over)), sizes) == []
    assert through(Rig(rule(window="max", **over)), sizes) == ["fired", "cleared"]
    assert through(Rig(rule(window="min", **over)), [100.0] * 13) == ["fired"]
    assert through(Rig(rule(window="min", **over)), [100.0] * 5) == []


KNOWN = st.one_of(st.none(), st.floats(-1e6, 1e6))


@settings(max_examples=100, deadline=None)
@given(st.lists(KNOWN, min_size=1, max_size=40), st.sampled_from(("avg", "min", "max")), st.sampled_from((10, 30, 60)))
def test_a_window_tells_what_its_readings_tell(sizes: list[float | None], function: str, seconds: int) -> None:
    window, keys, now = Window(float(seconds)), [("a",)], 0.0
    for size in sizes:
        now += 5
        window.push(now, keys, np.array([nan if size is None else size]))
    inside = sizes[-(seconds // 5) :]
    known = [size for size in inside if size is not None]
    found = float(window.result(function, now, 5.0)[0])
    old_enough = 5 * (len(sizes) - 1) >= seconds - 7.5
    if not old_enough or not known or 5 * len(known) < 0.5 * (seconds - 5):
        assert np.isnan(found)
    else:
        expected = {"avg": sum(known) / len(known), "min": min(known), "max": max(known)}[function]
        assert found == pytest.approx(expected, abs=1e-6)


def test_a_silent_node_fires_after_three_of_its_intervals_and_is_over_with_its_next_frame() -> None:
    rig = Rig(rule("silent", target="node", metric="", threshold=None, condition="absent"))
    machines = [rig.machine("n1"), rig.machine("n2", interval=60.0)]
    for machine in machines:
        rig.feed(machine, {"a": 1.0})
    for _ in range(16):
        rig.tick(1)
    assert [(lane.node, what) for lane, _, what in rig.told] == [("n1", "fired")]
    rig.feed(machines[0], {"a": 1.0}, after=0)
    rig.tick()
    assert [(lane.node, what) for lane, _, what in rig.told] == [("n1", "fired"), ("n1", "cleared")]


def test_a_row_that_is_nowhere_is_missed() -> None:
    asked = rule("lost", target="row", metric="box", threshold=None, condition="absent", where={"name": "b*"},
                 parameters={"after_seconds": 20})  # fmt: skip
    rig = Rig(asked)
    machine = rig.machine()
    rig.feed(machine, {"a": 1.0, "b1": 1.0})
    for _ in range(6):
        rig.feed(machine, {"a": 1.0})
        rig.tick()
    assert [what for _, _, what in rig.told] == ["fired"]
    rig.feed(machine, {"b2": 1.0})
    rig.tick()
    assert [what for _, _, what in rig.told] == ["fired", "cleared"]


class OddParameters(ConditionParameters, frozen=True, kw_only=True):
    """Nothing to be set."""


def odd(answer: Callable[[Sample], Sequence[float]]) -> type[Condition]:
    """A condition from elsewhere that answers so."""

    class Odd(Condition):
        name = "odd"
        Parameters = OddParameters

        def judge(self, sample: Sample, parameters: Any) -> Sequence[float]:
            return answer(sample)

        def describe(self, parameters: Any) -> str:
            return "odd"

    return Odd


def _raises(sample: Sample) -> Sequence[float]:
    raise ZeroDivisionError("over nothing")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (_raises, "it raised ZeroDivisionError: over nothing"),
        (lambda sample: [1.0], "it answered with 1 row when asked about 2"),
        (lambda sample: [0.5, 1.0], "it answered 0.5; only 1, 0 and NaN mean something"),
        (lambda sample: None, "it raised TypeError"),
    ],
    ids=["raises", "wrong shape", "wrong values", "nothing"],
)
async def test_a_condition_that_breaks_its_word_is_shown_and_disturbs_no_other_rule(
    answer: Callable[[Sample], Sequence[float]], why: str
) -> None:
    judging = conditions(odd(answer))
    rig = Rig(rule("odd", condition="odd", threshold=None), rule(), judging=judging)
    machine = rig.machine()
    for _ in range(3):
        rig.feed(machine, {"a": 60.0, "b": 1.0})
        await asyncio.sleep(0.01)
    await until(lambda: judging.faults)
    assert why in judging.faults["odd"]
    rig.drain()
    assert [(lane.rule, what) for lane, _, what in rig.told] == [("large", "fired")]
    plugins = Plugins(conditions={"odd": odd(answer)})
    [state] = judging.states(plugins)
    assert (state.name, state.state) == ("odd", "failing")
    judging.close()


async def test_a_condition_from_elsewhere_judges_beside_the_loop() -> None:
    judging = conditions(odd(lambda sample: [float(value > 50) for value in sample.values]))
    rig = Rig(rule("odd", condition="odd", threshold=None), judging=judging)
    rig.feed(rig.machine(), {"a": 60.0, "b": 1.0})
    assert rig.told == []

    def told() -> bool:
        rig.drain()
        return bool(rig.told)

    await until(told)
    assert [(lane.key, what) for lane, _, what in rig.told] == [(("a",), "fired")]
    judging.close()
