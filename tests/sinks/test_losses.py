"""Which frames are counted as lost: each that no server will ever get, once, and none that may still arrive."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gobs_sinks.grpc.losses import Losses
from gobs_sinks.grpc.poison import STRIKES, Poison
from gobs_sinks.grpc.ranges import Ranges
from gobs_sinks.grpc.ring import Ring, Segment

RANGES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 8)).map(lambda pair: (pair[0], sum(pair))), max_size=6)


def members(ranges: list[tuple[int, int]]) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


def segment(first: int, last: int, size: int = 0) -> Segment:
    return Segment(Ranges([(first, last)]), first, last, last * 10**9, bytes(size))


@given(RANGES, st.integers(0, 70), st.integers(0, 70))
def test_what_ranges_lack_is_what_is_not_in_them(ranges: list[tuple[int, int]], first: int, last: int) -> None:
    asked = set(range(first, last + 1))
    assert members(Ranges(ranges).lacks(first, last)) == asked - members(ranges)
    assert Ranges(ranges).touches(first, last) == bool(asked & members(ranges))


@given(st.lists(st.tuples(st.sampled_from(["took", "left", "give_up"]), RANGES), max_size=12))
def test_every_frame_that_went_before_it_was_taken_is_counted_once(
    steps: list[tuple[str, list[tuple[int, int]]]],
) -> None:
    losses, taken, lost, gone = Losses(), set[int](), set[int](), set[int]()
    for step, ranges in steps:
        getattr(losses, step)(ranges)
        match step:
            case "took":
                taken |= members(ranges) - lost
            case "left":
                gone |= members(ranges) - taken
            case _:
                lost |= members(ranges) - taken
        assert losses.count == len(lost), "what went is not lost before that is settled"
    losses.settle()
    assert losses.count == len(lost | gone - taken)


def test_a_frame_on_its_way_is_lost_only_when_an_acknowledgement_has_passed_it_by() -> None:
    losses = Losses()
    losses.left([(1, 10)])
    losses.settle(4, on_their_way=[(20, 30)])
    assert losses.count == 4
    losses.took([(5, 6)])
    losses.settle(8)
    assert losses.count == 6
    losses.settle()
    assert losses.count == 8


def test_a_segment_on_its_way_that_has_left_the_ring_is_lost_only_with_its_stream() -> None:
    ring = Ring(1000)
    poison = Poison(ring.losses)
    for first in (1, 11, 21):
        ring.add(segment(first, first + 9, 200))
        poison.sending(segment(first, first + 9), 40)
    assert ring.evicted == 1
    poison.acked(40)
    assert ring.losses.count == 0
    poison.acked(41)
    ring.losses.settle()
    assert ring.losses.count == 0, "it has arrived"


def test_frames_of_a_segment_that_is_given_up_are_lost_but_for_those_that_came_live() -> None:
    ring = Ring(1 << 20)
    poison = Poison(ring.losses)
    ring.losses.took([(4, 5)])
    for _ in range(STRIKES):
        assert ring.losses.count == 0
        poison.sending(segment(1, 10), 20)
        poison.ended("INTERNAL")
    assert ring.losses.count == 8
    ring.leave_out(Ranges([(1, 10)]))
    ring.losses.settle()
    assert ring.losses.count == 8, "counted once"
