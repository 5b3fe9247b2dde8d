"""What comes from a profiler's worker is a stranger's: only what is a profile in all it says is let through."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_core import Profile, ProfileOrder, ProfileProgress, ProfileTarget
from gobs_core.agent.arriving import Arriving
from gobs_core.profile import MAX_FRAMES, MAX_NAME, check_profile
from gobs_core.workers.serve_profiler import MAX_PART, outline_of, parts_of
from gobs_core.workers.wire import pack
from tests.core.workers.faulty_profilers import profile_of

ORDER = ProfileOrder(id="a", target=ProfileTarget(kind="node"), duration=10.0)
GOOD = profile_of(ORDER, (1,))
OUTLINE = ["wall", 99, 1.0, 10.0, 3, 0, "fp", []]
FAULTS = (msgspec.DecodeError, ValueError)


def arrived(parts: Any, outline: Any) -> Profile:
    arriving = Arriving(10.0, lambda _: None)
    for part in parts:
        arriving.take(part if isinstance(part, msgspec.Raw) else pack(part))
    return arriving.profile("mine", outline if isinstance(outline, msgspec.Raw) else pack(outline), str)


def test_what_was_sent_is_what_arrives_under_the_name_that_is_known() -> None:
    found = arrived(parts_of(GOOD), pack(outline_of(GOOD)))
    assert found == msgspec.structs.replace(GOOD, profiler="mine")


@pytest.mark.parametrize(
    "part",
    [
        ("frames", [["x", "", "nobody"]]),
        ("frames", [["x" * (MAX_NAME + 1)]]),
        ("frames", [[7]]),
        ("frames", {"a": 1}),
        ("threads", [[-2, 1]]),
        ("threads", [[1, 2**60]]),
        ("threads", [[1, 1, "x" * (MAX_NAME + 1)]]),
        ("counts", [[0, 1, 0]]),
        ("counts", [[0, 1, 2**64 - 1]]),
        ("counts", [[0, 2, 1]]),
        ("counts", [[1, 0, 1]]),
        ("counts", [[-1, 0, 1]]),
        ("counts", [[0, 1]]),
        ("parents", [2]),
        ("parents", ["1"]),
        ("parents", [True]),
        ("functions", [2]),
        ("secrets", [1]),
        ("samples", 3),
        "frames",
        ("frames",),
        None,
        ("progress", {"state": "asleep"}),
        ("progress", {"state": "recording", "left": math.nan}),
        ("progress", {"state": "recording", "left": math.inf}),
        ("progress", {"state": "recording", "left": -1.0}),
        ("progress", {"state": "recording", "samples": -1}),
        ("progress", {"state": "recording", "samples": 2**63}),
        msgspec.Raw(b"\xc1"),
        msgspec.Raw(b""),
        pack(("frames", [["x" * 500]] * 200)),
    ],
)
def test_a_part_that_no_profile_has_is_refused(part: Any) -> None:
    with pytest.raises(FAULTS):
        arrived([*parts_of(GOOD), part], pack(outline_of(GOOD)))


@pytest.mark.parametrize(
    "changes",
    [
        {0: 1}, {1: -1}, {1: 2**60}, {2: math.nan}, {2: math.inf}, {3: -1.0}, {3: math.nan}, {3: 1e9}, {4: 4}, {4: -3},
        {5: -1}, {5: 2**60}, {6: "guess"}, {7: [1]}, {7: None},
    ],
)  # fmt: skip
def test_an_end_that_does_not_fit_is_refused(changes: dict[int, Any]) -> None:
    outline = [changes.get(place, value) for place, value in enumerate(OUTLINE)]
    assert arrived(parts_of(GOOD), pack(OUTLINE)).samples == 3
    with pytest.raises(FAULTS):
        arrived(parts_of(GOOD), pack(outline))


def test_more_of_anything_than_a_profile_may_have_is_refused() -> None:
    parts = [pack(("parents", [0] * (MAX_PART - 100)))] * (MAX_FRAMES // MAX_PART + 2)
    with pytest.raises(ValueError, match=f"more than {MAX_FRAMES} parents"):
        arrived(parts, OUTLINE)


def test_texts_are_one_line_each_without_secrets_and_without_what_a_terminal_acts_on() -> None:
    told = msgspec.structs.replace(GOOD, event="wall\x1b[2J\nx" * 9, notes=["key hunter2\n\x1b[31m", *["more"] * 500])
    arriving = Arriving(10.0, lambda _: None)
    for part in parts_of(told):
        arriving.take(part)
    found = arriving.profile("mine", pack(outline_of(told)), lambda text: text.replace("hunter2", "***"))
    assert found.notes[0] == "key ***\\n\\x1b[31m"
    assert len(found.notes) == 100
    assert found.event.isprintable()
    assert len(found.event) <= 60


def test_how_far_it_is_is_told_and_never_longer_than_was_ordered() -> None:
    heard: list[ProfileProgress] = []
    Arriving(10.0, heard.append).take(pack(("progress", ProfileProgress(state="recording", left=3000.0, samples=7))))
    assert heard == [ProfileProgress(state="recording", left=10.0, samples=7)]


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
_NAMES = st.sampled_from(("frames", "parents", "functions", "threads", "counts", "progress"))


@given(st.lists(st.tuples(_NAMES, _ANYTHING) | _ANYTHING, max_size=4), _ANYTHING | st.permutations(OUTLINE))
def test_whatever_is_said_it_is_a_profile_or_it_is_refused(parts: list[Any], outline: Any) -> None:
    try:
        found = arrived([*parts_of(GOOD), *map(pack, parts)], outline)
    except FAULTS:
        return
    check_profile(found)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Profile) == found
