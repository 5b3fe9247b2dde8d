"""The preview and the live engine find the same, whatever the values, the gaps and the rule."""

from __future__ import annotations

from math import nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gobs_server.alerts.rules.check import checks_of
from gobs_server.alerts.rules.rule import Rule
from gobs_server.alerts.trying.preview import Kept, preview
from tests.server.alerts.rig import Rig, conditions
from tests.server.alerts.rig import rule as made
from tests.server.feeding import START
from tests.support.soak import counts

SIZES = st.sampled_from((None, 10.0, 45.0, 60.0, 60.0, 90.0))
READINGS = st.lists(
    st.tuples(st.sampled_from((1, 5, 5, 5, 14, 16, 40)), st.dictionaries(st.sampled_from("ab"), SIZES, min_size=1)),
    min_size=3,
    max_size=25,
)
RULES = st.builds(
    lambda **said: made("large", **said),
    threshold=st.sampled_from((50.0, 80.0)),
    clear_threshold=st.sampled_from((None, 40.0)),
    for_seconds=st.sampled_from((0.0, 7.0, 12.0)),
    keep_firing_seconds=st.sampled_from((0.0, 12.0)),
    no_data=st.sampled_from(("keep", "ok", "alert")),
    window=st.sampled_from(("avg", "max", "min")),
    window_seconds=st.sampled_from((10.0, 30.0)),
) | st.builds(
    lambda **said: made("large", **said),
    threshold=st.sampled_from((50.0, 80.0)),
    clear_threshold=st.sampled_from((None, 40.0)),
    for_seconds=st.sampled_from((0.0, 7.0, 12.0)),
    no_data=st.sampled_from(("keep", "ok", "alert")),
)
Found = list[tuple[str, float, float | None]]


def live(rig: Rig, readings: list[tuple[int, dict[str, float | None]]]) -> Found:
    """Box, when it fired and when that was over, as the engine found it while time went on."""
    machine = rig.machine()
    for pause, boxes in readings:
        for _ in range(pause - 1):
            rig.tick(1)
        rig.feed(machine, boxes, after=1)
    found: Found = []
    for lane, at, what in rig.told:
        if what == "fired":
            found.append((lane.key[0], at - 1000 + START, None))
        else:
            place = next(n for n, (box, _, over) in enumerate(found) if box == lane.key[0] and over is None)
            found[place] = (*found[place][:2], at - 1000 + START)
    return sorted(found, key=str)


def test_rows_that_were_nowhere_are_missed_in_the_past_as_they_are_now() -> None:
    asked = made("lost", metric="box", threshold=None, condition="absent", where={"name": "b*"},
                 parameters={"after_seconds": 20})  # fmt: skip
    rig = Rig(asked)
    rig.tick(1)
    one, other = rig.machine("n1"), rig.machine("n2")
    for turn in range(24):
        here, there = (1 < turn < 5 or turn > 18), 8 < turn < 11
        rig.feed(one, {"a": 1.0, **({"b1": 1.0} if here else {})}, after=0)
        rig.feed(other, {"b2": 1.0} if there else {"a": 1.0}, after=0)
        for _ in range(5):
            rig.tick(1)
    happened = [(what, at - 1000 + START) for _, at, what in rig.told]
    assert [what for what, _ in happened] == ["fired", "cleared"]
    judging = conditions()
    kept = [Kept(name, rig.cluster.history.past(name), nan) for name in ("n1", "n2")]
    found = preview(tuple(checks_of(asked, judging.conditions)), judging, kept, START, rig.clock.wall())
    [firing] = found.firings
    assert [firing.fired, firing.resolved] == pytest.approx([at for _, at in happened], abs=1.1)


@counts("series", reduced=20, full=5000)
def test_the_preview_finds_what_the_live_engine_found(series: int) -> None:
    @settings(max_examples=series, deadline=None)
    @given(READINGS, RULES)
    def agree(readings: list[tuple[int, dict[str, float | None]]], rule: Rule) -> None:
        rig = Rig(rule)
        happened = live(rig, readings)
        judging = conditions()
        past = Kept("n1", rig.cluster.history.past("n1"), nan)
        found = preview(
            tuple(checks_of(rule, judging.conditions)), judging, [past], START - 1, rig.clock.wall() + 0.001
        )
        assert sorted(((one.key[0], one.fired, one.resolved) for one in found.firings), key=str) == happened

    agree()
