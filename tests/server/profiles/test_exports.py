"""Every form a profile is given out in says the same: totals are equal whoever adds them up."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from gobs_core import Profile
from gobs_core.profile import stack_of
from gobs_server.profiles.exports import TreeNode, folded, pprof, speedscope, svg, tree
from tests.server.profiles.made import chance, profile

SEEDS = range(5)


def wanted(profile: Profile) -> Counter[tuple[str, ...]]:
    """Samples by stack, outermost first."""
    found: Counter[tuple[str, ...]] = Counter()
    for count in profile.counts:
        found[tuple(frame.name for frame in stack_of(profile, count.stack))] += count.samples
    return found


def leaves(node: TreeNode, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], int]]:
    """The samples of each stack of a tree."""
    own = node.value - sum(child.value for child in node.children)
    assert own >= 0
    if own:
        yield above, own
    for child in node.children:
        yield from leaves(child, (*above, child.name))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_tree_holds_every_sample_of_every_stack(seed: int) -> None:
    made = chance(seed)
    root = tree(made)
    assert root.value == made.samples
    found: Counter[tuple[str, ...]] = Counter()
    for stack, samples in leaves(root):
        found[stack] += samples
    assert found == wanted(made)


def test_a_tree_of_some_threads_holds_theirs_alone() -> None:
    made = profile({(1, 1, ("main", "a")): 3, (2, 2, ("main", "b")): 5})
    root = tree(made, lambda thread: thread.pid == 2)
    assert (root.value, [child.name for child in root.children[0].children]) == (5, ["b"])


@pytest.mark.parametrize("seed", SEEDS)
def test_folded_lines_add_up_to_all_samples_and_no_name_breaks_a_line(seed: int) -> None:
    made = chance(seed)
    total = 0
    for line in folded(made).decode().splitlines():
        stack, _, samples = line.rpartition(" ")
        total += int(samples)
        assert stack.split(";")[0].startswith("process ")
        assert all(stack.split(";"))
    assert total == made.samples


@pytest.mark.parametrize("seed", SEEDS)
def test_pprof_read_by_field_numbers_alone_says_the_same(seed: int) -> None:
    made = chance(seed)
    message = _decode(gzip.decompress(pprof(made)))
    strings = [raw.decode() for raw in message[6]]
    assert strings[0] == ""
    functions = {_decode(raw)[1][0]: strings[_decode(raw)[2][0]] for raw in message[5]}
    locations = {}
    for raw in message[4]:
        location = _decode(raw)
        locations[location[1][0]] = functions[_decode(location[4][0])[1][0]]
    found: Counter[tuple[str, ...]] = Counter()
    for raw in message[2]:
        sample = _decode(raw)
        ids, values = _packed(sample[1]), _packed(sample[2])
        found[tuple(locations[number] for number in reversed(ids))] += values[0]
        assert values[1] == values[0] * (1_000_000_000 // made.frequency)
    assert found == wanted(made)


@pytest.mark.parametrize("seed", SEEDS)
def test_speedscope_has_a_profile_for_each_thread_and_the_same_weights(seed: int) -> None:
    made = chance(seed)
    file = json.loads(speedscope(made, "shop/web"))
    names = [frame["name"] for frame in file["shared"]["frames"]]
    found: Counter[tuple[str, ...]] = Counter()
    for one in file["profiles"]:
        assert one["type"] == "sampled"
        assert one["endValue"] == sum(one["weights"])
        assert len(one["samples"]) == len(one["weights"])
        for stack, weight in zip(one["samples"], one["weights"], strict=True):
            found[tuple(names[number] for number in stack)] += weight
    assert found == wanted(made)
    assert len(file["profiles"]) == len({count.thread for count in made.counts})


@pytest.mark.parametrize("seed", SEEDS)
def test_the_picture_is_valid_and_holds_no_script_whatever_the_names_are(seed: int) -> None:
    picture = svg(chance(seed), "<script>alert(1)</script>\x00")
    root = ET.fromstring(picture.decode())
    assert {element.tag.rpartition("}")[2] for element in root.iter()} == {"svg", "title", "rect", "text", "g"}
    assert b"<script" not in picture


def test_an_empty_profile_has_every_form() -> None:
    nothing = profile({})
    assert tree(nothing).value == 0
    assert folded(nothing) == b""
    assert json.loads(speedscope(nothing, "x"))["profiles"] == []
    ET.fromstring(svg(nothing, "x").decode())
    assert _decode(gzip.decompress(pprof(nothing)))


def test_a_stack_deeper_than_any_is_drawn_and_written() -> None:
    deep = profile({(1, 1, tuple(f"f{n}" for n in range(2000))): 1})
    ET.fromstring(svg(deep, "deep").decode())
    assert folded(deep).count(b";") == 2000


def _decode(raw: bytes) -> dict[int, list[Any]]:
    """Field number -> values of one protobuf message: integers, or bytes."""
    found: dict[int, list[Any]] = {}
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = raw[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(raw):
        key = varint()
        if key & 7 == 0:
            found.setdefault(key >> 3, []).append(varint())
        else:
            assert key & 7 == 2
            size = varint()
            found.setdefault(key >> 3, []).append(raw[at : at + size])
            at += size
    return found


def _packed(values: list[Any]) -> list[int]:
    [raw] = values
    return [int(value) for value in _decode(b"".join(_field(one) for one in _varints(raw)))[1]]


def _varints(raw: bytes) -> Iterator[bytes]:
    start = 0
    for at, byte in enumerate(raw):
        if byte < 0x80:
            yield raw[start : at + 1]
            start = at + 1


def _field(varint: bytes) -> bytes:
    return b"\x08" + varint
